#ifndef LIFEBOAT_CONTROLLER_HEALTH_OBSERVATION_RECORDER_H_
#define LIFEBOAT_CONTROLLER_HEALTH_OBSERVATION_RECORDER_H_

#include <cstdint>
#include <string>

#include "absl/time/time.h"
#include "base/clock.h"
#include "controller/health/vantage_health.h"

namespace lifeboat {

// Keeps what agents tell, so that the past can be judged again under another policy. Calls return
// at once, whatever the disk does; they cannot fail. Thread-safe.
class ObservationRecorder {
 public:
  virtual ~ObservationRecorder() = default;

  virtual void Connected(const std::string& vantage, absl::Duration agent_since_boot,
                         Instant now) = 0;
  virtual void Disconnected(const std::string& vantage, Instant now) = 0;
  // As it came with a batch.
  virtual void Condition(const std::string& vantage, absl::Duration lag, bool resolvers_dead,
                         Instant now) = 0;
  // Of a target that was assigned. `counted`: false for what was late, out of order or dated into
  // the future.
  virtual void Saw(const std::string& vantage, uint32_t target, const Seen& seen, bool counted,
                   Instant now) = 0;
};

}  // namespace lifeboat

#endif  // LIFEBOAT_CONTROLLER_HEALTH_OBSERVATION_RECORDER_H_
