#ifndef LIFEBOAT_AGENT_SCHEDULE_LAG_WINDOW_H_
#define LIFEBOAT_AGENT_SCHEDULE_LAG_WINDOW_H_

#include <cstddef>
#include <vector>

#include "absl/time/time.h"
#include "base/clock.h"

namespace lifeboat::agent {

// How late probes started lately: the last samples, at most kMost, none older than kHorizon.
class LagWindow {
 public:
  static constexpr size_t kMost = 4096;
  static constexpr absl::Duration Horizon() { return absl::Seconds(15); }

  void Add(Instant at, absl::Duration late);
  // The 99th percentile; of fewer than a hundred samples the worst. Zero without samples.
  absl::Duration P99(Instant now) const;

 private:
  struct Sample {
    Instant at;
    absl::Duration late;
  };
  std::vector<Sample> ring_;
  size_t next_ = 0;  // where the oldest is overwritten once the ring is full
};

}  // namespace lifeboat::agent

#endif  // LIFEBOAT_AGENT_SCHEDULE_LAG_WINDOW_H_
