#ifndef LIFEBOAT_CONTROLLER_HEALTH_CLOCK_OFFSET_H_
#define LIFEBOAT_CONTROLLER_HEALTH_CLOCK_OFFSET_H_

#include <deque>
#include <optional>

#include "absl/time/time.h"
#include "base/clock.h"

namespace lifeboat {

// How far an agent's CLOCK_BOOTTIME is from ours, learnt from pings of our own: of the last few the
// one with the shortest round trip is nearest to the truth (as in RFC 5905 §10). Wall clocks, ours
// or theirs, have no part in it.
class ClockOffset {
 public:
  // A message in which the agent named its time arrived now: a first guess, until a ping returns.
  void Guess(absl::Duration agent_since_boot, Instant received);
  // A ping sent at `sent` came back at `received`, naming the agent's time.
  void Learn(Instant sent, Instant received, absl::Duration agent_since_boot);

  // The agent's moment in our time. The error is at most half of `round_trip`.
  Instant Ours(absl::Duration agent_since_boot) const;
  absl::Duration round_trip() const { return best_.round_trip; }
  bool known() const { return known_; }

 private:
  struct Sample {
    absl::Duration round_trip = absl::InfiniteDuration();
    absl::Duration offset;  // agent's time less ours
  };
  std::deque<Sample> samples_;  // the last kSamples
  Sample best_;
  bool known_ = false;
};

}  // namespace lifeboat

#endif  // LIFEBOAT_CONTROLLER_HEALTH_CLOCK_OFFSET_H_
