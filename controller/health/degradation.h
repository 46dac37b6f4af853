#ifndef LIFEBOAT_CONTROLLER_HEALTH_DEGRADATION_H_
#define LIFEBOAT_CONTROLLER_HEALTH_DEGRADATION_H_

#include <array>
#include <cstdint>
#include <string>

#include "base/clock.h"
#include "controller/health/health_rule.h"
#include "controller/health/sliced_count.h"
#include "controller/health/window_filters.h"

namespace lifeboat {

// Whether a path that serves, serves badly: some results fail, or it is slow. It looks further back
// than a filter does and moves nothing; it is for people, so it would rather be calm than quick.
class DegradationWatch {
 public:
  // `rule` outlives it.
  explicit DegradationWatch(const DegradationRule& rule);
  explicit DegradationWatch(DegradationRule&&) = delete;

  // The next result, the oldest first; `latency` of the whole probe, which counts if it was good.
  void Push(Result result, absl::Duration latency, Instant at);
  // The filter says DOWN at `at`: the failures that led to it are judged. (A rule may want them
  // kept.) What had been failing for a window before goes on when the filter is UP again: a
  // brownout is not over because for a moment it was worse.
  void ForgetFailures(Instant at);

  bool degraded() const { return failing_ || slow_; }
  // What is wrong, for people: "2 of 300 bad within 10m"; empty if nothing.
  std::string Words() const;

 private:
  void PushFailing(bool bad, Instant at);
  void PushLatency(bool called_slow, absl::Duration latency, Instant at);
  bool TooManyFailures(Instant at) const;
  void LearnUsual(double milliseconds, Instant at);

  const DegradationRule* rule_;
  bool failing_ = false;
  bool slow_ = false;
  Instant failing_since_;  // only while `failing_`

  int bad_ever_ = 0;
  int good_run_ = 0;  // at most `clean`

  // The usual latency is a running median: each good result moves it a little towards itself, an
  // hour of them by a factor e at most, while it is slow an eighth of that, so that an evening's
  // trouble does not become the usual and a longer way to a new place does, within the day.
  double usual_ms_ = 0;
  int learned_ = 0;         // good results, at most 32; before that nothing is called slow
  uint32_t slow_bits_ = 0;  // the last 32 good results, newest in bit 0
  Instant learned_at_;

  SlicedCount recent_;
  std::array<Instant, 4> bad_at_;  // the last ones
};

}  // namespace lifeboat

#endif  // LIFEBOAT_CONTROLLER_HEALTH_DEGRADATION_H_
