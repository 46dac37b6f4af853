#include "controller/failover/testing/failover_harness.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "controller/quorum/testing/ballots.h"

namespace lifeboat {
namespace {

bool Matches(const Event& event, const std::string& kind, const std::string& text) {
  return event.kind == kind && absl::StrContains(event.text, text);
}

}  // namespace

FailoverHarness::FailoverHarness(std::vector<std::string> exit_names, uint64_t seed)
    : random_(seed) {
  settings.name = "web";
  settings.hostname = "app.test";
  settings.ttl = absl::Seconds(60);
  settings.edge_records = {{RecordType::kCname, "app.edge.test."}};
  settings.quorum.hold = absl::Seconds(1);
  settings.clean_for = absl::Seconds(5);
  settings.exit_stays_open = absl::Minutes(15);
  settings.intent_expires_after = absl::Minutes(15);
  for (const std::string& name : exit_names) {
    const std::string address = absl::StrCat("192.0.2.", settings.exits.size() + 9);
    settings.exits.push_back({.name = name, .records = {{RecordType::kA, address}}});
    exits[name];
  }
  zone.Set(settings.hostname, {.records = settings.edge_records, .ownership = ""});
}

// --------------------------------------------------------------------------------- what is seen

Sight FailoverHarness::Look() const {
  Sight sight{.now = now, .wall = wall, .epoch = journal.epoch()};
  const auto add_path = [&](const Path& path, const std::string& votes, absl::Time certificate) {
    PathSnapshot snapshot{.path = path};
    snapshot.ballots = ParseBallots(votes);
    for (Ballot& ballot : snapshot.ballots) {
      if (certificate == absl::InfiniteFuture()) continue;  // nobody looks at it
      ballot.vote.by_name.emplace().certificate_not_after = certificate;
    }
    snapshot.tally = Count(settings.quorum, snapshot.ballots);
    sight.paths.push_back(std::move(snapshot));
  };
  add_path(Path::Edge(), edge, certificate_ends);
  for (const ExitTarget& target : settings.exits) {
    const FakeExit& exit = exits.at(target.name);
    add_path(Path::Exit(target.name), exit.votes, exit.certificate_ends);
    sight.exits.push_back({.name = target.name,
                           .tally = sight.paths.back().tally,
                           .connected = exit.connected,
                           .tunnel_up = exit.tunnel_up});
    sight.visitors.push_back(exit.visitors);
  }
  sight.cause = Attribute(settings.quorum, sight.edge().tally, sight.exits);
  if (attribution) sight.cause = {.attribution = *attribution};
  sight.levers.push_back({.name = lever.name(), .health = lever_health});
  if (spare_health) sight.levers.push_back({.name = spare.name(), .health = *spare_health});
  sight.amnesia = amnesia;
  sight.stopped = stopped;
  return sight;
}

ServiceSnapshot FailoverHarness::Describe() const {
  ServiceSnapshot snapshot;
  core_->Describe(Look(), snapshot);
  return snapshot;
}

ServiceRecord FailoverHarness::Journaled() const {
  const FakeJournal::Memory memory = journal.Copy();
  const auto found = memory.services.find(settings.name);
  return found == memory.services.end() ? ServiceRecord{.service = settings.name} : found->second;
}

Path FailoverHarness::InDns() const {
  const Records records = Dns();
  if (records == settings.edge_records) return Path::Edge();
  for (const ExitTarget& exit : settings.exits) {
    if (exit.records == records) return Path::Exit(exit.name);
  }
  return Path::Exit("?");
}

std::string FailoverHarness::OpenExits() const {
  std::vector<std::string> open;
  for (const auto& [name, exit] : exits) {
    if (exit.open) open.push_back(name);
  }
  return absl::StrJoin(open, " ");
}

std::string FailoverHarness::Stages() const {
  std::vector<std::string> stages;
  for (absl::string_view point : points) {
    if (absl::ConsumePrefix(&point, "recorded:") && point != "CLAIM") stages.emplace_back(point);
  }
  return absl::StrJoin(stages, " ");
}

std::string FailoverHarness::History(size_t most) const {
  const std::vector<Event> events = journal.Copy().events;
  std::string lines;
  for (size_t i = events.size() - std::min(most, events.size()); i < events.size(); ++i) {
    absl::StrAppend(&lines, absl::FormatTime("%H:%M:%E2S ", events[i].at, absl::UTCTimeZone()),
                    events[i].kind, ": ", events[i].text, "\n");
  }
  return lines;
}

int FailoverHarness::TimesTold(const std::string& kind, const std::string& text) const {
  const auto matches = [&](const Event& event) { return Matches(event, kind, text); };
  const std::vector<Event> journaled = journal.Copy().events;
  return static_cast<int>(std::count_if(notes.begin(), notes.end(), matches) +
                          std::count_if(journaled.begin(), journaled.end(), matches));
}

bool FailoverHarness::Told(const std::string& kind, const std::string& text) const {
  return TimesTold(kind, text) > 0;
}

// ---------------------------------------------------------------------------------- what is done

void FailoverHarness::Tick(absl::Duration by) {
  now = now + by;
  wall += by;
  if (!core_) Restart();
  Perform(core_->See(Look()));
}

void FailoverHarness::Run(absl::Duration span) {
  const absl::Duration step = absl::Milliseconds(span > absl::Minutes(1) ? 500 : 100);
  for (const Instant end = now + span; now < end;) Tick(step);
}

bool FailoverHarness::RunUntil(const std::function<bool()>& condition, absl::Duration limit) {
  for (const Instant end = now + limit; now < end;) {
    Tick();
    if (core_ && condition()) return true;
  }
  return false;
}

bool FailoverHarness::RunUntilQuiet(absl::Duration limit) {
  return RunUntil([this] { return core_->AtRest() && Describe().dns.empty(); }, limit);
}

bool FailoverHarness::Arm() {
  return RunUntil([this] { return Describe().armed; }) && TroubleAtRest().empty();
}

bool FailoverHarness::FailOver() {
  if (!Arm()) return false;
  edge = "DDD";
  Run(settings.quorum.hold + absl::Seconds(1));
  return RunUntilQuiet() && InDns() == Path::Exit(settings.exits.front().name);
}

void FailoverHarness::Crash() { core_.reset(); }

void FailoverHarness::Restart() {
  journal.Reopen();
  passed_ = 0;
  ++restarts;
  core_ = std::make_unique<Failover>(settings, Journaled(), absl::BitGenRef(random_));
}

absl::Status FailoverHarness::MoveToExit(const std::string& exit, const std::string& reason) {
  return Submit(core_->MoveToExit(exit, reason, "person/anna", Look()));
}

absl::Status FailoverHarness::MoveToEdge(bool force, const std::string& reason) {
  return Submit(core_->MoveToEdge(force, reason, "person/anna", Look()));
}

absl::Status FailoverHarness::SetPaused(bool paused, const std::string& reason) {
  return Submit(core_->SetPaused(paused, reason, "person/anna", Look()));
}

absl::Status FailoverHarness::Acknowledge(const std::string& reason) {
  return Submit(core_->Acknowledge(reason, "person/anna", Look()));
}

absl::Status FailoverHarness::Submit(absl::StatusOr<Step> step) {
  if (!step.ok()) return step.status();
  Perform(*std::move(step));
  return absl::OkStatus();
}

void FailoverHarness::Perform(Step step) {
  for (;;) {
    notes.insert(notes.end(), step.notes.begin(), step.notes.end());
    TellExits();
    if (!step.effect) return;
    const Outcome outcome = Do(*step.effect);
    if (!core_) return;  // it died on the way
    step = core_->Finish(outcome, Look());
  }
}

Outcome FailoverHarness::Do(const Effect& effect) {
  Outcome outcome;
  if (effect.entry) {
    outcome.journal = journal.Record(*effect.entry);
    if (!outcome.journal.ok()) return outcome;
    Pass(absl::StrCat("recorded:", effect.stage));
    if (!core_) return outcome;
  }
  Act(effect, outcome);
  Pass(absl::StrCat("done:", effect.stage));
  return outcome;
}

void FailoverHarness::Pass(const std::string& point) {
  points.push_back(point);
  on_point(point);
  if (crash_at_.empty() || ++passed_ != crash_at_.front()) return;
  crash_at_.erase(crash_at_.begin());
  Crash();
}

void FailoverHarness::Act(const Effect& effect, Outcome& outcome) {
  if (const auto* read = std::get_if<ReadWorld>(&effect.action)) {
    outcome.world = dns_answers ? lever.Read(read->hostname)
                                : absl::StatusOr<World>(absl::UnavailableError("DNS is silent"));
  } else if (const auto* pull = std::get_if<PullLever>(&effect.action)) {
    outcome.pull = Pull(effect.lever == spare.name() ? spare : lever, pull->change);
  } else if (const auto* prove = std::get_if<ProveDns>(&effect.action)) {
    if (dns_answers) outcome.proof = zone.Ask(prove->hostname, prove->records);
  } else if (const auto* open = std::get_if<OpenExit>(&effect.action)) {
    if (!exits.at(open->exit).open) outcome.status = absl::DeadlineExceededError("still dark");
  } else if (const auto* fetch = std::get_if<FetchThrough>(&effect.action)) {
    for (const std::string& address : fetch->addresses) {
      const FakeExit* exit = ExitAt(address);
      if (exit == nullptr || !exit->open || !exit->serves_strangers) {
        outcome.status = absl::UnavailableError(absl::StrCat(address, " answers 502"));
      }
    }
  }
}

PullResult FailoverHarness::Pull(FakeLever& by, const Change& change) {
  if (change.records != change.expect) {
    CheckPull(change);
    moves.push_back(change);
  }
  const World before = zone.Get(change.hostname);
  const PullResult silence = {PullOutcome::kUnknown, absl::DeadlineExceededError("no answer")};
  const PullResult result = dns_answers ? by.Pull(change) : silence;
  const bool arrived = Owner() == change.ownership;
  if (!arrived && result.outcome == PullOutcome::kUnknown) lost.push_back(change);
  CountMove(change, before.records);
  return result;
}

bool FailoverHarness::Deliver(const Change& change) {
  const Records before = Dns();
  const bool applied = zone.Apply(change);
  CountMove(change, before);
  return applied;
}

void FailoverHarness::CountMove(const Change& change, const Records& before) {
  if (Dns() == before) return;
  ++applied_moves;
  const absl::StatusOr<Ownership> owner = Ownership::Parse(change.ownership);
  if (owner.ok() && ++applied_by_move_[owner->move] > 1) Blame("a move was made twice");
}

void FailoverHarness::TellExits() {
  if (!core_ || !core_->KnowsWhatIsInForce() || !amnesia.empty()) return;
  const std::set<std::string> wanted = core_->OpenExits();
  for (auto& [name, exit] : exits) exit.open = wanted.contains(name) && exit.opens;
  CheckWhatIsOpen();
}

FakeExit* FailoverHarness::ExitAt(const std::string& address) {
  for (const ExitTarget& target : settings.exits) {
    if (target.records.front().value == address) return &exits.at(target.name);
  }
  return nullptr;
}

const FakeExit* FailoverHarness::ExitOf(const Path& path) const {
  const auto found = exits.find(path.exit);
  return found == exits.end() ? nullptr : &found->second;
}

// --------------------------------------------------------------------------------- what must hold

void FailoverHarness::CheckPull(const Change& change) {
  const std::optional<Move> move = Journaled().move;
  const absl::StatusOr<Ownership> owner = Ownership::Parse(change.ownership);
  if (!move || !owner.ok() || move->stage != Stage::kPulling || owner->move != move->id) {
    return Blame("a pull that is not in the journal");
  }
  if (change.records != settings.RecordsOf(move->to)) Blame("a pull to other records");
  if (move->to.is_edge()) {
    if (!move->by_person()) Blame("an automatic move to the edge");
    return;
  }
  const FakeExit* exit = ExitOf(move->to);
  if (exit == nullptr || !exit->open || !exit->serves_strangers) {
    return Blame("a pull to an exit that was not open");
  }
  if (!Serves(Count(settings.quorum, ParseBallots(exit->votes)).verdict)) {
    Blame("a pull to an exit that does not serve");
  }
  if (Journaled().paused || !stopped.empty()) Blame("a pull while paused");
  if (!move->by_person()) CheckSafety(*move);
}

// What binds only moves that are made by themselves.
void FailoverHarness::CheckSafety(const Move& move) {
  const SafetySettings& safety = settings.safety;
  const ServiceRecord record = Journaled();
  const bool blocked = !record.unacknowledged.empty() && !safety.unblocked;
  if (blocked && move.from.is_edge()) Blame("a move that nobody has acknowledged the last one for");
  if (static_cast<int>(record.made_by_itself.size()) >= safety.moves_per_day) {
    const absl::Time oldest = record.made_by_itself[record.made_by_itself.size() -
                                                    static_cast<size_t>(safety.moves_per_day)];
    if (wall >= oldest && wall - oldest < absl::Hours(24)) Blame("a move beyond the day's budget");
  }
  if (safety.edge_login && !safety.parity) Blame("a move without security parity");
}

void FailoverHarness::CheckWhatIsOpen() {
  const FakeExit* exit = ExitOf(InDns());
  if (exit != nullptr && exit->opens && !exit->open) {
    Blame(absl::StrCat(InDns().ToString(), " is dark while DNS points at it"));
  }
}

void FailoverHarness::Blame(const std::string& violation) {
  violations.push_back(absl::StrCat(violation, " after ", points.empty() ? "-" : points.back()));
}

std::vector<std::string> FailoverHarness::TroubleAtRest() const {
  std::vector<std::string> trouble = violations;
  const ServiceRecord record = Journaled();
  if (!core_ || core_->busy() || record.move) trouble.push_back("it is not at rest");
  if (record.unproven) trouble.push_back("what serves is unproven, and nobody proves it");
  if (Dns() != settings.RecordsOf(record.serves)) {
    trouble.push_back(absl::StrCat("DNS says ", InDns().ToString(), ", the journal says ",
                                   record.serves.ToString()));
  }
  const absl::StatusOr<Ownership> owner = Ownership::Parse(Owner());
  if (!owner.ok() || owner->move != record.serves_by_move || owner->epoch != journal.epoch() ||
      owner->serves != record.serves) {
    trouble.push_back(absl::StrCat("the owner is \"", Owner(), "\" in epoch ",
                                   journal.epoch().ToString(), " after move ",
                                   record.serves_by_move));
  }
  std::set<std::string> open;
  if (!record.serves.is_edge()) open.insert(record.serves.exit);
  if (!record.lingering_exit.empty()) open.insert(record.lingering_exit);
  if (OpenExits() != absl::StrJoin(open, " ")) {
    trouble.push_back(
        absl::StrCat("open: \"", OpenExits(), "\", wanted: \"", absl::StrJoin(open, " "), "\""));
  }
  return trouble;
}

}  // namespace lifeboat
