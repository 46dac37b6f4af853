#include "agent/schedule/schedule.h"

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <vector>

#include "gtest/gtest.h"

namespace lifeboat::agent {
namespace {

constexpr absl::Duration Interval() { return absl::Seconds(2); }
constexpr absl::Duration Step() { return absl::Milliseconds(1); }

// Drives a schedule on virtual time; each probe takes `takes`.
class ScheduleTest : public testing::Test {
 protected:
  void RunFor(absl::Duration span, absl::Duration takes = absl::Milliseconds(100)) {
    const Instant end = now_ + span;
    for (; now_ < end; now_ = now_ + Step()) {
      stalls_ += schedule_.Turn(now_).has_value();
      while (!ending_.empty() && ending_.begin()->first <= now_) {
        running_.erase(ending_.begin()->second);
        schedule_.Finished(ending_.begin()->second, now_);
        ending_.erase(ending_.begin());
      }
      while (const auto key = schedule_.StartDue(now_)) {
        EXPECT_TRUE(running_.insert(*key).second) << "two of target " << *key << " at once";
        starts_[*key].push_back(now_);
        ending_.emplace(now_ + takes, *key);
      }
    }
  }

  std::mt19937 random_{7};
  Schedule schedule_{random_};
  Instant now_ = Instant::SinceBoot(absl::Hours(1));
  std::map<Schedule::Key, std::vector<Instant>> starts_;
  std::set<Schedule::Key> running_;
  std::multimap<Instant, Schedule::Key> ending_;
  int stalls_ = 0;
};

TEST_F(ScheduleTest, StartsOneIntervalApartWithinTenPercentAndNeverDrifts) {
  for (Schedule::Key key = 0; key < 20; ++key) schedule_.Add(key, Interval(), now_);
  const Instant begin = now_;
  RunFor(Interval() * 200);
  for (const auto& [key, starts] : starts_) {
    EXPECT_LE(starts.front() - begin, Interval() * 1.05);
    for (size_t i = 1; i < starts.size(); ++i) {
      EXPECT_GE(starts[i] - starts[i - 1], Interval() * 0.9 - Step());
      EXPECT_LE(starts[i] - starts[i - 1], Interval() * 1.1 + Step());
      const absl::Duration drift = starts[i] - starts[0] - Interval() * static_cast<double>(i);
      EXPECT_LE(absl::AbsDuration(drift), Interval() * 0.1 + Step()) << key;
    }
  }
  EXPECT_EQ(stalls_, 0);
}

TEST_F(ScheduleTest, SpreadsThousandsOfTargetsAddedAtOnce) {
  for (Schedule::Key key = 0; key < 10000; ++key) schedule_.Add(key, Interval(), now_);
  const Instant begin = now_;
  RunFor(Interval());
  std::vector<int> tenths(11);
  for (const auto& [key, starts] : starts_) {
    tenths[static_cast<size_t>((starts[0] - begin) / (Interval() / 10))]++;
  }
  for (int i = 0; i < 9; ++i) EXPECT_NEAR(tenths[i], 1000, 300) << "tenth " << i;
}

TEST_F(ScheduleTest, AProbeLongerThanItsIntervalNeverOverlapsItself) {
  schedule_.Add(1, Interval(), now_);
  RunFor(Interval() * 20, Interval() * 1.7);  // running_ asserts it
  EXPECT_GE(starts_[1].size(), 9u);
}

TEST_F(ScheduleTest, AStallIsNoticedAndWhatFellDueIsSpreadAnew) {
  for (Schedule::Key key = 0; key < 1000; ++key) schedule_.Add(key, Interval(), now_);
  RunFor(Interval() * 3);
  EXPECT_LT(schedule_.LagP99(now_), absl::Milliseconds(5));
  now_ = now_ + absl::Minutes(1);
  starts_.clear();
  RunFor(absl::Milliseconds(100));
  EXPECT_EQ(stalls_, 1);
  EXPECT_LT(starts_.size(), 150u) << "of 1000 started within a twentieth of the interval";
  EXPECT_GT(schedule_.LagP99(now_), absl::Seconds(50));
  RunFor(Interval() * 2);
  EXPECT_EQ(starts_.size(), 1000u);
  RunFor(LagWindow::Horizon());
  EXPECT_LT(schedule_.LagP99(now_), absl::Milliseconds(5)) << "an old stall is forgotten";
}

TEST_F(ScheduleTest, ARemovedTargetIsNotStartedAndItsEndIsIgnored) {
  schedule_.Add(1, Interval(), now_);
  schedule_.Add(2, Interval(), now_);
  RunFor(Interval() * 1.1);
  schedule_.Remove(1);
  schedule_.Finished(1, now_);
  starts_.clear();
  RunFor(Interval() * 3);
  EXPECT_EQ(starts_.count(1), 0u);
  EXPECT_GE(starts_[2].size(), 2u);
  schedule_.Remove(2);
  EXPECT_FALSE(schedule_.NextDue().has_value());
}

TEST_F(ScheduleTest, NextDueIsTheEarliestIdleTarget) {
  EXPECT_FALSE(schedule_.NextDue().has_value());
  schedule_.Add(1, absl::Hours(1), now_);
  schedule_.Add(2, absl::Milliseconds(10), now_);
  EXPECT_LE(*schedule_.NextDue(), now_ + absl::Milliseconds(11));
}

TEST(LagWindowTest, FewSamplesGiveTheWorstManyThePercentile) {
  LagWindow window;
  const Instant now = Instant::SinceBoot(absl::Hours(1));
  EXPECT_EQ(window.P99(now), absl::ZeroDuration());
  window.Add(now, absl::Milliseconds(3));
  window.Add(now, absl::Milliseconds(9));
  EXPECT_EQ(window.P99(now), absl::Milliseconds(9));
  for (int i = 0; i < 1000; ++i) window.Add(now, absl::Milliseconds(1));
  EXPECT_EQ(window.P99(now), absl::Milliseconds(1));
}

TEST(LagWindowTest, KeepsTheLatestWhenFull) {
  LagWindow window;
  const Instant now = Instant::SinceBoot(absl::Hours(1));
  for (size_t i = 0; i < LagWindow::kMost; ++i) window.Add(now, absl::Seconds(1));
  for (size_t i = 0; i < LagWindow::kMost; ++i) window.Add(now, absl::Milliseconds(2));
  EXPECT_EQ(window.P99(now), absl::Milliseconds(2));
}

}  // namespace
}  // namespace lifeboat::agent
