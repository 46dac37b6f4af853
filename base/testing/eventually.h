#ifndef LIFEBOAT_BASE_TESTING_EVENTUALLY_H_
#define LIFEBOAT_BASE_TESTING_EVENTUALLY_H_

#include <poll.h>

#include <functional>

#include "absl/time/time.h"
#include "base/clock.h"

namespace lifeboat {

// Whether `condition` comes true within `limit`; it is asked every few milliseconds. For tests of
// what happens on other threads.
inline bool Eventually(const std::function<bool()>& condition,
                       absl::Duration limit = absl::Seconds(10)) {
  const SystemClock clock;
  const Instant end = clock.Now() + limit;
  while (!condition()) {
    if (clock.Now() > end) return condition();
    poll(nullptr, 0, 2);
  }
  return true;
}

}  // namespace lifeboat

#endif  // LIFEBOAT_BASE_TESTING_EVENTUALLY_H_
