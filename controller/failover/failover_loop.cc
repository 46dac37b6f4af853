#include "controller/failover/failover_loop.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "controller/failover/look.h"

namespace lifeboat {
namespace {

std::vector<Lever*> LeversOf(const LoopSettings& settings) {
  std::vector<Lever*> levers;
  for (const LoopSettings::LeverEntry& entry : settings.levers) levers.push_back(entry.lever);
  return levers;
}

}  // namespace

FailoverLoop::FailoverLoop(LoopSettings settings, VoteSource& votes, ExitCommander& exits,
                           PublicFetcher& fetcher, Journal& journal, const Clock& clock,
                           uint64_t seed)
    : settings_(std::move(settings)),
      votes_(votes),
      exits_(exits),
      journal_(journal),
      clock_(clock),
      random_(seed),
      snapshot_(std::make_shared<Snapshot>()),
      events_(journal, [this] { Wake(); }),
      checks_(LeversOf(settings_), settings_.check_levers_every, clock, seed, [this] { Wake(); }) {
  for (Lever* lever : LeversOf(settings_)) levers_[lever->name()] = lever;
  const EffectTools tools{.journal = journal,
                          .exits = exits,
                          .fetcher = fetcher,
                          .levers = levers_,
                          .fault_point = settings_.fault_point};
  for (const auto& [name, lever] : levers_) {
    std::unique_ptr<ZoneWorker>& worker = workers_[lever->zone()];
    if (worker != nullptr) continue;
    worker =
        std::make_unique<ZoneWorker>(tools, clock_, [this](const Effect& effect, Outcome outcome) {
          MutexLock lock(mutex_);
          done_.push_back({.service = effect.service, .outcome = std::move(outcome)});
          dirty_ = true;
          wake_.NotifyAll();
        });
  }
  std::map<std::string, ServiceRecord> records;
  const absl::Status loaded = LoadRecords(records);
  if (!loaded.ok()) {
    unread_ = absl::StrCat(Words(loaded), "; put it right, then restart the controller");
  }
  for (const LoopSettings::Service& service : settings_.services) {
    Runner runner;
    runner.service = service;
    runner.core = std::make_unique<class Failover>(service.settings, records[service.settings.name],
                                                   absl::BitGenRef(random_));
    runner.worker = workers_[levers_.at(service.levers.front())->zone()].get();
    runners_.push_back(std::move(runner));
  }
  thread_ = std::thread([this] { Run(); });
}

FailoverLoop::~FailoverLoop() {
  {
    MutexLock lock(mutex_);
    ending_ = true;
    wake_.NotifyAll();
    published_.NotifyAll();
  }
  thread_.join();
  workers_.clear();  // before what their threads call back into
}

absl::Status FailoverLoop::LoadRecords(std::map<std::string, ServiceRecord>& records) {
  for (const LoopSettings::Service& service : settings_.services) {
    records[service.settings.name].service = service.settings.name;
  }
  ASSIGN_OR_RETURN(std::vector<ServiceRecord> known, journal_.Services());
  for (ServiceRecord& record : known) {
    if (record.service.empty()) {
      MutexLock lock(mutex_);
      own_ = record;
    }
    if (records.contains(record.service)) records[record.service] = std::move(record);
  }
  return absl::OkStatus();
}

void FailoverLoop::Wake() {
  MutexLock lock(mutex_);
  dirty_ = woken_ = true;
  wake_.NotifyAll();
}

void FailoverLoop::ClockStepped(const std::string& words) {
  MutexLock lock(mutex_);
  clock_step_ = words;
  dirty_ = true;
  wake_.NotifyAll();
}

// ------------------------------------------------------------------------------------- the loop

void FailoverLoop::Run() {
  for (;;) {
    {
      MutexLock lock(mutex_);
      if (!dirty_ && !ending_) wake_.WaitFor(mutex_, settings_.tick);
      if (ending_) break;
      dirty_ = false;
    }
    Turn();
  }
  MutexLock lock(mutex_);
  for (const auto& command : commands_) {
    command->answered = true;
    command->answer = absl::UnavailableError("the controller is stopping");
  }
  answered_.NotifyAll();
}

void FailoverLoop::Turn() {
  const std::map<std::string, ExitStatus> exits = exits_.Statuses();
  bool adopt = false, woken = false;
  {
    MutexLock lock(mutex_);
    adopt = std::exchange(adopt_, false);
    woken = std::exchange(woken_, false);
  }
  TakeOutcomes(exits);
  const Instant now = clock_.Now();
  bool looked = false;
  for (Runner& runner : runners_) {
    if (adopt) runner.core->EpochRaised();
    if (!adopt && !woken && !IsDue(runner, now)) continue;
    runner.sight = Look(runner, exits);
    runner.looked_at = now;
    looked = true;
    Perform(runner, runner.core->See(runner.sight));
  }
  TakeCommands(exits);
  if (looked && unread_.empty()) TellExits(exits);
  if (!published_at_ || adopt || now - *published_at_ >= settings_.publish_at_least_every) {
    Publish(exits);
    published_at_ = now;
  }
}

// Votes that change are told; what only time changes (silence, holds, offers) is seen soon enough
// by a slower round, while nothing is under way and nobody says DOWN.
bool FailoverLoop::IsDue(const Runner& runner, Instant now) const {
  if (!runner.looked_at || now - *runner.looked_at >= settings_.look_at_least_every) return true;
  const class Failover& core = *runner.core;
  if (!core.AtRest()) return true;
  return std::any_of(runner.sight.paths.begin(), runner.sight.paths.end(),
                     [](const PathSnapshot& path) {
                       return path.tally.verdict != Verdict::kUp || path.tally.down_voters > 0;
                     });
}

Sight FailoverLoop::Look(const Runner& runner,
                         const std::map<std::string, ExitStatus>& exits) const {
  std::vector<LeverSight> levers;
  for (const std::string& name : runner.service.levers) {
    levers.push_back({.name = name, .health = checks_.HealthOf(*levers_.at(name))});
  }
  return lifeboat::Look(runner.service.settings, votes_, std::move(levers), runner.core->dissents(),
                        {.now = clock_.Now(),
                         .wall = clock_.WallNow(),
                         .epoch = journal_.epoch(),
                         .exits = exits,
                         .journal_trouble = JournalTrouble(),
                         .amnesia = GlobalAmnesia(exits),
                         .stopped = StopReason()});
}

// A journal that could not be read at the start stays closed: without its records the world cannot
// be compared with anything.
std::string FailoverLoop::JournalTrouble() const {
  return unread_.empty() ? events_.trouble() : unread_;
}

std::string FailoverLoop::StopReason() const {
  MutexLock lock(mutex_);
  return own_.paused ? own_.paused_reason : "";
}

std::string FailoverLoop::GlobalAmnesia(const std::map<std::string, ExitStatus>& exits) const {
  return unread_.empty() ? AmnesiaByExits(exits, journal_.epoch()) : "";
}

void FailoverLoop::Perform(Runner& runner, Step step) {
  if (!step.notes.empty() || step.effect) published_at_.reset();
  events_.Write(std::move(step.notes));
  if (step.effect) runner.worker->Do(*std::move(step.effect));
}

void FailoverLoop::TakeOutcomes(const std::map<std::string, ExitStatus>& exits) {
  std::deque<Done> done;
  {
    MutexLock lock(mutex_);
    done.swap(done_);
  }
  for (Done& item : done) {
    Runner* runner = Find(item.service);
    if (runner == nullptr) continue;
    runner->looked_at.reset();
    published_at_.reset();
    if (!item.outcome.journal.ok()) events_.Learn(item.outcome.journal);
    Step step = runner->core->Finish(item.outcome, Look(*runner, exits));
    if (const auto command = std::exchange(runner->in_journal, nullptr)) {
      const std::optional<Move>& move = runner->core->record().move;
      if (!item.outcome.journal.ok()) {
        Answer(*command, absl::UnavailableError(absl::StrCat("the journal cannot record it: ",
                                                             Words(item.outcome.journal))));
      } else {
        Answer(*command, move ? move->id : "");
      }
    }
    Perform(*runner, std::move(step));
  }
}

void FailoverLoop::TakeCommands(const std::map<std::string, ExitStatus>& exits) {
  std::deque<std::shared_ptr<Command>> commands;
  {
    MutexLock lock(mutex_);
    commands.swap(commands_);
  }
  for (std::shared_ptr<Command>& command : commands) {
    Runner& runner = runners_[command->service];
    runner.looked_at.reset();
    published_at_.reset();
    absl::StatusOr<Step> step = command->act(*runner.core, Look(runner, exits));
    if (absl::IsUnavailable(step.status()) && clock_.Now() < command->deadline) {
      MutexLock lock(mutex_);
      commands_.push_back(std::move(command));  // a step is under way: next turn
    } else if (!step.ok()) {
      Answer(*command, step.status());
    } else {
      const bool journals = step->effect.has_value();
      Perform(runner, *std::move(step));
      if (journals) {
        runner.in_journal = std::move(command);
      } else {
        Answer(*command, "");
      }
    }
  }
}

void FailoverLoop::Answer(Command& command, absl::StatusOr<std::string> answer) {
  MutexLock lock(mutex_);
  command.answer = std::move(answer);
  command.answered = true;
  answered_.NotifyAll();
}

void FailoverLoop::TellExits(const std::map<std::string, ExitStatus>& exits) {
  if (!GlobalAmnesia(exits).empty()) return;
  WantedExits wanted;
  for (const Runner& runner : runners_) wanted.Add(runner.service.settings, *runner.core);
  exits_.Want(wanted.Take());
}

FailoverLoop::Runner* FailoverLoop::Find(const std::string& service) {
  for (Runner& runner : runners_) {
    if (runner.service.settings.name == service) return &runner;
  }
  return nullptr;
}

}  // namespace lifeboat
