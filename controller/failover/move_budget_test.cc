#include "controller/failover/move_budget.h"

#include <gtest/gtest.h>

namespace lifeboat {
namespace {

const Instant kNow = Instant::SinceBoot(absl::Minutes(10));
const absl::Time kWall = absl::FromUnixSeconds(1'700'000'000);

TEST(MoveBudgetTest, CountsWhatWasMadeWithinADay) {
  MoveBudget budget;
  EXPECT_EQ(budget.Made(kNow), 0);
  EXPECT_EQ(budget.FreeIn(kNow), absl::ZeroDuration());
  budget.Load({kWall - absl::Hours(25), kWall - absl::Hours(20), kWall - absl::Hours(1)}, kNow,
              kWall);
  EXPECT_EQ(budget.Made(kNow), 2);
  EXPECT_EQ(budget.FreeIn(kNow), absl::Hours(4));
  EXPECT_EQ(budget.Made(kNow + absl::Hours(4) - absl::Nanoseconds(1)), 2);
  EXPECT_EQ(budget.Made(kNow + absl::Hours(4)), 1);
  EXPECT_EQ(budget.Made(kNow + absl::Hours(23)), 0);
}

TEST(MoveBudgetTest, WritesDownWhatStillCountsAndOneMore) {
  MoveBudget budget;
  budget.Load({kWall - absl::Hours(25), kWall - absl::Hours(20)}, kNow, kWall);
  EXPECT_EQ(budget.WithOneMore(kNow, kWall),
            (std::vector<absl::Time>{kWall - absl::Hours(20), kWall}));
}

TEST(MoveBudgetTest, IsNeitherFreedNorLockedForEverByAWallClockThatIsSet) {
  for (const absl::Duration step : {absl::Hours(-24 * 365), absl::Hours(24 * 365)}) {
    MoveBudget budget;
    budget.Load({kWall - absl::Hours(2)}, kNow, kWall);
    const Instant later = kNow + absl::Hours(1);
    const absl::Time wall = kWall + absl::Hours(1) + step;
    EXPECT_EQ(budget.Made(later), 1) << step;
    // What is journaled next says the ages that are true, by the clock as it is now.
    EXPECT_EQ(budget.WithOneMore(later, wall).front(), wall - absl::Hours(3)) << step;
    EXPECT_EQ(budget.Made(later + absl::Hours(21)), 0) << step;
  }
}

TEST(MoveBudgetTest, TakesATimeInTheFutureForNowAfterAStart) {
  MoveBudget budget;
  budget.Load({kWall + absl::Hours(24 * 365)}, kNow, kWall);
  EXPECT_EQ(budget.Made(kNow), 1);
  EXPECT_EQ(budget.FreeIn(kNow), absl::Hours(24));
  EXPECT_EQ(budget.Made(kNow + absl::Hours(24)), 0);
}

}  // namespace
}  // namespace lifeboat
