#include "base/clock_kicker.h"

#include <poll.h>

#include <atomic>
#include <memory>
#include <vector>

#include "base/clock.h"
#include "base/testing/eventually.h"
#include "base/testing/wall_clock_step.h"
#include "grpc/support/time.h"
#include "grpcpp/alarm.h"
#include "gtest/gtest.h"

namespace lifeboat {
namespace {

// Alarms of gRPC, every 100 ms for a second.
class Alarms {
 public:
  Alarms() {
    for (int i = 1; i <= kCount; ++i) {
      alarms_.push_back(std::make_unique<grpc::Alarm>());
      alarms_.back()->Set(
          gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), gpr_time_from_millis(i * 100, GPR_TIMESPAN)),
          [this](bool) { ++fired_; });
    }
  }
  bool AllFireWithin(absl::Duration limit) {
    return Eventually([this] { return fired_ == kCount; }, limit);
  }

 private:
  static constexpr int kCount = 10;
  std::atomic<int> fired_ = 0;
  std::vector<std::unique_ptr<grpc::Alarm>> alarms_;
};

TEST(ClockKickerTest, AlarmsFireInTimeAfterTheWallClockWasSetBack) {
  const ClockKicker kicker;
  // Each round at another moment between kicks and alarms.
  for (int round = 0; round < 5; ++round) {
    Alarms alarms;
    poll(nullptr, 0, 37 * round);
    StepWallClock(-3600);
    EXPECT_TRUE(alarms.AllFireWithin(absl::Milliseconds(1500))) << "round " << round;
  }
}

// If this fails the remedy may be superfluous, or the stepped clock of the test does not step.
TEST(ClockKickerTest, WithoutItTheyWaitAsLongAsTheStep) {
  const SystemClock clock;
  grpc_init();
  {
    Alarms alarms;
    poll(nullptr, 0, 50);  // the timer thread waits for the first one by now
    StepWallClock(-2);
    const Instant start = clock.Now();
    EXPECT_TRUE(alarms.AllFireWithin(absl::Seconds(10)));
    EXPECT_GE(clock.Now() - start, absl::Seconds(2));
  }
  grpc_shutdown();
}

}  // namespace
}  // namespace lifeboat
