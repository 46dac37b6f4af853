#include "controller/replay/replay.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "controller/config/values.h"
#include "controller/failover/ownership.h"
#include "controller/replay/virtual_controller.h"

namespace lifeboat {
namespace {

using config::ToDuration;

// Long enough for filters, panel and levers to be settled before the first row.
constexpr absl::Duration kWarmUp = absl::Minutes(5);
constexpr absl::Duration kSample = absl::Seconds(1);
// Resolvers that hold answers for ten times as long as they were told, and their share of users.
constexpr double kStubborn = 0.087;
constexpr double kStubbornTtls = 10;
// Less is no impact that a move would be right for.
constexpr double kImpact = 0.05;
constexpr double kGreatImpact = 0.4;
constexpr absl::Duration kLongImpact = absl::Minutes(2);
constexpr size_t kWorld = SIZE_MAX;  // instead of a controller: what everybody can see

std::string ClockText(absl::Duration at) {
  const int64_t ms = absl::ToInt64Milliseconds(at);
  const int64_t s = ms / 1000;
  return absl::StrFormat("%d:%02d:%02d.%03d", s / 3600, s / 60 % 60, s % 60, ms % 1000);
}

// The share of users whose resolvers know the exit: two populations that drain exponentially.
class Users {
 public:
  explicit Users(absl::Duration ttl) : ttl_(absl::ToDoubleSeconds(ttl)) {}
  void Step(double served_exit, double seconds) {
    usual_ += (served_exit - usual_) * std::min(1.0, seconds / ttl_);
    stubborn_ += (served_exit - stubborn_) * std::min(1.0, seconds / (kStubbornTtls * ttl_));
  }
  double at_exit() const { return (1 - kStubborn) * usual_ + kStubborn * stubborn_; }

 private:
  const double ttl_;
  double usual_ = 0;
  double stubborn_ = 0;
};

class Referee final : public Witness {
 public:
  Referee(const Scenario& scenario, const ReplayPolicy& policy, ReplayRun& run)
      : scenario_(scenario), policy_(policy), run_(run), users_(policy.ttl) {}

  void Attach(VirtualWorld& world, Player& player) {
    world_ = &world;
    player_ = &player;
    zero_ = world.now() + kWarmUp;
  }
  Instant zero() const { return zero_; }

  void Evaluated(size_t controller, size_t service, const Sight& sight,
                 const Failover& core) override {
    WatchOscillation(controller, service, sight);
    WatchAttribution(controller, service, sight);
    WatchVerdicts(controller, service, sight);
    const std::optional<Move>& move = core.record().move;
    if (!move) return;
    std::string& known = moves_[{controller, service}];
    if (move->by_person()) {
      of_people_.insert(move->id);
    } else if (move->id != known) {
      CheckVoters(*move, sight);
    }
    known = move->id;
  }

  // Whatever the tally makes of them: so few decide nothing.
  void CheckVoters(const Move& move, const Sight& sight) {
    for (const PathSnapshot& path : sight.paths) {
      if (path.path != move.from || path.tally.voters >= policy_.quorum.min_voters) continue;
      Fail(absl::StrCat("an intent was made with ", path.tally.voters, " voters"));
    }
  }

  void Told(size_t controller, const Event& event) override {
    const bool counts = world_->now() >= zero_ && controller == 0;
    if (event.alarm && counts) ++run_.score.notifications;
    if (event.alarm) Add("NOTIFICATION", event, controller);
    const std::string& kind = event.kind;
    if (event.text.empty()) Reasonless(event);
    if (kind == "intent" || kind == "cancel") {
      if (!event.decision) Reasonless(event);
      Add(kind == "intent" ? "INTENT" : "CANCEL", event, controller);
      if (kind == "intent" && intent_at_ < absl::ZeroDuration()) intent_at_ = Since(world_->now());
    }
    if (kind == "hold") {
      Add("HOLD", event, controller);
      if (absl::StartsWith(event.text, "HOLD: lever")) Add("PENDING", event, controller);
    }
    if (kind == "lever" && absl::StartsWith(event.text, "lever ")) ToldOfLever(event, controller);
    if (kind == "lever" && absl::StartsWith(event.text, "asks what became")) {
      Add("PENDING", event, controller);
    }
    if (kind == "verdict" && absl::StartsWith(event.text, "edge is ")) {
      for (const char* verdict : {"DEGRADED", "DOWN", "BLIND"}) {
        if (absl::StartsWith(event.text, absl::StrCat("edge is ", verdict))) {
          Add(verdict, event, controller);
        }
      }
    }
    if (kind == "agent" && absl::StrContains(event.text, "abstains")) {
      Add("ABSTAIN", event, controller);
    }
    if (kind == "refused") Add("REFUSED", event, controller);
    if (kind == "failback") Add("FAILBACK_OFFERED", event, controller);
    if (kind == "proving") Add("STALE", event, controller);
    if (kind == "drift") Add("DRIFT", event, controller);
    if (kind == "amnesia") Add("AMNESIA", event, controller);
    if (kind == "done") ToldOfDone(event, controller);
  }

  void Called(size_t controller, size_t /*lever*/, const Change* /*change*/) override {
    if (world_ == nullptr || world_->now() < zero_) return;
    if (controller == 0) ++run_.score.lever_calls;
    Add("LEVER_CALL", Say("", "a call"), controller);
  }

  void Arrived(size_t lever, const Change& change, bool made) override {
    if (!made || change.records == change.expect) return;
    const auto& services = world_->settings().services;
    for (size_t i = 0; i < services.size(); ++i) {
      const ServiceSettings& service = services[i].settings;
      if (service.hostname != change.hostname) continue;
      const bool back = change.records == service.edge_records;
      const Event event = Say(
          service.name, absl::StrCat(change.hostname, " now says ", RecordsToString(change.records),
                                     " by lever ", world_->settings().levers[lever].name));
      Add(back ? "FAILBACK" : "FAILOVER", event, kWorld);
      const bool by_person = IsOfAPerson(change);
      if (back) {
        WentBack(i, service, by_person);
      } else {
        MovedAway(i, service, change, by_person);
      }
      if (!back && !NeededToLeave(i, ExitAt(service, change.expect))) ++run_.score.false_failovers;
    }
  }

  // Each second of virtual time.
  void Sample() {
    const Instant now = world_->now();
    if (now < zero_) return;
    const double edge_fails = player_->EdgeFailsUsers(now);
    worst_lately_ = std::max(edge_fails, worst_lately_ * 0.98);
    if (edge_fails > 0 && impact_at_ < absl::ZeroDuration()) impact_at_ = Since(now);
    const double first_fails = scenario_.said.services(0).unaffected() ? 0 : edge_fails;
    if (first_fails >= kGreatImpact) great_impact_ += kSample;
    VirtualZone& zone = world_->ZoneOf(0);
    const ServiceSettings& service = world_->settings().services.front().settings;
    double served = 0;
    for (size_t i = 0; i < zone.servers().size(); ++i) {
      const Records records = zone.ServedBy(i, service.hostname, now);
      if (records == service.edge_records) continue;
      ++served;
      exit_ = ExitAt(service, records);
    }
    users_.Step(served / static_cast<double>(zone.servers().size()),
                absl::ToDoubleSeconds(kSample));
    const bool exit_serves = exit_ && world_->exit(*exit_).Serves();
    const double bad = (1 - users_.at_exit()) * first_fails + (exit_serves ? 0 : users_.at_exit());
    run_.score.user_bad_minutes += bad * absl::ToDoubleMinutes(kSample);
    run_.score.user_saved_minutes += (first_fails - bad) * absl::ToDoubleMinutes(kSample);
  }

  void Finish() {
    if (intent_at_ >= absl::ZeroDuration() && impact_at_ >= absl::ZeroDuration()) {
      run_.score.detect_s = absl::ToDoubleSeconds(intent_at_ - impact_at_);
    }
    if (applied_at_ >= absl::ZeroDuration()) {
      run_.score.apply_s = absl::ToDoubleSeconds(applied_at_ - intent_at_);
    }
    if (great_impact_ >= kLongImpact && moved_.count(0) == 0) run_.score.missed = 1;
    for (const v1::ScenarioExpectation& expect : scenario_.said.expect()) {
      const bool asked = expect.lever().empty() || expect.lever() == LeverModeName(run_.mode);
      if (asked) Expect(expect);
    }
    run_.timeline.erase(std::remove_if(run_.timeline.begin(), run_.timeline.end(),
                                       [](const Happening& h) {
                                         return h.what == "NOTIFICATION" || h.what == "LEVER_CALL";
                                       }),
                        run_.timeline.end());
  }

 private:
  absl::Duration Since(Instant at) const { return at - zero_; }
  void Fail(std::string why) {
    why = absl::StrCat(ClockText(Since(world_->now())), ": ", why);
    if (std::count(run_.failures.begin(), run_.failures.end(), why) == 0) {
      run_.failures.push_back(std::move(why));
    }
  }
  static Event Say(const std::string& service, const std::string& text) {
    Event event;
    event.service = service;
    event.text = text;
    return event;
  }
  void Add(absl::string_view what, const Event& event, size_t controller) {
    if (world_->now() < zero_) return;
    const bool names_it = controller != kWorld && scenario_.said.controllers() > 1;
    run_.timeline.push_back(
        {.at = Since(world_->now()),
         .what = std::string(what),
         .service = event.service,
         .text = names_it ? absl::StrCat("[controller ", controller + 1, "] ", event.text)
                          : event.text});
  }
  // Where these records lead to, by its place in the world; nothing: to no exit.
  std::optional<size_t> ExitAt(const ServiceSettings& service, const Records& records) const {
    for (const ExitTarget& exit : service.exits) {
      if (exit.records != records) continue;
      const auto& names = world_->settings().exits;
      return static_cast<size_t>(std::find(names.begin(), names.end(), exit.name) - names.begin());
    }
    return std::nullopt;
  }
  // Whether what served the service failed its users: the edge, or the exit that it was at.
  bool NeededToLeave(size_t service, std::optional<size_t> exit) const {
    if (exit) return !world_->exit(*exit).Serves();
    const bool unaffected = scenario_.said.services(static_cast<int>(service)).unaffected();
    return !unaffected && worst_lately_ >= kImpact;
  }
  void Reasonless(const Event& event) {
    run_.score.reasons_complete = false;
    Fail(absl::StrCat("\"", event.kind, "\" was told without its reasons"));
  }

  void ToldOfLever(const Event& event, size_t controller) {
    const std::string state = event.text.substr(0, event.text.find(':'));
    std::string& last = lever_told_[{controller, state.substr(0, state.rfind(' '))}];
    if (last == state && event.alarm) Fail(absl::StrCat("told twice: ", state));
    last = state;
    Add(event.alarm ? "ALARM_LEVER" : "LEVER_OK", event, controller);
  }

  void ToldOfDone(const Event& event, size_t controller) {
    const auto& services = world_->settings().services;
    for (const WorldSettings::Service& service : services) {
      if (service.settings.name != event.service) continue;
      VirtualZone& zone = world_->zone(world_->settings().levers.front().zone);
      const Records& now = zone.Get(service.settings.hostname).records;
      if (!zone.Ask(service.settings.hostname, now, world_->now()).proven) {
        Fail(absl::StrCat(event.service, " was done before every server served it"));
      }
    }
    Add("APPLIED", event, controller);
    if (applied_at_ < absl::ZeroDuration()) applied_at_ = Since(world_->now());
  }

  void WatchOscillation(size_t controller, size_t service, const Sight& sight) {
    double oscillating = 0, voted = 0;
    for (const Ballot& ballot : sight.edge().ballots) {
      if (ballot.vote.kind == VoteKind::kAbstain) continue;
      voted += ballot.vantage.weight;
      if (ballot.vote.kind == VoteKind::kOscillating) oscillating += ballot.vantage.weight;
    }
    const bool swings = voted > 0 && oscillating >= policy_.quorum.share * voted;
    bool& before = swings_[{controller, service}];
    if (swings && !before) {
      const Event event =
          Say(world_->settings().services[service].settings.name, "the edge swings to and fro");
      Add("OSCILLATING", event, controller);
    }
    before = swings;
  }

  void WatchAttribution(size_t controller, size_t service, const Sight& sight) {
    Attribution& before = attributed_[{controller, service}];
    if (std::exchange(before, sight.cause.attribution) == sight.cause.attribution) return;
    Add("ATTRIBUTION",
        Say(world_->settings().services[service].settings.name,
            std::string(AttributionName(sight.cause.attribution))),
        controller);
  }

  bool IsOfAPerson(const Change& change) const {
    const absl::StatusOr<Ownership> owner = Ownership::Parse(change.ownership);
    return owner.ok() && of_people_.count(owner->move) > 0;
  }

  void WentBack(size_t service, const ServiceSettings& settings, bool by_person) {
    if (!by_person) Fail(absl::StrCat(settings.name, " went back by itself"));
    if (moved_.count(service) > 0) ++run_.score.flaps;
    if (by_person) away_by_itself_[service] = 0;  // that person has seen it: it may move again
  }

  void MovedAway(size_t service, const ServiceSettings& settings, const Change& change,
                 bool by_person) {
    moved_.insert(service);
    // From an exit that is dead to the next one it may always go.
    if (by_person || ExitAt(settings, change.expect)) return;
    if (++away_by_itself_[service] > 1 && !policy_.safety.unblocked) {
      Fail(absl::StrCat(settings.name, " moved a second time by itself"));
    }
  }

  void WatchVerdicts(size_t controller, size_t service, const Sight& sight) {
    for (size_t path = 0; path < sight.paths.size(); ++path) {
      const Verdict verdict = sight.paths[path].tally.verdict;
      const auto [last, is_first] =
          last_turns_.try_emplace({controller, service, path}, run_.verdicts.size());
      if (!is_first && run_.verdicts[last->second].verdict == verdict) continue;
      const absl::Duration at = std::max(Since(world_->now()), absl::ZeroDuration());
      if (!is_first && at == absl::ZeroDuration()) {
        run_.verdicts[last->second].verdict = verdict;  // nobody asks how it settled before
        continue;
      }
      last->second = run_.verdicts.size();
      run_.verdicts.push_back({.at = at,
                               .controller = controller,
                               .service = world_->settings().services[service].settings.name,
                               .path = sight.paths[path].path,
                               .verdict = verdict});
    }
  }

  // Everything that `expect` names, counted.
  ExpectationOutcome Count(const v1::ScenarioExpectation& expect) const {
    ExpectationOutcome outcome{.wanted = expect, .count = 0, .first = {}, .last = {}, .why = ""};
    for (const Happening& one : run_.timeline) {
      const bool same_service = one.service.empty() || one.service == expect.service();
      if (one.what != expect.what() || !same_service) continue;
      if (!absl::StrContains(one.text, expect.says())) continue;
      if (outcome.count++ == 0) outcome.first = one.at;
      outcome.last = one.at;
    }
    return outcome;
  }

  static std::string WhyNot(const ExpectationOutcome& seen) {
    const v1::ScenarioExpectation& expect = seen.wanted;
    if (seen.count < expect.least()) {
      return absl::StrCat("came ", seen.count, " times, wanted ", expect.least(), " or more");
    }
    if (seen.count > expect.most()) {
      return absl::StrCat("came ", seen.count, " times, at most ", expect.most(),
                          " wanted; first at ", ClockText(seen.first));
    }
    if (seen.count == 0) {
      return expect.has_by() ? absl::StrCat("did not come by ", ClockText(ToDuration(expect.by())))
                             : "";
    }
    if (expect.has_from() && seen.first < ToDuration(expect.from())) {
      return absl::StrCat("came at ", ClockText(seen.first), ", before ",
                          ClockText(ToDuration(expect.from())));
    }
    if (expect.has_by() && seen.first > ToDuration(expect.by())) {
      return absl::StrCat("came at ", ClockText(seen.first), ", after ",
                          ClockText(ToDuration(expect.by())));
    }
    if (expect.has_until() && seen.last > ToDuration(expect.until())) {
      return absl::StrCat("came, another at ", ClockText(seen.last), " (until ",
                          ClockText(ToDuration(expect.until())), ")");
    }
    return "";
  }

  void Expect(const v1::ScenarioExpectation& expect) {
    ExpectationOutcome outcome = Count(expect);
    outcome.why = WhyNot(outcome);
    if (!outcome.why.empty()) {
      const std::string says =
          expect.says().empty() ? "" : absl::StrCat(" \"", expect.says(), "\"");
      run_.failures.push_back(
          absl::StrCat(expect.what(), says, " of ", expect.service(), " ", outcome.why));
    }
    run_.expectations.push_back(std::move(outcome));
  }

  const Scenario& scenario_;
  const ReplayPolicy& policy_;
  ReplayRun& run_;
  Users users_;
  VirtualWorld* world_ = nullptr;
  Player* player_ = nullptr;
  Instant zero_;
  std::optional<size_t> exit_;  // to which DNS leads, or last did
  double worst_lately_ = 0;
  absl::Duration great_impact_;
  absl::Duration impact_at_ = -absl::Seconds(1);
  absl::Duration intent_at_ = -absl::Seconds(1);
  absl::Duration applied_at_ = -absl::Seconds(1);
  std::map<std::pair<size_t, size_t>, std::string> moves_;
  std::map<std::pair<size_t, size_t>, bool> swings_;
  std::map<std::pair<size_t, size_t>, Attribution> attributed_;
  // By controller, service and path: the last one's place among the verdicts.
  std::map<std::tuple<size_t, size_t, size_t>, size_t> last_turns_;
  std::map<std::pair<size_t, std::string>, std::string> lever_told_;
  std::set<std::string> of_people_;       // ids of moves that people asked for
  std::set<size_t> moved_;                // services that ever went to an exit
  std::map<size_t, int> away_by_itself_;  // how often from the edge, since a person's way back
};

}  // namespace

ReplayRun Replay(const Scenario& scenario, const ReplayPolicy& policy, LeverMode mode,
                 uint64_t seed) {
  ReplayRun run;
  run.mode = mode;
  run.seed = seed;
  run.covered = kWarmUp + scenario.runs_for;
  Player player(scenario, policy, mode, seed);
  Referee referee(scenario, policy, run);
  WorldSettings settings = WorldOf(scenario, policy, mode, seed);
  settings.wall_at_start = scenario.start - kWarmUp;
  VirtualWorld world(std::move(settings), player, referee);
  referee.Attach(world, player);
  player.Begin(world, referee.zero());
  const Instant end = referee.zero() + scenario.runs_for;
  while (world.now() < end) {
    world.RunFor(kSample);
    referee.Sample();
  }
  referee.Finish();
  return run;
}

std::string TimelineText(const ReplayRun& run) {
  std::string text;
  for (const Happening& one : run.timeline) {
    absl::StrAppend(&text, absl::StrFormat("  %s  %-16s  %s%s%s\n", ClockText(one.at), one.what,
                                           one.service, one.service.empty() ? "" : ": ", one.text));
  }
  return text;
}

std::vector<SheetLine> SheetOf(const std::vector<ReplayRun>& runs) {
  struct Row {
    const char* name;
    double (*of)(const Score&);
  };
  const Row kRows[] = {
      {"detect_s", [](const Score& s) { return s.detect_s; }},
      {"apply_s", [](const Score& s) { return s.apply_s; }},
      {"user_bad_minutes", [](const Score& s) { return s.user_bad_minutes; }},
      {"user_saved_minutes", [](const Score& s) { return s.user_saved_minutes; }},
      {"false_failovers", [](const Score& s) { return double(s.false_failovers); }},
      {"missed", [](const Score& s) { return double(s.missed); }},
      {"flaps", [](const Score& s) { return double(s.flaps); }},
      {"notifications", [](const Score& s) { return double(s.notifications); }},
      {"lever_calls", [](const Score& s) { return double(s.lever_calls); }},
      {"reasons_complete", [](const Score& s) { return double(s.reasons_complete); }},
  };
  std::vector<SheetLine> sheet;
  for (const Row& row : kRows) {
    std::vector<double> values;
    for (const ReplayRun& run : runs) values.push_back(row.of(run.score));
    std::sort(values.begin(), values.end());
    sheet.push_back({.name = row.name,
                     .least = values.front(),
                     .median = values[values.size() / 2],
                     .most = values.back()});
  }
  return sheet;
}

std::string SheetText(const std::vector<ReplayRun>& runs) {
  const auto words = [](double value) {
    return value == kNever ? std::string("–") : absl::StrFormat("%.1f", value);
  };
  std::string text = absl::StrFormat("  %-18s %9s %9s %9s\n", "", "least", "median", "most");
  for (const SheetLine& line : SheetOf(runs)) {
    absl::StrAppend(&text, absl::StrFormat("  %-18s %9s %9s %9s\n", line.name, words(line.least),
                                           words(line.median), words(line.most)));
  }
  return text;
}

}  // namespace lifeboat
