#include <algorithm>
#include <random>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "controller/failover/failover_loop.h"
#include "controller/failover/ulid.h"

// What people see and ask of the loop, from threads of their own.
namespace lifeboat {
namespace {

// A person's command waits so long for a step that is under way.
constexpr absl::Duration kCommandPatience = absl::Seconds(10);

absl::Status WaitsForNobody(const std::string& service, const std::string& move,
                            const std::string& waits) {
  return absl::FailedPreconditionError(absl::StrCat(
      "move ", move, " of ", service, " waits for nobody: it is acknowledged already, or was not ",
      "made by itself, or not to its end",
      waits.empty() ? "" : absl::StrCat("; the one that waits is ", waits)));
}

}  // namespace

std::shared_ptr<const Snapshot> FailoverLoop::Current() const {
  MutexLock lock(mutex_);
  return snapshot_;
}

std::shared_ptr<const Snapshot> FailoverLoop::AwaitNewer(uint64_t seen,
                                                         absl::Duration limit) const {
  const Instant deadline = clock_.Now() + limit;
  MutexLock lock(mutex_);
  while (snapshot_->sequence == seen && !ending_) {
    const absl::Duration left = deadline - clock_.Now();
    if (left <= absl::ZeroDuration()) break;
    published_.WaitFor(mutex_, left);
  }
  return snapshot_;
}

absl::StatusOr<std::vector<Event>> FailoverLoop::Events(const EventQuery& query) {
  return journal_.Events(query);
}

absl::StatusOr<std::string> FailoverLoop::Submit(const std::string& service, Act act) {
  const auto found = std::find_if(
      runners_.begin(), runners_.end(),
      [&service](const Runner& runner) { return runner.service.settings.name == service; });
  if (found == runners_.end()) {
    return absl::NotFoundError(absl::StrCat("there is no service \"", service, "\""));
  }
  auto command = std::make_shared<Command>();
  command->service = static_cast<size_t>(found - runners_.begin());
  command->act = std::move(act);
  command->deadline = clock_.Now() + kCommandPatience;
  MutexLock lock(mutex_);
  if (ending_) return absl::UnavailableError("the controller is stopping");
  commands_.push_back(command);
  dirty_ = true;
  wake_.NotifyAll();
  while (!command->answered) answered_.Wait(mutex_);
  return command->answer;
}

absl::StatusOr<std::string> FailoverLoop::Failover(const std::string& service,
                                                   const std::string& exit,
                                                   const std::string& reason,
                                                   const std::string& who) {
  return Submit(service, [=](class Failover& core, const Sight& sight) {
    return core.MoveToExit(exit, reason, who, sight);
  });
}

absl::StatusOr<std::string> FailoverLoop::Failback(const std::string& service, bool force,
                                                   const std::string& reason,
                                                   const std::string& who) {
  return Submit(service, [=](class Failover& core, const Sight& sight) {
    return core.MoveToEdge(force, reason, who, sight);
  });
}

absl::Status FailoverLoop::Pause(const std::string& service, bool paused, const std::string& reason,
                                 const std::string& who) {
  return Submit(service,
                [=](class Failover& core, const Sight& sight) {
                  return core.SetPaused(paused, reason, who, sight);
                })
      .status();
}

absl::Status FailoverLoop::PauseAll(bool paused, const std::string& reason,
                                    const std::string& who) {
  MutexLock one_at_a_time(stopping_);
  ServiceRecord next;
  {
    MutexLock lock(mutex_);
    if (own_.paused == paused && (!paused || own_.paused_reason == reason)) return absl::OkStatus();
    next = own_;
  }
  next.paused = paused;
  next.paused_reason = paused ? reason : "";
  const Event event = OwnEvent(
      paused ? "stopped" : "released",
      absl::StrCat(paused ? "every service is stopped by " : "the global stop is lifted by ", who,
                   ": ", reason));
  const absl::Status recorded = journal_.Record({.events = {event}, .record = next});
  if (!recorded.ok()) {
    return absl::UnavailableError(absl::StrCat("the journal cannot record it: ", Words(recorded)));
  }
  MutexLock lock(mutex_);
  own_ = next;
  dirty_ = true;
  wake_.NotifyAll();
  return absl::OkStatus();
}

absl::Status FailoverLoop::Acknowledge(const std::string& service, const std::string& move,
                                       const std::string& reason, const std::string& who) {
  return Submit(service,
                [=](class Failover& core, const Sight& sight) -> absl::StatusOr<Step> {
                  const std::string& waits = core.record().unacknowledged;
                  if (!move.empty() && move != waits) return WaitsForNobody(service, move, waits);
                  return core.Acknowledge(reason, who, sight);
                })
      .status();
}

// An event of the controller itself, from a thread that is not the loop's.
Event FailoverLoop::OwnEvent(const std::string& kind, const std::string& text) const {
  const absl::Time wall = clock_.WallNow();
  std::mt19937_64 random(absl::ToUnixNanos(wall));  // the loop's own is its thread's alone
  return {.id = NewUlid(wall, absl::BitGenRef(random)),
          .at = wall,
          .service = "",
          .kind = kind,
          .alarm = true,
          .text = text,
          .detail = ""};
}

absl::StatusOr<Epoch> FailoverLoop::RaiseEpoch(const std::string& reason, const std::string& who) {
  Epoch highest;
  {
    MutexLock lock(mutex_);
    highest = std::max(seen_for_raise_, journal_.epoch());
  }
  const Event event = OwnEvent(
      "epoch",
      absl::StrCat("generation raised to ", highest.generation + 1, " by ", who, ": ", reason));
  RETURN_IF_ERROR(journal_.RaiseGeneration(highest.generation + 1, event));
  MutexLock lock(mutex_);
  adopt_ = true;
  dirty_ = true;
  wake_.NotifyAll();
  return journal_.epoch();
}

}  // namespace lifeboat
