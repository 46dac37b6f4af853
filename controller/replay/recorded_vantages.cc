#include "controller/replay/recorded_vantages.h"

#include <algorithm>
#include <utility>

namespace lifeboat {
namespace {

// Beyond any tolerance for clocks, so that what came from the future comes from there again.
constexpr absl::Duration kFuture = absl::Seconds(2);
// How long a vantage whose clock was ahead stays doubtful, and a little more.
constexpr absl::Duration kSkewForgotten = absl::Minutes(2);

constexpr int kMostPanel = 100;

std::vector<TargetRole> WithoutPanel(std::vector<TargetRole> roles) {
  roles.erase(
      std::remove_if(roles.begin(), roles.end(),
                     [](const TargetRole& role) { return role.kind == TargetRole::Kind::kPanel; }),
      roles.end());
  return roles;
}

std::optional<TargetRole> PanelOf(const std::vector<TargetRole>& roles) {
  for (const TargetRole& role : roles) {
    if (role.kind == TargetRole::Kind::kPanel) return role;
  }
  return std::nullopt;
}

RunKind KindOf(TargetRole::Kind kind) {
  if (kind == TargetRole::Kind::kPanel) return RunKind::kPanel;
  return kind == TargetRole::Kind::kVotes ? RunKind::kVotes : RunKind::kAttributes;
}

}  // namespace

RecordedVantages::RecordedVantages(std::vector<Vantage> vantages, std::vector<TargetRole> roles)
    : vantages_(std::move(vantages)), legs_(WithoutPanel(roles)), panel_(PanelOf(roles)) {
  for (size_t i = 0; i < vantages_.size(); ++i) seats_[vantages_[i].name] = i;
  Begin(0);
}

void RecordedVantages::Begin(int panel) {
  roles_ = legs_;
  targets_.clear();
  panel = std::clamp(panel, 0, kMostPanel);
  // As it was: by today's number of control targets a vantage of then might abstain.
  if (panel_) roles_.insert(roles_.end(), static_cast<size_t>(panel), *panel_);
  int number = 0;
  for (size_t i = 0; i < roles_.size(); ++i) {
    const TargetRole& role = roles_[i];
    const bool is_panel = role.kind == TargetRole::Kind::kPanel;
    targets_[Leg(KindOf(role.kind), role.service, role.path, is_panel ? ++number : 0)] =
        static_cast<uint32_t>(i + 1);
  }
  healths_.clear();
  for (size_t i = 0; i < vantages_.size(); ++i) healths_.emplace_back(roles_);
}

std::optional<RecordedVantages::Place> RecordedVantages::PlaceOf(const ObservationRun& run) const {
  const auto seat = seats_.find(run.vantage);
  if (seat == seats_.end()) return std::nullopt;
  const bool is_leg = run.kind == RunKind::kVotes || run.kind == RunKind::kAttributes ||
                      run.kind == RunKind::kPanel;
  if (!is_leg) return Place{.vantage = seat->second, .target = 0};
  const auto target = targets_.find(Leg(run.kind, run.service, run.path, run.panel));
  if (target == targets_.end()) return std::nullopt;
  return Place{.vantage = seat->second, .target = target->second};
}

bool RecordedVantages::Take(const RunSpreader::One& one, Place place) {
  VantageHealth& health = healths_[place.vantage];
  const ObservationRun& run = *one.run;
  if (run.kind == RunKind::kDisconnected) {
    health.Disconnect();
    return true;
  }
  // Its stream may have come up before what is kept begins.
  if (!health.connected()) {
    health.Connect(++connections_);
    health.Pong(one.at, one.at, one.at.since_boot());  // what is kept is dated in our time
  }
  if (run.kind == RunKind::kConnected) return true;
  if (run.kind == RunKind::kCondition) {
    health.TakeCondition(run.mean(), run.resolvers_dead, 0);
    return false;
  }
  return TakeProbe(run, place, one.at);
}

bool RecordedVantages::TakeProbe(const ObservationRun& run, Place place, Instant now) {
  Instant ended = now;
  if (run.timing == Timing::kLate) {
    ended = now - roles_[place.target - 1].fresh_for() - absl::Seconds(1);
  } else if (run.timing == Timing::kFuture) {
    ended = now + kFuture;
  }
  const Seen seen{.probe_class = run.probe_class,
                  .http_status = run.http_status,
                  .latency = run.mean(),
                  .ended = ended.since_boot()};
  bool changed = false;
  healths_[place.vantage].Take(place.target, seen, now, changed);
  return changed;
}

uint32_t RecordedVantages::VotingTarget(const std::string& service, const Path& path) const {
  const auto target = targets_.find(Leg(RunKind::kVotes, service, path, 0));
  return target == targets_.end() ? 0 : target->second;
}

std::vector<Standing> RecordedVantages::StandingsAt(uint32_t target, Instant now) const {
  std::vector<Standing> standings;
  standings.reserve(healths_.size());
  for (const VantageHealth& health : healths_) standings.push_back(health.StandingAt(target, now));
  return standings;
}

absl::Duration RecordedVantages::longest_silence() const {
  absl::Duration longest;
  for (const TargetRole& role : roles_) longest = std::max(longest, role.fresh_for());
  return longest + kSkewForgotten;
}

Ballots RecordedVantages::BallotsOn(const std::string& service, const Path& path,
                                    Instant now) const {
  Ballots ballots;
  ballots.reserve(vantages_.size());
  for (size_t i = 0; i < vantages_.size(); ++i) {
    ballots.push_back({.vantage = vantages_[i], .vote = healths_[i].VoteOn(service, path, now)});
  }
  return ballots;
}

std::vector<VantageSnapshot> RecordedVantages::Vantages(Instant now) const {
  std::vector<VantageSnapshot> snapshots;
  for (size_t i = 0; i < vantages_.size(); ++i) {
    VantageSnapshot snapshot;
    snapshot.vantage = vantages_[i];
    snapshot.connected = healths_[i].connected();
    snapshot.abstention = healths_[i].Condition(now, snapshot.why);
    snapshots.push_back(std::move(snapshot));
  }
  return snapshots;
}

}  // namespace lifeboat
