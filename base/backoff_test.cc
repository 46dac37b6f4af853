#include "base/backoff.h"

#include <gtest/gtest.h>

#include <random>

namespace lifeboat {
namespace {

TEST(BackoffTest, DoublesUpToItsBoundWithinTheUpperHalf) {
  std::mt19937 random(1);
  Backoff backoff(absl::Seconds(1), absl::Seconds(10));
  for (const double bound : {1.0, 2.0, 4.0, 8.0, 10.0, 10.0}) {
    const double wait = absl::ToDoubleSeconds(backoff.Next(random));
    EXPECT_GE(wait, bound / 2);
    EXPECT_LE(wait, bound);
  }
}

TEST(BackoffTest, StartsAfreshAfterASuccessAndNeverOverflows) {
  std::mt19937 random(1);
  Backoff backoff(absl::Seconds(1), absl::Hours(1));
  for (int i = 0; i < 1000; ++i) EXPECT_LE(backoff.Next(random), absl::Hours(1));
  backoff.Reset();
  EXPECT_LE(backoff.Next(random), absl::Seconds(1));
}

}  // namespace
}  // namespace lifeboat
