#include "exitnode/control/exit_control.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status.h"
#include "exitnode/control/to_proto.h"

namespace lifeboat::exitnode {
namespace {

namespace pb = lifeboat::v1;

std::string OpenServices(const Instruction& instruction) {
  std::vector<std::string> open;
  for (const ServiceSpec& service : instruction.services) {
    if (service.open) open.push_back(service.name);
  }
  return open.empty() ? "none" : absl::StrJoin(open, ",");
}

}  // namespace

ExitControl::ExitControl(InstructionStore store, std::string version, DataPlane& plane,
                         const Clock& clock, Log& log)
    : store_(std::move(store)),
      version_(std::move(version)),
      plane_(plane),
      clock_(clock),
      log_(log) {}

void ExitControl::Begin() {
  StoredInstruction stored = store_.Load();
  MutexLock lock(mutex_);
  load_trouble_ = stored.trouble;
  if (!stored.trouble.empty()) {
    log_.Error("control", "stored instructions cannot be used", {{"why", stored.trouble}});
  }
  if (!stored.instruction.has_value()) {
    log_.Info("control", "no instructions yet: waiting for a controller");
    return;
  }
  in_force_ = std::move(stored.instruction);
  Obey(*in_force_);
}

std::string ExitControl::Take(const pb::ExitInstruction& message) {
  const absl::StatusOr<Instruction> instruction = FromProto(message);
  if (!instruction.ok()) return Words(instruction.status());
  MutexLock lock(mutex_);
  const Judged judged = Judge(in_force_, *instruction);
  if (judged.judgement == Judgement::kRefuse) return judged.why;
  if (judged.judgement == Judgement::kInForce) return "";
  in_force_ = *instruction;
  stored_ = false;
  Store();
  Obey(*in_force_);
  return "";
}

void ExitControl::Obey(const Instruction& instruction) {
  const absl::Status applied = plane_.Apply(instruction.services);
  applied_ = applied.ok();
  plane_trouble_ = applied.ok() ? "" : Words(applied);
  log_.Info("control", "instruction in force",
            {{"epoch", instruction.epoch.ToString()},
             {"sequence", instruction.sequence},
             {"services", instruction.services.size()},
             {"open", OpenServices(instruction)}});
}

void ExitControl::Store() {
  const absl::Status saved = store_.Save(*in_force_);
  const std::string trouble =
      saved.ok() ? ""
                 : absl::StrCat(
                       "instructions are in force but not stored; a restart would fall "
                       "back: ",
                       Words(saved));
  if (!trouble.empty() && trouble != store_trouble_) log_.Error("control", trouble);
  store_trouble_ = trouble;
  stored_ = saved.ok();
  if (stored_) load_trouble_.clear();
}

pb::ExitReport ExitControl::Report() {
  MutexLock lock(mutex_);
  if (!stored_) Store();
  if (!applied_) Obey(*in_force_);
  const absl::StatusOr<TunnelReport> tunnel = plane_.Report();
  pb::ExitReport report = ToProto(tunnel.value_or(TunnelReport{}), clock_.Now());
  report.set_version(version_);
  if (in_force_.has_value()) {
    *report.mutable_highest_epoch() = ToProto(in_force_->epoch);
    *report.mutable_applied_epoch() = ToProto(in_force_->epoch);
    report.set_applied_sequence(in_force_->sequence);
  }
  std::vector<std::string> troubles;
  if (!tunnel.ok()) troubles.push_back(Words(tunnel.status()));
  for (const std::string* trouble : {&plane_trouble_, &store_trouble_, &load_trouble_}) {
    if (!trouble->empty()) troubles.push_back(*trouble);
  }
  report.set_trouble(absl::StrJoin(troubles, "; "));
  return report;
}

std::optional<Epoch> ExitControl::epoch() const {
  MutexLock lock(mutex_);
  if (!in_force_.has_value()) return std::nullopt;
  return in_force_->epoch;
}

}  // namespace lifeboat::exitnode
