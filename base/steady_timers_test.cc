#include "base/steady_timers.h"

#include <atomic>
#include <memory>
#include <string>

#include "base/testing/eventually.h"
#include "gtest/gtest.h"

namespace lifeboat {
namespace {

class SteadyTimersTest : public testing::Test {
 protected:
  SystemClock clock_;
  Mutex mutex_;
  std::string ran_ GUARDED_BY(mutex_);
  std::unique_ptr<SteadyTimers> timers_ = std::make_unique<SteadyTimers>(clock_);

  SteadyTimers::Handle Append(absl::Duration delay, char letter) {
    return timers_->RunAfter(delay, [this, letter] {
      MutexLock lock(mutex_);
      ran_ += letter;
    });
  }
  std::string Ran() {
    MutexLock lock(mutex_);
    return ran_;
  }
};

TEST_F(SteadyTimersTest, RunsInTheOrderOfDeadlines) {
  Append(absl::Milliseconds(60), 'c');
  Append(absl::Milliseconds(30), 'b');
  Append(-absl::Seconds(1), 'a');
  EXPECT_TRUE(Eventually([&] { return Ran().size() == 3; }));
  EXPECT_EQ(Ran(), "abc");
}

TEST_F(SteadyTimersTest, NothingRunsBeforeItsTime) {
  const Instant start = clock_.Now();
  std::atomic<bool> early = false;
  timers_->RunAfter(absl::Milliseconds(20), [&] {
    early = clock_.Now() - start < absl::Milliseconds(20);
    MutexLock lock(mutex_);
    ran_ = "x";
  });
  EXPECT_TRUE(Eventually([&] { return Ran() == "x"; }));
  EXPECT_FALSE(early);
}

TEST_F(SteadyTimersTest, WhatIsCancelledNeverRunsAndWhatRanCannotBe) {
  const auto never = Append(absl::Milliseconds(20), 'x');
  EXPECT_TRUE(timers_->Cancel(never));
  EXPECT_FALSE(timers_->Cancel(never));
  const auto soon = Append(absl::ZeroDuration(), 'a');
  EXPECT_TRUE(Eventually([&] { return Ran() == "a"; }));
  EXPECT_FALSE(timers_->Cancel(soon));
}

TEST_F(SteadyTimersTest, ATaskMaySetAnother) {
  timers_->RunAfter(absl::ZeroDuration(), [this] { Append(absl::ZeroDuration(), 'b'); });
  EXPECT_TRUE(Eventually([&] { return Ran() == "b"; }));
}

TEST_F(SteadyTimersTest, EndsWithoutWaitingForWhatIsFarAway) {
  Append(absl::Hours(1), 'x');
  timers_.reset();
  EXPECT_EQ(Ran(), "");
}

}  // namespace
}  // namespace lifeboat
