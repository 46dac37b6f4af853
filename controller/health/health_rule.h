#ifndef LIFEBOAT_CONTROLLER_HEALTH_HEALTH_RULE_H_
#define LIFEBOAT_CONTROLLER_HEALTH_HEALTH_RULE_H_

#include <variant>

#include "absl/time/time.h"

namespace lifeboat {

// DOWN once `k` of the last `n` results are bad; UP again after `recover` good ones in a row.
struct KOfN {
  int k = 3;
  int n = 4;  // at most 64
  int recover = 4;
};

// DOWN after `fall` bad results in a row, UP after `rise` good ones in a row.
struct Run {
  int fall = 3;
  int rise = 3;
};

// DOWN while the share of bad results within `window` is at least `threshold`, UP while it is less.
// A window that holds fewer than `minimum` results judges nothing. It slides by sixteenths.
struct Rate {
  absl::Duration window = absl::Seconds(30);
  int minimum = 5;
  double threshold = 0.5;
};

// DOWN once the score reaches `trip`, UP once it is down to `clear`. The score is the share of bad
// results, each of which weighs half as much a half-life later.
struct Leaky {
  absl::Duration half_life = absl::Seconds(5);
  double trip = 0.6;
  double clear = 0.2;  // below trip
};

// DOWN at a bad result more than `after` later than the last good one, UP at the next good one.
struct Silence {
  absl::Duration after = absl::Seconds(30);
};

// DOWN for a while after `fall` bad results in a row, whatever comes meanwhile; then UP, and
// counted afresh. The while is `base` × the times it was ejected, at most `most`; each `forgive`
// that passes while it is not ejected takes one time off.
struct Ejection {
  int fall = 5;
  absl::Duration base = absl::Seconds(30);
  absl::Duration most = absl::Seconds(300);
  absl::Duration forgive = absl::Seconds(10);
};

using FilterRule = std::variant<KOfN, Run, Rate, Leaky, Silence, Ejection>;

// When a path that serves, serves badly. Each half has its hysteresis, so that a brownout makes one
// change of state and not one for each failure.
struct DegradationRule {
  // DEGRADED once at least `failures`, and at least `share`, of the results within `window` are
  // bad; no more after `clean` good ones in a row and `clean_for` without a bad one. The defaults
  // stay through gaps of 20 minutes: at 1 failure in 200 probes, one each 2 s, that is 1 gap in 20.
  // The third failure of an outage makes the default filter say DOWN, not this say DEGRADED before
  // it.
  int failures = 3;  // 0: never; at most 4
  double share = 0.001;
  absl::Duration window = absl::Minutes(15);
  int clean = 30;
  absl::Duration clean_for = absl::Minutes(20);
  // Whether failures that made the filter say DOWN keep the path DEGRADED once it is back.
  bool failures_outlast_down = false;
  // DEGRADED once half of the last 32 good results are slow; no more once an eighth or less are.
  // Slow is what took more than its `slow_after`, or `slow_ratio` × what is usual for this vantage
  // on this path and `slow_margin` more than that.
  double slow_ratio = 1.6;  // 0: only what the agent calls SLOW
  absl::Duration slow_margin = absl::Milliseconds(10);
};

// When health swings to and fro.
struct OscillationRule {
  absl::Duration window = absl::Minutes(15);     // reversals are counted within it
  absl::Duration min_phase = absl::Seconds(60);  // phases shorter than this are not counted
  int reversals = 3;                             // so many are too many; at most 8
};

// How one vantage's results on one path become its health there.
struct HealthRule {
  FilterRule filter;
  DegradationRule degradation;
  OscillationRule oscillation;
};

}  // namespace lifeboat

#endif  // LIFEBOAT_CONTROLLER_HEALTH_HEALTH_RULE_H_
