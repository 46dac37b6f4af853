#ifndef LIFEBOAT_CONTROLLER_HEALTH_CLOCK_OFFSET_H_
#define LIFEBOAT_CONTROLLER_HEALTH_CLOCK_OFFSET_H_

#include <deque>

#include "absl/time/time.h"
#include "base/clock.h"

namespace lifeboat {

// How far an agent's CLOCK_BOOTTIME is from ours, learnt from pings of our own: of the last few the
// one with the shortest round trip is nearest to the truth (as in RFC 5905 §10). Wall clocks, ours
// or theirs, have no part in it.
class ClockOffset {
 public:
  // What was learnt is forgotten: the agent may have another clock now.
  void Forget() { samples_.clear(), best_ = {}; }
  // A ping sent at `sent` came back at `received`, naming the agent's time.
  void Learn(Instant sent, Instant received, absl::Duration agent_since_boot);

  // Whether a ping has come back at all; before, nothing of the agent can be dated.
  bool known() const { return !samples_.empty(); }
  // The agent's moment in our time, and ours in the agent's. Only while it is known.
  Instant Ours(absl::Duration agent_since_boot) const {
    return Instant::SinceBoot(agent_since_boot - best_.offset);
  }
  absl::Duration Theirs(Instant ours) const { return ours.since_boot() + best_.offset; }
  // By how much both may err at most.
  absl::Duration error() const { return best_.error; }
  absl::Duration round_trip() const { return best_.round_trip; }

 private:
  struct Sample {
    absl::Duration round_trip = absl::InfiniteDuration();
    absl::Duration error = absl::InfiniteDuration();  // half of that
    absl::Duration offset;                            // agent's time less ours
  };
  std::deque<Sample> samples_;  // the last kSamples
  Sample best_;
};

}  // namespace lifeboat

#endif  // LIFEBOAT_CONTROLLER_HEALTH_CLOCK_OFFSET_H_
