#include "exitnode/control/instruction.h"

#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "base/identity.h"
#include "base/status.h"

namespace lifeboat::exitnode {
namespace {

constexpr size_t kShortestToken = 16;
constexpr size_t kMostServices = 1000;

absl::Status ValidateService(const ServiceSpec& service) {
  if (!IsValidName(service.name)) {
    return absl::InvalidArgumentError("a service without a valid name");
  }
  if (service.token.size() < kShortestToken) {
    return absl::InvalidArgumentError(absl::StrCat("service \"", service.name, "\": a token of ",
                                                   service.token.size(),
                                                   " bytes; 16 is the least"));
  }
  if (service.tcp_ports.empty() == service.udp_ports.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("service \"", service.name, "\" has ",
                     service.tcp_ports.empty() ? "no visitor port" : "TCP and UDP ports"));
  }
  for (const auto* ports : {&service.tcp_ports, &service.udp_ports}) {
    if (std::count(ports->begin(), ports->end(), 0) > 0) {
      return absl::InvalidArgumentError(
          absl::StrCat("service \"", service.name, "\" has a visitor port that is none"));
    }
  }
  return absl::OkStatus();
}

}  // namespace

std::string Epoch::ToString() const { return absl::StrCat(generation, ".", revision); }

Judged Judge(const std::optional<Instruction>& in_force, const Instruction& next) {
  if (!in_force.has_value() || next.epoch > in_force->epoch) return {Judgement::kObey, ""};
  if (next.epoch < in_force->epoch) {
    return {Judgement::kRefuse,
            absl::StrCat("epoch ", next.epoch.ToString(), " is lower than ",
                         in_force->epoch.ToString(), ", which this exit node has obeyed")};
  }
  if (next.sequence > in_force->sequence) return {Judgement::kObey, ""};
  if (next == *in_force) return {Judgement::kInForce, ""};
  return {Judgement::kRefuse,
          absl::StrCat("instruction ", next.sequence, " of epoch ", next.epoch.ToString(),
                       " comes after ", in_force->sequence)};
}

absl::Status Validate(const Instruction& instruction) {
  if (instruction.epoch.generation == 0 || instruction.epoch.revision == 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("epoch ", instruction.epoch.ToString(), " is none"));
  }
  if (instruction.sequence == 0) return absl::InvalidArgumentError("sequence 0 is none");
  if (instruction.services.size() > kMostServices) {
    return absl::InvalidArgumentError(
        absl::StrCat(instruction.services.size(), " services; ", kMostServices, " is the most"));
  }
  std::set<std::string> names;
  for (const ServiceSpec& service : instruction.services) {
    RETURN_IF_ERROR(ValidateService(service));
    if (!names.insert(service.name).second) {
      return absl::InvalidArgumentError(
          absl::StrCat("service \"", service.name, "\" is named twice"));
    }
  }
  return absl::OkStatus();
}

}  // namespace lifeboat::exitnode
