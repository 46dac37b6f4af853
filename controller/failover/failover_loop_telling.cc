#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "controller/failover/changes.h"
#include "controller/failover/failover_loop.h"
#include "controller/failover/ulid.h"

// What the loop publishes at each turn: the state as values, and notes of what has changed.
namespace lifeboat {
namespace {

// Ballots and vantages are both in the order of the configuration.
void TellDoubts(Snapshot& snapshot) {
  for (const ServiceSnapshot& service : snapshot.services) {
    for (const PathSnapshot& path : service.paths) {
      const size_t ballots = std::min(path.ballots.size(), snapshot.vantages.size());
      for (size_t i = 0; i < ballots; ++i) {
        if (!path.ballots[i].vote.doubted) continue;
        snapshot.vantages[i].doubted_on.push_back(
            absl::StrCat(service.name, " ", path.path.ToString()));
      }
    }
  }
}

}  // namespace

void FailoverLoop::Publish(const std::map<std::string, ExitStatus>& exits) {
  auto next = std::make_shared<Snapshot>();
  next->now = clock_.Now();
  next->wall = clock_.WallNow();
  next->controller = settings_.controller;
  next->epoch = journal_.epoch();
  next->journal = JournalTrouble();
  next->amnesia = GlobalAmnesia(exits);
  highest_seen_ = std::max(highest_seen_, next->epoch);
  for (const auto& [name, status] : exits) {
    highest_seen_ = std::max(highest_seen_, status.highest_epoch);
  }
  for (const Runner& runner : runners_) {
    ServiceSnapshot service;
    runner.core->Describe(runner.sight, service);
    if (next->amnesia.empty()) next->amnesia = runner.core->amnesia();
    highest_seen_ = std::max(highest_seen_, runner.core->highest_seen());
    next->services.push_back(std::move(service));
  }
  next->vantages = votes_.Vantages(next->now);
  TellDoubts(*next);
  for (ExitSnapshot exit : settings_.exits) {
    if (const auto found = exits.find(exit.name); found != exits.end()) exit.status = found->second;
    next->exits.push_back(std::move(exit));
  }
  for (const LoopSettings::LeverEntry& entry : settings_.levers) {
    LeverSnapshot lever{.name = entry.lever->name(),
                        .kind = entry.kind,
                        .zone = entry.lever->zone(),
                        .health = checks_.HealthOf(*entry.lever)};
    for (const LoopSettings::Service& service : settings_.services) {
      if (std::count(service.levers.begin(), service.levers.end(), lever.name) > 0) {
        lever.arms.push_back(service.settings.name);
      }
    }
    next->levers.push_back(std::move(lever));
  }
  std::vector<Event> told;
  {
    MutexLock lock(mutex_);
    next->clock = clock_step_;
    if (own_.paused) next->stopped = own_.paused_reason;
    next->sequence = snapshot_->sequence + 1;
    for (ChangeNote& note : TellChanges(*snapshot_, *next)) {
      told.push_back({.id = NewUlid(next->wall, absl::BitGenRef(random_)),
                      .at = next->wall,
                      .service = std::move(note.service),
                      .kind = std::move(note.kind),
                      .alarm = note.alarm,
                      .text = std::move(note.text),
                      .detail = ""});
    }
    snapshot_ = std::move(next);
    seen_for_raise_ = highest_seen_;
    published_.NotifyAll();
  }
  events_.Write(std::move(told));
}

}  // namespace lifeboat
