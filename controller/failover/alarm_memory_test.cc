#include "controller/failover/alarm_memory.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace lifeboat {
namespace {

const Instant kStart = Instant::SinceBoot(absl::Hours(1));

TEST(AlarmMemoryTest, WakesForEachTroubleOnceInAWhile) {
  AlarmMemory memory(absl::Minutes(5));
  EXPECT_TRUE(memory.Wakes("lever", kStart));
  EXPECT_TRUE(memory.Wakes("tunnel", kStart + absl::Minutes(1)));
  EXPECT_FALSE(memory.Wakes("lever", kStart + absl::Minutes(5) - absl::Nanoseconds(1)));
  EXPECT_TRUE(memory.Wakes("lever", kStart + absl::Minutes(5)));
  EXPECT_FALSE(memory.Wakes("lever", kStart + absl::Minutes(6))) << "counted from the last time";
  EXPECT_FALSE(memory.Wakes("tunnel", kStart + absl::Minutes(5)));
  memory.Forget();
  EXPECT_TRUE(memory.Wakes("tunnel", kStart + absl::Minutes(5)));
}

TEST(AlarmMemoryTest, RemembersABoundedNumberAndForgetsNoneOfThemForOneItKnows) {
  AlarmMemory memory(absl::Minutes(5));
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(memory.Wakes(absl::StrCat(i), kStart));
  EXPECT_TRUE(memory.Wakes("7", kStart + absl::Minutes(5)));
  EXPECT_FALSE(memory.Wakes("8", kStart + absl::Minutes(4)));
  EXPECT_TRUE(memory.Wakes("one more", kStart));
  EXPECT_TRUE(memory.Wakes("8", kStart + absl::Minutes(4))) << "begun anew";
}

}  // namespace
}  // namespace lifeboat
