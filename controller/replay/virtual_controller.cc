#include "controller/replay/virtual_controller.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "controller/failover/changes.h"

namespace lifeboat {
namespace {

// As long as the steps take where all is well, and as long as the worker waits where it is not.
constexpr absl::Duration kRecordTakes = absl::Milliseconds(2);
constexpr absl::Duration kFetchTakes = absl::Milliseconds(60);
constexpr absl::Duration kExitObeysAfter = absl::Milliseconds(80);
constexpr absl::Duration kAskAgainEvery = absl::Milliseconds(100);
constexpr absl::Duration kOpenLimit = absl::Seconds(3);
constexpr absl::Duration kProveLimit = absl::Seconds(2);
constexpr absl::Duration kCommandLimit = absl::Seconds(10);

// How often a core is evaluated although nothing has changed; in quiet times it is seen sooner
// whether silence has changed a vote.
constexpr absl::Duration kLookPending = absl::Milliseconds(250);
constexpr absl::Duration kLookWaiting = absl::Seconds(5);
constexpr absl::Duration kLookQuiet = absl::Seconds(10);
constexpr absl::Duration kGlance = absl::Seconds(1);
constexpr absl::Duration kPendingFor = absl::Seconds(30);
constexpr absl::Duration kTellHouseEvery = absl::Seconds(1);
constexpr absl::Duration kTryJournalEvery = absl::Seconds(2);  // as EventWriter does

LeverHealth HealthOf(const CallFate& fate) {
  if (!fate.arrives || !fate.answered) return {LeverState::kDown, "no answer"};
  return {fate.state, fate.why};
}

absl::Status RefusalOf(const CallFate& fate) {
  switch (fate.state) {
    case LeverState::kUnauthorized:
      return absl::PermissionDeniedError(fate.why);
    case LeverState::kFrozen:
      return absl::FailedPreconditionError(fate.why);
    default:
      return absl::UnavailableError(fate.why);
  }
}

}  // namespace

VirtualController::VirtualController(VirtualWorld& world, size_t index)
    : world_(world), index_(index) {
  journal_.epoch.revision = index + 1;
  for (const WorldSettings::Service& service : world_.settings().services) {
    journal_.services[service.settings.name].service = service.settings.name;
  }
}

void VirtualController::Start() {
  ++life_;
  alive_ = true;
  journal_fails_ = false;
  const WorldSettings& settings = world_.settings();
  healths_.clear();
  for (size_t i = 0; i < settings.vantages.size(); ++i) healths_.emplace_back(settings.roles);
  runners_.clear();
  for (const WorldSettings::Service& service : settings.services) {
    Runner runner;
    runner.core =
        std::make_unique<Failover>(service.settings, journal_.services.at(service.settings.name),
                                   absl::BitGenRef(world_.random()));
    for (size_t target = 0; target < settings.roles.size(); ++target) {
      const TargetRole& role = settings.roles[target];
      if (role.kind != TargetRole::Kind::kVotes || role.service != service.settings.name) continue;
      runner.targets.push_back(static_cast<uint32_t>(target + 1));
    }
    runner.votes.resize(runner.targets.size() * healths_.size(), VoteKind::kAbstain);
    runners_.push_back(std::move(runner));
  }
  levers_.clear();
  levers_.reserve(settings.levers.size());
  for (size_t i = 0; i < settings.levers.size(); ++i) {
    levers_.emplace_back(settings.check_levers_every, world_.now());
  }
  wanted_.clear();
  house_ = Snapshot{};
  house_print_ = 0;
  for (size_t i = 0; i < runners_.size(); ++i) world_.EvaluateSoon(index_, i, world_.now());
  for (size_t i = 0; i < levers_.size(); ++i) {
    After(absl::ZeroDuration(), [this, i] { CheckLever(i); });
  }
  After(kTellHouseEvery, [this] { TellHouse(); });
  world_.witness_.Started(index_);
}

void VirtualController::Die() {
  alive_ = false;
  ++life_;
}

void VirtualController::After(absl::Duration span, std::function<void()> task) {
  world_.At(world_.now() + span, [this, life = life_, task = std::move(task)] {
    if (life == life_ && alive_) task();
  });
}

// ------------------------------------------------------------------------------------ what is seen

Ballots VirtualController::BallotsOn(const std::string& service, const Path& path,
                                     Instant now) const {
  Ballots ballots;
  ballots.reserve(healths_.size());
  for (size_t i = 0; i < healths_.size(); ++i) {
    ballots.push_back(
        {.vantage = world_.settings().vantages[i], .vote = healths_[i].VoteOn(service, path, now)});
  }
  return ballots;
}

std::vector<VantageSnapshot> VirtualController::Vantages(Instant now) const {
  std::vector<VantageSnapshot> vantages;
  for (size_t i = 0; i < healths_.size(); ++i) {
    VantageSnapshot snapshot;
    snapshot.vantage = world_.settings().vantages[i];
    snapshot.connected = healths_[i].connected();
    snapshot.lag = healths_[i].lag();
    snapshot.abstention = healths_[i].Condition(now, snapshot.why);
    vantages.push_back(std::move(snapshot));
  }
  return vantages;
}

void VirtualController::RefreshExits() const {
  if (exits_seen_ == world_.exits_changed_) return;
  exits_seen_ = world_.exits_changed_;
  const WorldSettings& settings = world_.settings();
  for (size_t i = 0; i < settings.exits.size(); ++i) {
    const VirtualExit& exit = world_.exit(i);
    ExitStatus& status = exit_statuses_[settings.exits[i]];
    status.connected = exit.Hears();
    status.highest_epoch = exit.highest_epoch;
    for (const WorldSettings::Service& service : settings.services) {
      if (service.settings.FindExit(settings.exits[i]) == nullptr) continue;
      ExitStatus::Service& word = status.services[service.settings.name];
      word.open = word.listening = exit.open.contains(service.settings.name);
      word.tunnel_up = exit.tunnel_up;
      word.upstream = exit.upstream;
      word.visitors = exit.visitors;
    }
  }
}

size_t VirtualController::LeverByName(const std::string& name) const {
  const auto& levers = world_.settings().levers;
  const auto found = std::find_if(levers.begin(), levers.end(),
                                  [&](const auto& lever) { return lever.name == name; });
  return static_cast<size_t>(found - levers.begin());
}

Sight VirtualController::Look(size_t service) const {
  const WorldSettings::Service& plan = world_.settings().services[service];
  std::vector<LeverSight> levers;
  for (const std::string& name : plan.levers) {
    levers.push_back({.name = name, .health = levers_[LeverByName(name)].health()});
  }
  RefreshExits();
  return lifeboat::Look(plan.settings, *this, std::move(levers), runners_[service].core->dissents(),
                        {.now = world_.now(),
                         .wall = world_.wall(),
                         .epoch = journal_.epoch,
                         .exits = exit_statuses_,
                         .journal_trouble = journal_fails_ ? "the disk is full" : "",
                         .amnesia = AmnesiaByExits(exit_statuses_, journal_.epoch),
                         .stopped = world_.stopped_});
}

ServiceSnapshot VirtualController::Describe(size_t service) const {
  ServiceSnapshot snapshot;
  runners_[service].core->Describe(Look(service), snapshot);
  return snapshot;
}

// ------------------------------------------------------------------------------------ what is done

void VirtualController::Evaluate(size_t service) {
  Runner& runner = runners_[service];
  const bool changed = TakeVotes(runner);
  if (!changed && !runner.restless && world_.now() - runner.looked_at < kLookQuiet) {
    return world_.EvaluateSoon(index_, service, world_.now() + kGlance);
  }
  ++world_.evaluations_;
  runner.looked_at = world_.now();
  const Sight sight = Look(service);
  const Tally& edge = sight.edge().tally;
  if (edge.verdict != runner.last_verdict || edge.down_voters != runner.last_down) {
    runner.last_change = world_.now();
  }
  runner.last_verdict = edge.verdict;
  runner.last_down = edge.down_voters;
  Step step = runner.core->See(sight);
  runner.offers_failback = runner.core->OffersFailback(sight);
  world_.witness_.Evaluated(index_, service, sight, *runner.core);
  runner.restless = IsRestless(*runner.core, sight);
  world_.EvaluateSoon(index_, service, world_.now() + LookAgainIn(runner));
  Perform(service, std::move(step));
}

bool VirtualController::TakeVotes(Runner& runner) const {
  bool changed = false;
  auto known = runner.votes.begin();
  for (const uint32_t target : runner.targets) {
    for (const VantageHealth& health : healths_) {
      const VoteKind vote = health.StandingAt(target, world_.now()).kind;
      changed |= std::exchange(*known++, vote) != vote;
    }
  }
  return changed;
}

bool VirtualController::IsRestless(const Failover& core, const Sight& sight) {
  if (!core.AtRest()) return true;
  const Path& serves = core.record().serves;
  return std::any_of(sight.paths.begin(), sight.paths.end(), [&serves](const PathSnapshot& path) {
    return path.path == serves && !Serves(path.tally.verdict);
  });
}

absl::Duration VirtualController::LookAgainIn(const Runner& runner) const {
  if (!runner.restless) return kGlance;
  return world_.now() - runner.last_change < kPendingFor ? kLookPending : kLookWaiting;
}

void VirtualController::Perform(size_t service, Step step, std::function<void(absl::Status)> told) {
  if (step.effect) runners_[service].restless = true;
  for (const Event& note : step.notes) Tell(note);
  TellExits();
  if (!step.effect) {
    if (told) told(absl::OkStatus());
    return;
  }
  auto flight = std::make_shared<Flight>();
  flight->effect = *std::move(step.effect);
  flight->service = service;
  flight->life = life_;
  flight->told = std::move(told);
  if (flight->effect.entry) {
    After(kRecordTakes, [this, flight] { Record(flight); });
  } else {
    DoAction(flight);
  }
}

bool VirtualController::Passes(const std::string& point) {
  if (!world_.nature_.DiesAt(index_, point, world_.random())) return true;
  Die();
  return false;
}

// A journal that failed is tried until it can be written: the cores wait for that, and write
// nothing meanwhile.
void VirtualController::TryJournal() {
  journal_fails_ = !world_.nature_.Record(index_, world_.now(), world_.random()).ok();
  if (!journal_fails_) return world_.EvaluateAll();
  After(kTryJournalEvery, [this] { TryJournal(); });
}

void VirtualController::Record(const FlightPtr& flight) {
  const Entry& entry = *flight->effect.entry;
  flight->outcome.journal = world_.nature_.Record(index_, world_.now(), world_.random());
  const bool failed_before = std::exchange(journal_fails_, !flight->outcome.journal.ok());
  if (journal_fails_ && !failed_before) After(kTryJournalEvery, [this] { TryJournal(); });
  if (!journal_fails_) {
    if (entry.record) journal_.services[entry.record->service] = *entry.record;
    for (const Event& event : entry.events) Tell(event);
    if (!Passes(absl::StrCat("recorded:", flight->effect.stage))) return;
  }
  if (flight->told) {
    const auto told = std::exchange(flight->told, nullptr);
    told(flight->outcome.journal);
  }
  journal_fails_ ? Finish(flight) : DoAction(flight);
}

void VirtualController::DoAction(const FlightPtr& flight) {
  const Action& action = flight->effect.action;
  const size_t lever = LeverByName(flight->effect.lever);
  if (std::holds_alternative<PullLever>(action)) return Pull(flight, lever);
  if (std::holds_alternative<ReadWorld>(action)) return Read(flight, lever);
  if (std::holds_alternative<ProveDns>(action)) {
    flight->deadline = world_.now() + kProveLimit;
    return Prove(flight, lever);
  }
  if (std::holds_alternative<OpenExit>(action)) {
    flight->deadline = world_.now() + kOpenLimit;
    return Open(flight);
  }
  if (std::holds_alternative<FetchThrough>(action)) return Fetch(flight);
  Finish(flight);
}

void VirtualController::Finish(const FlightPtr& flight) {
  if (flight->outcome.journal.ok() && !Passes(absl::StrCat("done:", flight->effect.stage))) return;
  Runner& runner = runners_[flight->service];
  const Sight sight = Look(flight->service);
  Step step = runner.core->Finish(flight->outcome, sight);
  runner.last_change = world_.now();
  runner.restless = true;
  ++world_.evaluations_;
  world_.witness_.Evaluated(index_, flight->service, sight, *runner.core);
  Perform(flight->service, std::move(step));
  world_.EvaluateSoon(index_, flight->service, world_.now() + kLookPending);
}

// A packet that is on its way arrives even if its sender dies.
void VirtualController::Pull(const FlightPtr& flight, size_t lever) {
  const Change& change = std::get<PullLever>(flight->effect.action).change;
  world_.witness_.Called(index_, lever, &change);
  const CallFate fate = world_.nature_.Call(index_, lever, world_.now(), world_.random());
  flight->outcome.pull = {PullOutcome::kUnknown, absl::DeadlineExceededError("no answer")};
  if (fate.arrives) {
    world_.At(world_.now() + fate.there, [this, flight, lever, fate, change] {
      PullResult& result = flight->outcome.pull;
      if (fate.state != LeverState::kOk) {
        if (fate.answered) result = {PullOutcome::kRefused, RefusalOf(fate)};
        return;
      }
      VirtualZone& zone = world_.zone(world_.settings().levers[lever].zone);
      const bool made = !fate.lies && zone.Apply(change, world_.now());
      world_.witness_.Arrived(lever, change, made);
      if (!fate.answered) return;
      result = made || fate.lies
                   ? PullResult{PullOutcome::kApplied, absl::OkStatus()}
                   : PullResult{PullOutcome::kConflict,
                                absl::AbortedError("what was expected does not stand")};
    });
  }
  const bool answered = fate.arrives && fate.answered;
  After(answered ? fate.there + fate.back + absl::Nanoseconds(1) : world_.settings().call_timeout,
        [this, flight] {
          // Whatever comes of it later, this outcome is told now.
          auto told = std::make_shared<Flight>(*flight);
          Finish(told);
        });
}

void VirtualController::Read(const FlightPtr& flight, size_t lever) {
  world_.witness_.Called(index_, lever, nullptr);
  const CallFate fate = world_.nature_.Call(index_, lever, world_.now(), world_.random());
  const bool answered = fate.arrives && fate.answered;
  After(answered ? fate.there + fate.back : world_.settings().call_timeout, [this, flight, lever,
                                                                             fate, answered] {
    const auto& read = std::get<ReadWorld>(flight->effect.action);
    if (!answered) {
      flight->outcome.world = absl::UnavailableError("no answer");
    } else if (fate.state != LeverState::kOk) {
      flight->outcome.world = RefusalOf(fate);
    } else {
      flight->outcome.world = world_.zone(world_.settings().levers[lever].zone).Get(read.hostname);
    }
    Finish(flight);
  });
}

void VirtualController::Prove(const FlightPtr& flight, size_t lever) {
  const auto& prove = std::get<ProveDns>(flight->effect.action);
  flight->outcome.proof = world_.zone(world_.settings().levers[lever].zone)
                              .Ask(prove.hostname, prove.records, world_.now());
  if (flight->outcome.proof.proven || world_.now() >= flight->deadline) return Finish(flight);
  After(kAskAgainEvery, [this, flight, lever] { Prove(flight, lever); });
}

void VirtualController::Open(const FlightPtr& flight) {
  const auto& open = std::get<OpenExit>(flight->effect.action);
  const auto& names = world_.settings().exits;
  const auto at = std::find(names.begin(), names.end(), open.exit) - names.begin();
  const VirtualExit& exit = world_.exit(static_cast<size_t>(at));
  const bool reports = exit.Hears() && exit.highest_epoch == journal_.epoch;
  if (reports && exit.open.contains(flight->effect.service)) return Finish(flight);
  if (world_.now() >= flight->deadline) {
    flight->outcome.status = absl::DeadlineExceededError("it is still dark");
    return Finish(flight);
  }
  After(kAskAgainEvery, [this, flight] { Open(flight); });
}

void VirtualController::Fetch(const FlightPtr& flight) {
  After(kFetchTakes, [this, flight] {
    for (const std::string& address : std::get<FetchThrough>(flight->effect.action).addresses) {
      if (world_.ServesStrangers(address, flight->effect.service)) continue;
      flight->outcome.status = absl::UnavailableError(absl::StrCat(address, " does not serve it"));
      break;
    }
    Finish(flight);
  });
}

// ------------------------------------------------------------------------------- levers and exits

void VirtualController::CheckLever(size_t lever) {
  world_.witness_.Called(index_, lever, nullptr);
  const CallFate fate = world_.nature_.Call(index_, lever, world_.now(), world_.random());
  const bool answered = fate.arrives && fate.answered;
  const absl::Duration takes = answered ? fate.there + fate.back : world_.settings().call_timeout;
  After(takes, [this, lever, fate, began = world_.now()] {
    LeverStanding& standing = levers_[lever];
    const LeverState before = standing.health().state;
    standing.Take(HealthOf(fate), began, world_.random().Unit());
    if (standing.health().state != before) world_.EvaluateAll();
    const absl::Duration wait = standing.next_check() - world_.now();
    After(std::max(wait, absl::ZeroDuration()), [this, lever] { CheckLever(lever); });
  });
}

void VirtualController::TellExits() {
  RefreshExits();
  if (!AmnesiaByExits(exit_statuses_, journal_.epoch).empty()) return;
  WantedExits wanted;
  const auto& services = world_.settings().services;
  for (size_t i = 0; i < runners_.size(); ++i) wanted.Add(services[i].settings, *runners_[i].core);
  std::map<std::string, std::set<std::string>> open = wanted.Take();
  if (open == wanted_) return;
  const auto& names = world_.settings().exits;
  for (size_t i = 0; i < names.size(); ++i) {
    const auto ours = open.find(names[i]);
    if (ours == open.end()) continue;
    const auto before = wanted_.find(names[i]);
    if (before != wanted_.end() && before->second == ours->second) continue;
    Obey(i, ours->second, journal_.epoch);
  }
  wanted_ = std::move(open);
}

void VirtualController::Obey(size_t exit, const std::set<std::string>& open, Epoch epoch) {
  world_.At(world_.now() + kExitObeysAfter, [this, exit, open, epoch] {
    VirtualExit& node = world_.exits_[exit];
    if (!node.Hears() || epoch < node.highest_epoch) return;
    node.highest_epoch = epoch;
    if (node.opens || open.empty()) node.open = open;
    ++world_.exits_changed_;
    world_.EvaluateAll();
  });
}

// ------------------------------------------------------------------------------------ what is told

void VirtualController::TellHouse() {
  After(kTellHouseEvery, [this] { TellHouse(); });
  uint64_t print = 1469598103934665603u;
  const auto mix = [&print](uint64_t value) { print = (print ^ value) * 1099511628211u; };
  for (const VantageHealth& health : healths_) {
    mix(health.connected());
    mix(static_cast<uint64_t>(health.Condition(world_.now())));
  }
  for (const LeverStanding& lever : levers_) {
    mix(static_cast<uint64_t>(lever.health().state));
  }
  RefreshExits();
  for (const auto& [name, status] : exit_statuses_) {
    mix(status.connected);
    for (const auto& [service, word] : status.services) mix(word.tunnel_up);
  }
  for (const Runner& runner : runners_) mix(runner.offers_failback);
  mix(journal_fails_);
  if (std::exchange(house_print_, print) != print) TellChangedHouse();
}

void VirtualController::TellChangedHouse() {
  Snapshot next;
  next.now = world_.now();
  next.vantages = Vantages(next.now);
  for (size_t i = 0; i < runners_.size(); ++i) {
    ServiceSnapshot service;
    service.name = world_.settings().services[i].settings.name;
    service.failback_offered = runners_[i].offers_failback;
    next.services.push_back(std::move(service));
  }
  for (const std::string& exit : world_.settings().exits) {
    next.exits.push_back({.name = exit, .addresses = {}, .status = exit_statuses_[exit]});
  }
  for (size_t i = 0; i < levers_.size(); ++i) {
    next.levers.push_back(
        {.name = world_.settings().levers[i].name, .health = levers_[i].health()});
  }
  next.journal = journal_fails_ ? "the disk is full" : "";
  for (ChangeNote& note : TellChanges(house_, next)) {
    Tell({.id = "",
          .at = world_.wall(),
          .service = std::move(note.service),
          .kind = std::move(note.kind),
          .alarm = note.alarm,
          .text = std::move(note.text),
          .detail = ""});
  }
  house_ = std::move(next);
}

// ----------------------------------------------------------------------------------------- people

void VirtualController::Command(size_t service, Act act, std::function<void(absl::Status)> told) {
  TryCommand(service, act, told, world_.now() + kCommandLimit);
}

void VirtualController::TryCommand(size_t service, const Act& act,
                                   const std::function<void(absl::Status)>& told,
                                   Instant deadline) {
  if (!alive_) return told(absl::UnavailableError("the controller is not running"));
  absl::StatusOr<Step> step = act(*runners_[service].core, Look(service));
  if (absl::IsUnavailable(step.status()) && world_.now() < deadline) {
    return After(kAskAgainEvery, [this, service, act, told, deadline] {
      TryCommand(service, act, told, deadline);
    });
  }
  if (!step.ok()) return told(step.status());
  Perform(service, *std::move(step), told);
}

}  // namespace lifeboat
