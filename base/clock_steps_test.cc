#include "base/clock_steps.h"

#include <atomic>

#include "gtest/gtest.h"

namespace lifeboat {
namespace {

// A real step needs a right that tests do not have, and would hurt their neighbours.
TEST(ClockStepsTest, AClockThatNobodySetsIsNotToldAndTheWatchEnds) {
  const SystemClock clock;
  std::atomic<int> steps = 0;
  {
    const ClockSteps watch(clock, [&](absl::Duration) { ++steps; });
    EXPECT_TRUE(watch.watching());
  }
  EXPECT_EQ(steps, 0);
}

}  // namespace
}  // namespace lifeboat
