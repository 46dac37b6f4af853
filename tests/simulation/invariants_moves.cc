#include <algorithm>

#include "absl/strings/str_cat.h"
#include "controller/replay/virtual_controller.h"
#include "tests/simulation/invariants.h"

// What must be so when something is decided, pulled and called done.
namespace lifeboat {
namespace {

constexpr absl::Duration kRecordTakes = absl::Milliseconds(2);
// After somebody touched an exit or a server, what a controller knows of it may be older.
constexpr absl::Duration kSettles = absl::Seconds(5);
constexpr absl::Duration kDay = absl::Hours(24);

size_t PlaceOf(const ServiceSettings& settings, const Path& path) {
  if (path.is_edge()) return 0;
  size_t i = 0;
  while (i < settings.exits.size() && settings.exits[i].name != path.exit) ++i;
  return i + 1;
}

}  // namespace

void Invariants::CheckStanding(size_t service, const Move& move, const std::string& what) {
  const Truth::Service& truth = truth_.services[service];
  const Instant now = world_->now();
  if (truth.paused.OnFor(absl::Seconds(1), now)) Break(absl::StrCat(what, " while paused"));
  if (truth_.stopped.OnFor(absl::Seconds(1), now)) Break(absl::StrCat(what, " while stopped"));
  if (move.by_person()) return;
  if (truth_.wall_stepped != Instant()) return;
  for (const MaintenanceWindow& window : SettingsOf(service).safety.maintenance) {
    if (window.break_on_global || !window.OpenUntil(world_->wall() - kRecordTakes)) continue;
    Break(absl::StrCat(what, " in a maintenance window"));
  }
}

// The journal has just taken a new intent.
void Invariants::CheckIntent(size_t controller, size_t service, const Move& move) {
  Course& course = CourseOf(controller, service);
  if (course.move == move.id) return;
  course.move = move.id;
  if (move.by_person()) return;
  if (move.to.is_edge()) return Break("a failback that no person asked for");
  const Facts* facts = FactsBefore(course, world_->now() - kRecordTakes);
  if (facts == nullptr) return Break("an intent before anything was seen");
  const ServiceSettings& settings = SettingsOf(service);
  const PathFacts& from = facts->paths[PlaceOf(settings, move.from)];
  if (from.verdict != Verdict::kDown) {
    return Break(absl::StrCat("an intent without a quorum: ", move.from.ToString(), " is ",
                              VerdictName(from.verdict)));
  }
  const absl::Duration down_for = facts->at - *from.down_since;
  if (down_for < settings.quorum.hold) {
    Break(absl::StrCat("an intent after ", absl::FormatDuration(down_for), " of ",
                       absl::FormatDuration(settings.quorum.hold)));
  }
  const std::optional<Instant> done = ledgers_[service].done_at;
  if (done && facts->at - *done < settings.quorum.hold - kRecordTakes) {
    Break("an intent that counts what was seen before the last move");
  }
}

void Invariants::CheckPull(size_t controller, size_t service, const Change& change) {
  const ServiceSettings& settings = SettingsOf(service);
  VirtualJournal& journal = world_->controller(controller).journal();
  const ServiceRecord& record = journal.services[settings.name];
  const absl::StatusOr<Ownership> ours = Ownership::Parse(change.ownership);
  if (!ours.ok()) return Break("a pull whose ownership record nobody can read");
  if (ours->epoch != journal.epoch) Break("a pull that does not bear its controller's epoch");
  const bool moves = change.records != change.expect;
  const bool journaled = record.move && record.move->id == ours->move &&
                         record.move->stage == Stage::kPulling && ours->serves == record.move->to;
  if (!moves) return;  // a claim, or a pull that changes nothing
  if (!journaled) return Break("a lever is pulled, and no intent is in the journal");
  const Move& move = *record.move;
  if (change.records != settings.RecordsOf(move.to)) {
    Break(absl::StrCat("the records of ", move.to.ToString(), " are not what is set"));
  }
  if (change.expect_ownership.empty()) Break("a pull that names no owner as its prerequisite");
  const Facts* facts = FactsBefore(CourseOf(controller, service), world_->now() - kRecordTakes);
  if (facts == nullptr) return Break("a pull before anything was seen");
  if (facts->highest > journal.epoch) Break("a pull although an exit knows a higher epoch");
  CheckStanding(service, move, "a pull");
  move.by_person() ? CheckPullByPerson(service, move, *facts)
                   : CheckPullByItself(controller, service, move, *facts);
  if (move.to.is_edge()) return;
  const size_t to = PlaceOf(settings, move.to);
  const bool touched = world_->now() - truth_.exit_changed[to - 1] < kSettles;
  const Verdict there = facts->paths[to].verdict;
  if (there != Verdict::kUp && there != Verdict::kDegraded) {
    Break("a pull to an exit that does not serve");
  }
  if (!facts->reachable[to - 1]) Break("a pull to an exit without connection or tunnel");
  if (facts->dark[to - 1] && !touched) Break("a pull to an exit that is dark");
  for (const Record& address : settings.exits[to - 1].records) {
    if (touched || world_->ServesStrangers(address.value, settings.name)) continue;
    Break("a pull to an exit that serves no stranger");
  }
}

void Invariants::CheckPullByItself(size_t /*controller*/, size_t service, const Move& move,
                                   const Facts& facts) {
  if (installation_.mix == Mix::kNoise || installation_.mix == Mix::kCalm) {
    Break("a false failover: nothing but noise, and it moves");
  }
  if (move.to.is_edge()) return Break("a failback that no person asked for");
  const ServiceSettings& settings = SettingsOf(service);
  const Ledger& ledger = ledgers_[service];
  const PathFacts& from = facts.paths[PlaceOf(settings, move.from)];
  if (from.verdict != Verdict::kDown && !from.oscillates) {
    Break(absl::StrCat("a pull without a quorum: ", move.from.ToString(), " is ",
                       VerdictName(from.verdict)));
  }
  // In a good phase of an edge that swings nothing is at fault: its last bad one counts.
  const std::optional<Attribution> fault =
      from.verdict == Verdict::kDown ? facts.attribution : facts.last_fault;
  if (move.from.is_edge() && !fault) Break("a pull although the edge was never seen DOWN");
  if (move.from.is_edge() && fault == Attribution::kOrigin) {
    Break("a pull although it is the origin's fault");
  }
  if (move.from.is_edge() && fault == Attribution::kDnsPlane && settings.edge_name_in_lever_zone) {
    Break("a pull although the zone that the lever writes is what fails");
  }
  if (move.from.is_edge() && ledger.unacknowledged && !settings.safety.unblocked) {
    Break("a move by itself before anybody has acknowledged the last one");
  }
  const auto today = std::count_if(ledger.by_itself.begin(), ledger.by_itself.end(),
                                   [this](Instant at) { return world_->now() - at < kDay; });
  const bool wall_is_sound = truth_.wall_stepped == Instant();
  if (wall_is_sound && today >= settings.safety.moves_per_day) {
    Break(absl::StrCat("move ", today + 1, " of at most ", settings.safety.moves_per_day,
                       " by itself within a day"));
  }
  const ExitTarget* target = settings.FindExit(move.to.exit);
  const SafetySettings& safety = settings.safety;
  if (safety.edge_login && !safety.parity) Break("a move by itself past the edge's login");
  if (move.from.is_edge() && !target->provider.empty() &&
      target->provider == safety.edge_provider) {
    Break("a move by itself to an exit that falls with the edge");
  }
}

void Invariants::CheckPullByPerson(size_t service, const Move& move, const Facts& facts) {
  if (!move.to.is_edge()) return;
  const ServiceSettings& settings = SettingsOf(service);
  const PathFacts& edge = facts.paths[0];
  const bool clean = edge.clean_since && facts.at - *edge.clean_since >= settings.clean_for;
  if (clean && facts.whole) return;
  if (!move.forced) Break("a failback without the evidence for it, and without force");
  if (move.missing.empty()) Break("a forced failback that does not say what was missing");
  if (truth_.services[service].forced_failbacks == 0) Break("a force that no person used");
}

void Invariants::CountMove(size_t controller, size_t service, const Move& move) {
  Ledger& ledger = ledgers_[service];
  if (!ledger.counted.insert(move.id).second) return;
  ++moves_;
  if (move.by_person()) {
    ledger.unacknowledged = false;
  } else {
    ++moves_by_itself_;
    ledger.by_itself.push_back(world_->now());
    ledger.unacknowledged = true;
  }
  if (truth_.services[service].edited) return;
  const std::string& name = SettingsOf(service).name;
  const ServiceRecord& record = world_->controller(controller).journal().services[name];
  if (record.serves != move.to) Break("a move is made, and the journal says otherwise");
}

void Invariants::TakeLeft(size_t controller, size_t service, const Move& move) {
  CountMove(controller, service, move);
  ledgers_[service].left_at = world_->now();
  ledgers_[service].left_from = move.from;
  const Facts* facts = FactsBefore(CourseOf(controller, service), world_->now() - kRecordTakes);
  if (facts == nullptr ||
      facts->paths[PlaceOf(SettingsOf(service), move.to)].verdict != Verdict::kDown) {
    Break("a move is left unproven although its path lives");
  }
}

void Invariants::TakeDone(size_t controller, size_t service, const Move& move) {
  CountMove(controller, service, move);
  const Instant now = world_->now();
  Ledger& ledger = ledgers_[service];
  ledger.done_at = now;
  if (truth_.services[service].edited || now - truth_.zone_changed < kSettles) return;
  // Records have no age: a server that what was left has yet to reach looks proven when the name
  // goes back to where it was.
  const absl::Duration behind = installation_.settings.servers_behind + kSettles;
  const bool goes_back = move.to == ledger.left_from || move.to == move.from;
  if (goes_back && ledger.left_at && now - *ledger.left_at < behind) return;
  const ServiceSettings& settings = SettingsOf(service);
  VirtualZone& zone = world_->ZoneOf(service);
  for (size_t i = 0; i < zone.servers().size(); ++i) {
    if (zone.servers()[i].state != ServerState::kProven) continue;
    if (zone.ServedBy(i, settings.hostname, now) == settings.RecordsOf(move.to)) continue;
    Break(absl::StrCat("a move is called done while ", zone.servers()[i].name, " is stale"));
  }
}

}  // namespace lifeboat
