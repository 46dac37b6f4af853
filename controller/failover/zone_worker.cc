#include "controller/failover/zone_worker.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status.h"

namespace lifeboat {
namespace {

// Bounds of one effect. A step that needs longer comes back and is taken up again, so that one slow
// service does not hold up its neighbours in the zone.
constexpr absl::Duration kOpenLimit = absl::Seconds(3);
constexpr absl::Duration kFetchLimit = absl::Seconds(3);
constexpr absl::Duration kProveLimit = absl::Seconds(2);
// At once: enough that an exit that hangs does not hold up the services of the others.
constexpr size_t kMostErrands = 64;

}  // namespace

ZoneWorker::ZoneWorker(EffectTools tools, const Clock& clock,
                       std::function<void(const Effect&, Outcome)> on_done)
    : tools_(std::move(tools)),
      clock_(clock),
      on_done_(std::move(on_done)),
      errands_(kMostErrands),
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
  queue_.Push(std::move(effect), clock_.Now());
  changed_.NotifyAll();
}

std::vector<Effect> ZoneWorker::Next() {
  MutexLock lock(mutex_);
  while (!ending_) {
    const Instant now = clock_.Now();
    std::vector<Effect> batch = queue_.Pop(now);
    if (!batch.empty()) return batch;
    if (const std::optional<Instant> next = queue_.NextAt(now)) {
      changed_.WaitFor(mutex_, *next - now);
    } else {
      changed_.Wait(mutex_);
    }
  }
  return {};
}

void ZoneWorker::Run() {
  for (;;) {
    std::vector<Effect> batch = Next();
    if (batch.empty()) return;
    Perform(std::move(batch));
  }
}

void ZoneWorker::Perform(std::vector<Effect> batch) {
  Record(batch);
  if (batch.empty()) return;
  const EffectKind kind = KindOf(batch.front());
  if (kind == EffectKind::kJournal) {
    for (const Effect& effect : batch) Finish(effect, {});
    return;
  }
  if (kind == EffectKind::kErrand) {
    for (Effect& effect : batch) SendOut(std::move(effect));
    return;
  }
  const std::string& name = batch.front().lever;
  const auto lever = tools_.levers.find(name);
  if (lever == tools_.levers.end()) {
    const absl::Status none = absl::NotFoundError(absl::StrCat("there is no lever \"", name, "\""));
    const PullResult refused{.outcome = PullOutcome::kRefused, .status = none};
    for (const Effect& effect : batch) Finish(effect, {.world = none, .pull = refused});
    return;
  }
  if (kind == EffectKind::kRead) Read(*lever->second, batch);
  if (kind == EffectKind::kPull) Pull(*lever->second, batch);
  if (kind == EffectKind::kProve) Prove(*lever->second, batch);
}

void ZoneWorker::Record(std::vector<Effect>& batch) {
  std::vector<Entry> entries;
  for (const Effect& effect : batch) {
    if (effect.entry) entries.push_back(*effect.entry);
  }
  if (entries.empty()) return;
  const absl::Status recorded =
      entries.size() == 1 ? tools_.journal.Record(entries[0]) : tools_.journal.RecordAll(entries);
  for (const Effect& effect : batch) {
    if (!effect.entry) continue;
    if (recorded.ok()) {
      tools_.fault_point(absl::StrCat("recorded:", effect.stage));
    } else {
      Report(effect, {.journal = recorded});
    }
  }
  if (recorded.ok()) return;
  std::erase_if(batch, [](const Effect& effect) { return effect.entry.has_value(); });
}

void ZoneWorker::Read(Lever& lever, const std::vector<Effect>& batch) {
  std::vector<std::string> hostnames;
  for (const Effect& effect : batch) {
    hostnames.push_back(std::get<ReadWorld>(effect.action).hostname);
  }
  const std::vector<absl::StatusOr<World>> worlds = lever.ReadAll(hostnames);
  for (size_t i = 0; i < batch.size(); ++i) Finish(batch[i], {.world = worlds[i]});
}

void ZoneWorker::Pull(Lever& lever, const std::vector<Effect>& batch) {
  std::vector<Change> changes;
  for (const Effect& effect : batch) {
    changes.push_back(std::get<PullLever>(effect.action).change);
  }
  const std::vector<PullResult> results = lever.PullAll(changes);
  for (size_t i = 0; i < batch.size(); ++i) Finish(batch[i], {.pull = results[i]});
}

void ZoneWorker::Prove(Lever& lever, const std::vector<Effect>& batch) {
  std::vector<ToProve> names;
  for (const Effect& effect : batch) {
    const auto& prove = std::get<ProveDns>(effect.action);
    names.push_back({.hostname = prove.hostname, .records = prove.records});
  }
  lever.ProveAll(names, kProveLimit,
                 [&](size_t i, Proof proof) { Finish(batch[i], {.proof = std::move(proof)}); });
}

void ZoneWorker::SendOut(Effect effect) {
  errands_.Do([this, effect = std::move(effect)] { Finish(effect, RunErrand(effect)); });
}

Outcome ZoneWorker::RunErrand(const Effect& effect) {
  if (const auto* open = std::get_if<OpenExit>(&effect.action)) {
    return {.status = tools_.exits.AwaitOpen(open->exit, effect.service, kOpenLimit)};
  }
  return Fetch(effect.service, std::get<FetchThrough>(effect.action));
}

// An exit is not to blame for a family that this host does not have; but nor is it proven by
// nobody.
Outcome ZoneWorker::Fetch(const std::string& service, const FetchThrough& fetch) {
  std::vector<std::string> unasked;
  for (const std::string& address : fetch.addresses) {
    absl::Status status = tools_.fetcher.Fetch(service, fetch.path, address, kFetchLimit);
    if (absl::IsFailedPrecondition(status)) {
      unasked.push_back(Words(status));
    } else if (!status.ok()) {
      return {.status = std::move(status)};
    }
  }
  Outcome outcome{.unasked = absl::StrJoin(unasked, "; ")};
  if (unasked.size() == fetch.addresses.size()) {
    outcome.status = absl::UnavailableError(
        absl::StrCat("none of its addresses can be asked from here: ", outcome.unasked));
  }
  return outcome;
}

void ZoneWorker::Finish(const Effect& effect, Outcome outcome) {
  tools_.fault_point(absl::StrCat("done:", effect.stage));
  Report(effect, std::move(outcome));
}

// The core may go on at once: that its step is over must be known before.
void ZoneWorker::Report(const Effect& effect, Outcome outcome) {
  {
    MutexLock lock(mutex_);
    queue_.Done(effect, clock_.Now());
    changed_.NotifyAll();
  }
  on_done_(effect, std::move(outcome));
}

}  // namespace lifeboat
