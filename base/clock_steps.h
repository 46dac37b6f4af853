#ifndef LIFEBOAT_BASE_CLOCK_STEPS_H_
#define LIFEBOAT_BASE_CLOCK_STEPS_H_

#include <functional>
#include <thread>

#include "absl/time/time.h"
#include "base/clock.h"
#include "base/descriptor.h"

namespace lifeboat {

// Tells when somebody sets the wall clock (a person, NTP at start, an attacker on the way of NTP).
// Slewing is not a step and not told.
class ClockSteps {
 public:
  // `on_step` runs on a thread of its own, right after the step, with how far the clock jumped;
  // negative for back. `clock` outlives the watch.
  ClockSteps(const Clock& clock, std::function<void(absl::Duration step)> on_step);
  ~ClockSteps();
  ClockSteps(const ClockSteps&) = delete;
  ClockSteps& operator=(const ClockSteps&) = delete;

  // False when the system had no descriptors for it at the start: then no step is told.
  bool watching() const { return thread_.joinable(); }

 private:
  void Run();
  absl::Duration WallMinusBoot() const;

  const Clock& clock_;
  const std::function<void(absl::Duration)> on_step_;
  const Descriptor timer_;
  const Descriptor stop_;
  absl::Duration wall_minus_boot_;  // watching thread only
  std::thread thread_;
};

}  // namespace lifeboat

#endif  // LIFEBOAT_BASE_CLOCK_STEPS_H_
