#include "base/clock.h"

#include <time.h>

namespace lifeboat {
namespace {

timespec Read(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);  // cannot fail for these two clocks
  return now;
}

}  // namespace

Instant SystemClock::Now() const {
  return Instant::SinceBoot(absl::DurationFromTimespec(Read(CLOCK_BOOTTIME)));
}

absl::Time SystemClock::WallNow() const { return absl::TimeFromTimespec(Read(CLOCK_REALTIME)); }

}  // namespace lifeboat
