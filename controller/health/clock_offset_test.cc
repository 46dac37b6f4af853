#include "controller/health/clock_offset.h"

#include <gtest/gtest.h>

#include <random>

namespace lifeboat {
namespace {

Instant At(double seconds) { return Instant::SinceBoot(absl::Seconds(seconds)); }

TEST(ClockOffsetTest, BelievesThePingWithTheShortestRoundTrip) {
  ClockOffset offset;
  // The agent's clock is 1,000 s ahead. A slow ping whose way back took all the time misleads …
  offset.Learn(At(10), At(12), absl::Seconds(1010));
  EXPECT_EQ(offset.Ours(absl::Seconds(1010)), At(11));
  // … a quick one does not, and counts until it is old.
  offset.Learn(At(14), At(14.002), absl::Seconds(1014.001));
  EXPECT_EQ(offset.Ours(absl::Seconds(1020)), At(20));
  offset.Learn(At(16), At(18), absl::Seconds(1018));
  EXPECT_EQ(offset.Ours(absl::Seconds(1020)), At(20));
}

TEST(ClockOffsetTest, ErrsByAtMostHalfTheRoundTrip) {
  std::mt19937 random(3);
  std::uniform_real_distribution<double> delay(0, 0.5);
  for (int round = 0; round < 200; ++round) {
    ClockOffset offset;
    double now = 100;
    for (int ping = 0; ping < 12; ++ping) {
      const double there = delay(random), back = delay(random);
      offset.Learn(At(now), At(now + there + back), absl::Seconds(now + there + 5000));
      now += 2;
    }
    const absl::Duration error = offset.Ours(absl::Seconds(now + 5000)) - At(now);
    EXPECT_LE(absl::AbsDuration(error), offset.round_trip() / 2 + absl::Nanoseconds(10));
  }
}

TEST(ClockOffsetTest, KnowsNothingBeforeAPingReturnsNorOnceItForgot) {
  ClockOffset offset;
  EXPECT_FALSE(offset.known());
  offset.Learn(At(10), At(10), absl::Seconds(500));
  EXPECT_TRUE(offset.known());
  EXPECT_EQ(offset.Ours(absl::Seconds(501)), At(11));
  EXPECT_EQ(offset.Theirs(At(11)), absl::Seconds(501));
  offset.Forget();
  EXPECT_FALSE(offset.known());
  // The clock of before had the shorter round trip; it is another one now.
  offset.Learn(At(20), At(22), absl::Seconds(71));
  EXPECT_EQ(offset.Ours(absl::Seconds(80)), At(30));
}

TEST(ClockOffsetTest, IgnoresAPingThatCameBackBeforeItWasSent) {
  ClockOffset offset;
  offset.Learn(At(20), At(19), absl::Seconds(9));
  EXPECT_FALSE(offset.known());
}

}  // namespace
}  // namespace lifeboat
