#include "controller/health/observation_runs.h"

#include <algorithm>

namespace lifeboat {
namespace {

// A lag that matters differs from one that does not; within a band runs go on.
constexpr absl::Duration kLagBand = absl::Milliseconds(100);
// Longer than any jitter of a probe, beyond thrice the usual pace.
constexpr absl::Duration kSlack = absl::Seconds(1);
// Until a pace is known.
constexpr absl::Duration kMostUnknownPace = absl::Minutes(5);

RunKind KindOf(TargetRole::Kind kind) {
  if (kind == TargetRole::Kind::kPanel) return RunKind::kPanel;
  return kind == TargetRole::Kind::kVotes ? RunKind::kVotes : RunKind::kAttributes;
}

bool IsAlike(const ObservationRun& a, const ObservationRun& b) {
  const bool lags_alike = a.kind != RunKind::kCondition ||
                          absl::Floor(a.mean(), kLagBand) == absl::Floor(b.mean(), kLagBand);
  return a.probe_class == b.probe_class && a.http_status == b.http_status && a.timing == b.timing &&
         a.resolvers_dead == b.resolvers_dead && lags_alike;
}

// Whether an observation at `at` comes when the run lets one expect it.
bool KeepsPace(const ObservationRun& run, Instant at, absl::Duration most) {
  if (at < run.last) return false;
  if (most > absl::ZeroDuration()) return at - run.last <= most;
  const absl::Duration pace =
      run.count < 2 ? kMostUnknownPace : (run.last - run.first) / (run.count - 1) * 3 + kSlack;
  return at - run.last <= pace;
}

}  // namespace

absl::string_view RunKindName(RunKind kind) {
  constexpr absl::string_view kNames[] = {"VOTES",     "ATTRIBUTES", "PANEL",
                                          "CONDITION", "CONNECTED",  "DISCONNECTED"};
  return kNames[static_cast<size_t>(kind)];
}

absl::string_view TimingName(Timing timing) {
  constexpr absl::string_view kNames[] = {"FRESH", "LATE", "FUTURE"};
  return kNames[static_cast<size_t>(timing)];
}

RunCoder::RunCoder(const std::vector<TargetRole>& roles, absl::Duration longest_run)
    : longest_run_(longest_run) {
  int panel = 0;
  for (const TargetRole& role : roles) {
    ObservationRun leg{.kind = KindOf(role.kind), .service = role.service, .path = role.path};
    if (leg.kind == RunKind::kPanel) leg.panel = ++panel;
    legs_.push_back(std::move(leg));
    // One probe may end late; one that is missing ends the run, or it would be spread evenly over
    // a gap in which there was none. Below TargetRole::fresh_for.
    gaps_.push_back(1.5 * role.interval + role.timeout);
  }
}

RunCoder::Seat& RunCoder::SeatOf(const std::string& vantage) {
  Seat& seat = seats_[vantage];
  seat.open.resize(legs_.size() + 1);
  return seat;
}

void RunCoder::Connected(const std::string& vantage, absl::Duration agent_since_boot, Instant now,
                         absl::Time wall) {
  SeatOf(vantage).offset = agent_since_boot - now.since_boot();
  ended_.push_back({.vantage = vantage,
                    .kind = RunKind::kConnected,
                    .first = now,
                    .last = now,
                    .first_wall = wall,
                    .last_wall = wall});
}

void RunCoder::Disconnected(const std::string& vantage, Instant now, absl::Time wall) {
  for (std::optional<ObservationRun>& open : SeatOf(vantage).open) End(open);
  ended_.push_back({.vantage = vantage,
                    .kind = RunKind::kDisconnected,
                    .first = now,
                    .last = now,
                    .first_wall = wall,
                    .last_wall = wall});
}

void RunCoder::Condition(const std::string& vantage, absl::Duration lag, bool resolvers_dead,
                         Instant now, absl::Time wall) {
  ObservationRun next{.vantage = vantage,
                      .kind = RunKind::kCondition,
                      .resolvers_dead = resolvers_dead,
                      .first = now,
                      .first_wall = wall,
                      .total = lag};
  Add(SeatOf(vantage).open[0], std::move(next), absl::ZeroDuration());
}

void RunCoder::Saw(const std::string& vantage, uint32_t target, const Seen& seen, bool counted,
                   Instant now, absl::Time wall) {
  if (target == 0 || target > legs_.size()) return;
  Seat& seat = SeatOf(vantage);
  const Instant ended = Instant::SinceBoot(seen.ended - seat.offset);
  const ObservationRun& leg = legs_[target - 1];
  ObservationRun next{.kind = leg.kind};
  next.probe_class = seen.probe_class;
  next.http_status = seen.http_status;
  next.timing = counted ? Timing::kFresh : ended > now ? Timing::kFuture : Timing::kLate;
  // What does not count is dated by its arrival; clocks that drift apart date nothing ahead.
  next.first = counted ? std::min(ended, now) : now;
  next.first_wall = wall - (now - next.first);
  next.total = seen.latency;
  if (!Add(seat.open[target], std::move(next), gaps_[target - 1])) return;
  // Its names are for those who read it: most observations only lengthen a run.
  ObservationRun& begun = *seat.open[target];
  begun.vantage = vantage;
  begun.service = leg.service;
  begun.path = leg.path;
  begun.panel = leg.panel;
}

bool RunCoder::Add(std::optional<ObservationRun>& open, ObservationRun next, absl::Duration most) {
  next.last = next.first;
  next.last_wall = next.first_wall;
  next.shortest = next.longest = next.total;
  if (!open || !IsAlike(*open, next) || !KeepsPace(*open, next.first, most)) {
    End(open);
    open = std::move(next);
    return true;
  }
  ++open->count;
  open->last = next.last;
  open->last_wall = next.last_wall;
  open->shortest = std::min(open->shortest, next.shortest);
  open->longest = std::max(open->longest, next.longest);
  open->total += next.total;
  return false;
}

void RunCoder::End(std::optional<ObservationRun>& open) {
  if (open) ended_.push_back(*std::move(open));
  open.reset();
}

std::vector<ObservationRun> RunCoder::TakeEnded(Instant now) {
  for (auto& [vantage, seat] : seats_) {
    for (std::optional<ObservationRun>& open : seat.open) {
      if (open && now - open->first >= longest_run_) End(open);
    }
  }
  return std::exchange(ended_, {});
}

std::vector<ObservationRun> RunCoder::TakeAll() {
  for (auto& [vantage, seat] : seats_) {
    for (std::optional<ObservationRun>& open : seat.open) End(open);
  }
  return std::exchange(ended_, {});
}

}  // namespace lifeboat
