#ifndef LIFEBOAT_CONTROLLER_HEALTH_OSCILLATION_H_
#define LIFEBOAT_CONTROLLER_HEALTH_OSCILLATION_H_

#include <array>

#include "base/clock.h"
#include "controller/health/health_rule.h"

namespace lifeboat {

// Whether one vantage's path swings to and fro. It is told, after each result, whether the path's
// filter says DOWN. A phase counts once it has lasted `min_phase`, as from its beginning; a shorter
// one belongs to the phase around it. Three counted reversals within the window make it oscillate;
// it stops once the last counted phase has been UP for a whole window.
//
// What it means for the vote: in a good phase the vote is OSCILLATING, for the path cannot be
// relied on: no failback, and an intent made before stands. In a bad phase the vote is DOWN, as it
// would be without: a path that oscillated and then stays bad must still be left (S15 did so after
// 85 minutes), and DOWN through the hold is what makes an intent, never the oscillation.
class OscillationWatch {
 public:
  // `rule` outlives it.
  explicit OscillationWatch(const OscillationRule& rule) : rule_(&rule) {}
  explicit OscillationWatch(OscillationRule&&) = delete;

  void Push(bool down, Instant at);
  bool Oscillating(Instant now) const { return oscillating_ && !Calm(now); }

 private:
  void CountPhase();
  bool Calm(Instant now) const;

  const OscillationRule* rule_;
  bool begun_ = false;
  bool down_ = false;  // the present phase
  Instant since_;      // likewise
  bool counted_any_ = false;
  bool counted_down_ = false;  // the last phase that counts
  Instant counted_since_;      // likewise
  bool oscillating_ = false;   // since the last reversal that counts
  int reversals_ = 0;          // ever; the last 8 are kept
  std::array<Instant, 8> reversed_at_;
};

}  // namespace lifeboat

#endif  // LIFEBOAT_CONTROLLER_HEALTH_OSCILLATION_H_
