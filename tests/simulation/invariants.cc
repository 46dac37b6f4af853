#include "tests/simulation/invariants.h"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "absl/strings/str_cat.h"
#include "controller/replay/virtual_controller.h"
#include "tests/simulation/slow_tally.h"

// What is seen at each step. Moves are in invariants_moves.cc, events in invariants_events.cc, what
// must be so at rest in invariants_rest.cc.
namespace lifeboat {
namespace {

constexpr size_t kFactsKept = 8;
// From the outage on: opening, fetching, recording and what is sent there and back.
constexpr absl::Duration kActs = absl::Seconds(12);

// Whether those that vote carry a DOWN when each says whether its vote `fails`, and some does.
template <typename Fails>
bool SlowlyCarried(const QuorumPolicy& policy, Ballots ballots, const Fails& fails) {
  bool any = false;
  for (Ballot& ballot : ballots) {
    VoteKind& kind = ballot.vote.kind;
    if (kind == VoteKind::kAbstain) continue;
    kind = fails(ballot.vote) ? VoteKind::kDown : VoteKind::kUp;
    any |= kind == VoteKind::kDown;
  }
  return any && SlowTally(policy, ballots) == Verdict::kDown;
}

bool SlowlyOscillates(const QuorumPolicy& policy, const Ballots& ballots) {
  return SlowlyCarried(policy, ballots,
                       [](const Vote& vote) { return vote.kind == VoteKind::kOscillating; });
}

// Whether it is DOWN by the newest results too, and not only by what filters remember.
bool SlowlyStillFails(const QuorumPolicy& policy, const Ballots& ballots) {
  return SlowlyCarried(policy, ballots, [](const Vote& vote) {
    const std::optional<Evidence>& newest = vote.by_name;
    const bool served = newest && (newest->probe_class == ProbeClass::kOk ||
                                   newest->probe_class == ProbeClass::kSlow);
    return vote.kind == VoteKind::kDown && !served;
  });
}

}  // namespace

Invariants::Invariants(const Installation& installation, const Truth& truth, bool digests)
    : installation_(installation),
      truth_(truth),
      digests_(digests),
      courses_(installation.settings.services.size() *
               static_cast<size_t>(installation.settings.controllers)),
      ledgers_(installation.settings.services.size()) {
  const WorldSettings& settings = installation.settings;
  for (int i = 0; i < settings.controllers; ++i) twins_.emplace_back(settings, truth);
  for (const WorldSettings::Service& service : settings.services) {
    const size_t paths = 1 + service.settings.exits.size();
    std::vector<size_t>& targets = targets_.emplace_back();
    for (size_t i = 0; i < settings.roles.size(); ++i) {
      const TargetRole& role = settings.roles[i];
      if (role.service == service.settings.name && role.kind == TargetRole::Kind::kVotes) {
        targets.push_back(i);
      }
    }
    for (size_t i = 0; i < static_cast<size_t>(settings.controllers); ++i) {
      CourseOf(i, targets_.size() - 1).paths.resize(paths);
    }
  }
}

void Invariants::Attach(VirtualWorld& world) {
  world_ = &world;
  for (size_t i = 0; i < ledgers_.size(); ++i) {
    ledgers_[i].dns = world.ZoneOf(i).Get(SettingsOf(i).hostname);
  }
}

void Invariants::Break(const std::string& words) {
  if (violations_.size() >= 20) return;
  const absl::Duration at = world_ ? world_->now() - world_->start() : absl::ZeroDuration();
  violations_.push_back(absl::StrCat(
      words, " (", absl::FormatDuration(absl::Trunc(at, absl::Milliseconds(1))), " in)"));
}

void Invariants::Digest(absl::string_view text) {
  for (const char c : text) {
    digest_ = (digest_ ^ static_cast<unsigned char>(c)) * 1099511628211u;
  }
}

size_t Invariants::ServiceOf(const std::string& hostname) const {
  size_t i = 0;
  while (i < ledgers_.size() && SettingsOf(i).hostname != hostname) ++i;
  return i;
}

size_t Invariants::ServiceByName(const std::string& name) const {
  size_t i = 0;
  while (i < ledgers_.size() && SettingsOf(i).name != name) ++i;
  return i;
}

const Invariants::Facts* Invariants::FactsBefore(const Course& course, Instant at) const {
  const Facts* found = nullptr;
  for (const Facts& facts : course.judged) {
    if (facts.at <= at) found = &facts;
  }
  return found;
}

void Invariants::Started(size_t controller) {
  twins_[controller].Forget();
  for (size_t i = 0; i < ledgers_.size(); ++i) {
    Course& course = CourseOf(controller, i);
    for (PathFacts& path : course.paths) path = PathFacts{};
    course.judged.clear();
    course.last_fault.reset();
  }
  alarms_.clear();
  states_.clear();
}

void Invariants::Delivered(size_t controller, const Delivery& delivery) {
  twins_[controller].Delivered(delivery, world_->now());
}

void Invariants::CheckVotes(size_t controller, size_t service, const Sight& sight) {
  for (size_t path = 0; path < sight.paths.size(); ++path) {
    const Ballots& ballots = sight.paths[path].ballots;
    for (size_t vantage = 0; vantage < ballots.size(); ++vantage) {
      const std::string wrong = twins_[controller].Contradiction(vantage, targets_[service][path],
                                                                 ballots[vantage].vote, sight.now);
      if (wrong.empty()) continue;
      Break(absl::StrCat("votes by what arrived: ", ballots[vantage].vantage.name, " on ",
                         SettingsOf(service).name, " ", sight.paths[path].path.ToString(), ": ",
                         wrong));
    }
  }
}

void Invariants::CheckAttribution(size_t service, const Sight& sight, Facts& facts) {
  std::vector<Verdict> exits;
  std::vector<const Ballots*> exit_ballots;
  for (size_t i = 1; i < sight.paths.size(); ++i) {
    exits.push_back(facts.paths[i].verdict);
    exit_ballots.push_back(&sight.paths[i].ballots);
  }
  facts.attribution = SlowAttribution(SettingsOf(service).quorum, facts.paths[0].verdict,
                                      sight.edge().ballots, exits, exit_ballots, sight.exits);
  if (facts.attribution == sight.cause.attribution) return;
  Break(absl::StrCat("whose fault it is: ", AttributionName(sight.cause.attribution), " and not ",
                     AttributionName(facts.attribution)));
}

void Invariants::Evaluated(size_t controller, size_t service, const Sight& sight,
                           const Failover& /*core*/) {
  Course& course = CourseOf(controller, service);
  const QuorumPolicy& policy = SettingsOf(service).quorum;
  for (size_t i = 0; i < sight.paths.size(); ++i) {
    PathFacts& path = course.paths[i];
    path.verdict = SlowTally(policy, sight.paths[i].ballots);
    if (path.verdict != sight.paths[i].tally.verdict) {
      Break(absl::StrCat("quorum: ", VerdictName(sight.paths[i].tally.verdict), " and not ",
                         VerdictName(path.verdict), " of ", sight.paths[i].path.ToString()));
    }
    path.oscillates = SlowlyOscillates(policy, sight.paths[i].ballots);
    if (path.verdict != Verdict::kDown) path.down_since.reset();
    if (path.verdict == Verdict::kDown && !path.down_since) path.down_since = sight.now;
    if (path.verdict != Verdict::kUp) path.clean_since.reset();
    if (path.verdict == Verdict::kUp && !path.clean_since) path.clean_since = sight.now;
  }
  CheckVotes(controller, service, sight);
  Facts facts{.at = sight.now, .paths = course.paths};
  CheckAttribution(service, sight, facts);
  if (facts.paths[0].verdict == Verdict::kDown && SlowlyStillFails(policy, sight.edge().ballots)) {
    course.last_fault = facts.attribution;
  }
  facts.last_fault = course.last_fault;
  for (const ExitTarget& target : SettingsOf(service).exits) {
    const auto& names = installation_.settings.exits;
    const auto at = std::find(names.begin(), names.end(), target.name) - names.begin();
    const VirtualExit& exit = world_->exit(static_cast<size_t>(at));
    facts.reachable.push_back(exit.Hears() && exit.tunnel_up);
    facts.dark.push_back(!exit.open.contains(SettingsOf(service).name));
    if (exit.Hears()) facts.highest = std::max(facts.highest, exit.highest_epoch);
  }
  facts.whole =
      std::all_of(sight.edge().ballots.begin(), sight.edge().ballots.end(),
                  [](const Ballot& ballot) { return ballot.vote.kind != VoteKind::kAbstain; });
  course.judged.push_back(std::move(facts));
  if (course.judged.size() > kFactsKept) course.judged.pop_front();
  CheckLiveness(service);
}

// A failure that everybody sees is answered in time, where nothing stands in the way.
void Invariants::CheckLiveness(size_t service) {
  const Truth::Service& truth = truth_.services[service];
  Ledger& ledger = ledgers_[service];
  if (!truth.fails_since || ledger.answered) return;
  const ServiceSettings& settings = SettingsOf(service);
  const absl::Duration within = installation_.detection + settings.quorum.hold + kActs +
                                installation_.settings.servers_behind;
  if (world_->now() - *truth.fails_since < within) return;
  ledger.answered = true;
  if (world_->InDns(service) == settings.edge_records) {
    Break(absl::StrCat("liveness: the edge of ", settings.name, " has failed for everybody for ",
                       absl::FormatDuration(within), ", and nothing has moved"));
  }
}

void Invariants::Called(size_t controller, size_t lever, const Change* change) {
  if (change == nullptr) return;
  if (digests_) Digest(absl::StrCat("call ", lever, " ", change->ownership));
  const size_t service = ServiceOf(change->hostname);
  if (service == ledgers_.size()) return Break("a lever is pulled for a name that is nobody's");
  CheckPull(controller, service, *change);
}

void Invariants::Arrived(size_t lever, const Change& change, bool made) {
  if (digests_) Digest(absl::StrCat("arrived ", lever, " ", made, " ", change.ownership));
  const size_t service = ServiceOf(change.hostname);
  if (!made || service == ledgers_.size()) return;
  Ledger& ledger = ledgers_[service];
  // Before it was made the zone said what the change expected.
  const absl::StatusOr<Ownership> before = Ownership::Parse(change.expect_ownership);
  const absl::StatusOr<Ownership> after = Ownership::Parse(change.ownership);
  if (!after.ok()) return Break("the ownership record is written in a form that nobody can read");
  if (!change.expect_ownership.empty() && !before.ok()) {
    Break("a record that belongs to somebody else is overwritten");
  }
  if (before.ok() && after->epoch < before->epoch) {
    Break(absl::StrCat("epoch: ", after->epoch.ToString(), " has written over ",
                       before->epoch.ToString()));
  }
  if (!ledger.claims.insert(change.ownership).second) {
    Break("two ownership records are alike, so that a late packet could match");
  }
  const Truth::Service& truth = truth_.services[service];
  const ServiceRecord& record = world_->controller(0).journal().services[SettingsOf(service).name];
  const bool ours = change.expect == SettingsOf(service).RecordsOf(record.serves);
  if (truth.edited && !ours && change.records != change.expect && change.expect == truth.edit) {
    Break(absl::StrCat("what a person set by hand at ", change.hostname, " is overwritten"));
  }
}

}  // namespace lifeboat
