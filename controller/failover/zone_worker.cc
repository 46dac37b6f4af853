#include "controller/failover/zone_worker.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace lifeboat {
namespace {

// Bounds of one effect. A step that needs longer comes back and is taken up again, so that one slow
// service does not hold up its neighbours in the zone.
constexpr absl::Duration kOpenLimit = absl::Seconds(3);
constexpr absl::Duration kFetchLimit = absl::Seconds(3);
constexpr absl::Duration kProveLimit = absl::Seconds(2);
// A lever that fails is tried again soon: an intent may be waiting for it.
constexpr absl::Duration kCheckInTrouble = absl::Seconds(2);

}  // namespace

ZoneWorker::ZoneWorker(EffectTools tools, std::vector<Lever*> levers, absl::Duration check_every,
                       const Clock& clock, std::function<void(const Effect&, Outcome)> on_done)
    : tools_(std::move(tools)),
      levers_(std::move(levers)),
      check_every_(check_every),
      clock_(clock),
      on_done_(std::move(on_done)),
      next_check_(clock.Now()),
      thread_([this] { Run(); }) {}

ZoneWorker::~ZoneWorker() {
  {
    MutexLock lock(mutex_);
    ending_ = true;
    changed_.NotifyAll();
  }
  thread_.join();
}

void ZoneWorker::Do(Effect effect) {
  MutexLock lock(mutex_);
  queue_.push_back(std::move(effect));
  changed_.NotifyAll();
}

void ZoneWorker::CheckSoon() {
  MutexLock lock(mutex_);
  next_check_ = clock_.Now();
  changed_.NotifyAll();
}

std::optional<Effect> ZoneWorker::Next() {
  MutexLock lock(mutex_);
  while (!ending_ && queue_.empty()) {
    const absl::Duration wait = next_check_ - clock_.Now();
    if (wait <= absl::ZeroDuration()) return std::nullopt;
    changed_.WaitFor(mutex_, wait);
  }
  if (ending_) return std::nullopt;
  Effect effect = std::move(queue_.front());
  queue_.pop_front();
  return effect;
}

void ZoneWorker::Run() {
  for (;;) {
    if (const std::optional<Effect> effect = Next()) {
      on_done_(*effect, Perform(*effect));
      continue;
    }
    {
      MutexLock lock(mutex_);
      if (ending_) return;
      next_check_ = clock_.Now() + check_every_;
    }
    CheckLevers();
  }
}

void ZoneWorker::CheckLevers() {
  bool trouble = false;
  for (Lever* lever : levers_) {
    lever->Check();
    trouble |= lever->Health().state != LeverState::kOk;
  }
  MutexLock lock(mutex_);
  if (trouble) next_check_ = std::min(next_check_, clock_.Now() + kCheckInTrouble);
}

Outcome ZoneWorker::Perform(const Effect& effect) {
  Outcome outcome;
  if (effect.entry) {
    outcome.journal = tools_.journal.Record(*effect.entry);
    if (!outcome.journal.ok()) return outcome;
    tools_.fault_point(absl::StrCat("recorded:", effect.stage));
  }
  Act(effect, outcome);
  tools_.fault_point(absl::StrCat("done:", effect.stage));
  return outcome;
}

void ZoneWorker::Act(const Effect& effect, Outcome& outcome) {
  const auto found = tools_.levers.find(effect.lever);
  Lever* lever = found == tools_.levers.end() ? nullptr : found->second;
  const absl::Status no_lever =
      absl::NotFoundError(absl::StrCat("there is no lever \"", effect.lever, "\""));
  if (const auto* read = std::get_if<ReadWorld>(&effect.action)) {
    outcome.world = lever ? lever->Read(read->hostname) : absl::StatusOr<World>(no_lever);
  } else if (const auto* pull = std::get_if<PullLever>(&effect.action)) {
    outcome.pull = lever ? lever->Pull(pull->change)
                         : PullResult{.outcome = PullOutcome::kRefused, .status = no_lever};
  } else if (const auto* prove = std::get_if<ProveDns>(&effect.action)) {
    if (lever) outcome.proof = lever->Prove(prove->hostname, prove->records, kProveLimit);
  } else if (const auto* open = std::get_if<OpenExit>(&effect.action)) {
    outcome.status = tools_.exits.AwaitOpen(open->exit, effect.service, kOpenLimit);
  } else if (const auto* fetch = std::get_if<FetchThrough>(&effect.action)) {
    for (const std::string& address : fetch->addresses) {
      outcome.status = tools_.fetcher.Fetch(effect.service, address, kFetchLimit);
      if (!outcome.status.ok()) break;
    }
  }
}

}  // namespace lifeboat
