#include "base/clock.h"

#include <gtest/gtest.h>

namespace lifeboat {
namespace {

const Instant kNow = Instant::SinceBoot(absl::Hours(1));
const Instant kNever = Instant::SinceBoot(absl::InfiniteDuration());
const Instant kEver = Instant::SinceBoot(-absl::InfiniteDuration());

TEST(InstantTest, CountsWholeNanoseconds) {
  EXPECT_EQ(Instant(), Instant::SinceBoot(absl::ZeroDuration()));
  EXPECT_EQ(kNow.since_boot(), absl::Hours(1));
  const absl::Duration span = absl::Seconds(2) + absl::Nanoseconds(3);
  EXPECT_EQ(kNow + span - kNow, span);
  EXPECT_EQ(kNow - span - kNow, -span);
  EXPECT_EQ((Instant() - span).since_boot(), -span);
  EXPECT_LT(kNow, kNow + absl::Nanoseconds(1));
  EXPECT_EQ(kNow, kNow + absl::Nanoseconds(1) / 4);
}

TEST(InstantTest, WhatIsInfinitelyFarStaysSo) {
  EXPECT_LT(kEver, kNow);
  EXPECT_LT(kNow, kNever);
  EXPECT_EQ(kNever - absl::Hours(1), kNever);
  EXPECT_EQ(kEver + absl::Hours(1), kEver);
  EXPECT_EQ(kNow + absl::InfiniteDuration(), kNever);
  EXPECT_EQ(kNow - absl::InfiniteDuration(), kEver);
  EXPECT_EQ(kNever - kNow, absl::InfiniteDuration());
  EXPECT_EQ(kNow - kNever, -absl::InfiniteDuration());
  EXPECT_EQ(kNow - kEver, absl::InfiniteDuration());
  EXPECT_EQ(kNever.since_boot(), absl::InfiniteDuration());
}

TEST(InstantTest, OverflowsIntoInfinityAndNeverWraps) {
  const absl::Duration century = 100 * 365 * absl::Hours(24);
  EXPECT_EQ(kNow + century + century + century, kNever);
  EXPECT_EQ(kNow - century - century - century, kEver);
  EXPECT_EQ((kNow + 2 * century) - (kNow - 2 * century), absl::InfiniteDuration());
}

}  // namespace
}  // namespace lifeboat
