#include "controller/health/observation.h"

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/address.h"
#include "base/echo.h"

namespace lifeboat {
namespace {

namespace pb = lifeboat::v1;

constexpr size_t kLongestDetail = 1000;
constexpr int kMostSeeds = 64;

std::optional<ProbeClass> ClassFromProto(pb::ProbeClass probe_class) {
  switch (probe_class) {
    case pb::PROBE_CLASS_OK:
      return ProbeClass::kOk;
    case pb::PROBE_CLASS_SLOW:
      return ProbeClass::kSlow;
    case pb::PROBE_CLASS_HTTP_EDGE:
      return ProbeClass::kHttpEdge;
    case pb::PROBE_CLASS_HTTP_ORIGIN:
      return ProbeClass::kHttpOrigin;
    case pb::PROBE_CLASS_REFUSED:
      return ProbeClass::kRefused;
    case pb::PROBE_CLASS_TIMEOUT_CONNECT:
      return ProbeClass::kTimeoutConnect;
    case pb::PROBE_CLASS_TIMEOUT_READ:
      return ProbeClass::kTimeoutRead;
    case pb::PROBE_CLASS_RESET:
      return ProbeClass::kReset;
    case pb::PROBE_CLASS_TLS:
      return ProbeClass::kTls;
    case pb::PROBE_CLASS_DNS:
      return ProbeClass::kDns;
    case pb::PROBE_CLASS_BAD_BODY:
      return ProbeClass::kBadBody;
    default:
      return std::nullopt;
  }
}

// How an observation's own fields gainsay its class, whatever was asked for; empty: not at all.
// RESET and TIMEOUT_READ go with everything: a connection may break at any byte.
std::string Contradiction(ProbeClass probe_class, const pb::Observation& observation) {
  const uint32_t status = observation.http_status();
  const bool answered = status != 0 || observation.first_byte_us() != 0;
  switch (probe_class) {
    case ProbeClass::kHttpEdge:
    case ProbeClass::kHttpOrigin:
    case ProbeClass::kRefused:
    case ProbeClass::kBadBody:
      return status == 0 ? "without an HTTP status" : "";
    case ProbeClass::kTimeoutConnect:
      return answered || observation.tls_us() != 0 ? "with a connection" : "";
    case ProbeClass::kDns:
      return answered || !observation.address().empty() ? "with a server that was reached" : "";
    case ProbeClass::kTls:
      return status != 0 ? absl::StrCat("with HTTP status ", status) : "";
    default:
      return "";
  }
}

absl::StatusOr<EchoAnswer> AnswerFromProto(const pb::EchoAnswer& proto) {
  EchoAnswer answer{.seeds = {}, .counter = proto.counter(), .mac = std::nullopt};
  if (proto.seeds_size() > kMostSeeds) {
    return absl::InvalidArgumentError(
        absl::StrCat("an echo of ", proto.seeds_size(), " seeds; at most 64 are taken"));
  }
  for (const std::string& bytes : proto.seeds()) {
    const auto seed = EchoFromBytes(bytes);
    if (!seed) return absl::InvalidArgumentError("an echo's seed is not of 32 bytes");
    answer.seeds.push_back(*seed);
  }
  answer.mac = EchoFromBytes(proto.mac());
  if (!answer.mac && !proto.mac().empty()) {
    return absl::InvalidArgumentError("an echo's MAC is not of 32 bytes");
  }
  return answer;
}

}  // namespace

absl::StatusOr<Seen> FromProto(const pb::Observation& observation) {
  const std::optional<ProbeClass> probe_class = ClassFromProto(observation.class_());
  if (!probe_class) {
    return absl::InvalidArgumentError(
        absl::StrCat("class ", observation.class_(), " is no class of a probe"));
  }
  if (observation.ended_boottime_us() < 0) {
    return absl::InvalidArgumentError("it ended before its agent's machine was booted");
  }
  const uint32_t status = observation.http_status();
  if (status != 0 && (status < 100 || status > 599)) {
    return absl::InvalidArgumentError(absl::StrCat(status, " is no HTTP status"));
  }
  if (const std::string why = Contradiction(*probe_class, observation); !why.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("class ", ProbeClassName(*probe_class), " ", why));
  }
  if (observation.detail().size() > kLongestDetail) {
    return absl::InvalidArgumentError("its detail is longer than 1,000 bytes");
  }
  Seen seen;
  seen.probe_class = *probe_class;
  seen.http_status = static_cast<int>(status);
  seen.latency = absl::Microseconds(observation.total_us());
  seen.ended = absl::Microseconds(observation.ended_boottime_us());
  seen.detail = observation.detail();
  if (!observation.address().empty()) {
    const auto address = IpAddress::FromBytes(observation.address());
    if (!address.ok()) return address.status();
    seen.address = address->ToString();
  }
  if (observation.certificate_not_after() != 0) {
    seen.certificate_not_after = absl::FromUnixSeconds(observation.certificate_not_after());
  }
  if (observation.has_echo()) {
    auto answer = AnswerFromProto(observation.echo());
    if (!answer.ok()) return answer.status();
    seen.answer = *std::move(answer);
  }
  return seen;
}

}  // namespace lifeboat
