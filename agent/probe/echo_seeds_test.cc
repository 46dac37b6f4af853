#include "agent/probe/echo_seeds.h"

#include "gtest/gtest.h"

namespace lifeboat::agent {
namespace {

Instant At(int second) { return Instant::SinceBoot(absl::Seconds(second)); }

EchoBytes Seed(uint8_t byte) {
  EchoBytes seed;
  seed.fill(byte);
  return seed;
}

TEST(EchoSeedsTest, MakesNoNonceWithoutASeed) {
  EchoSeeds seeds;
  EXPECT_EQ(seeds.Next(At(0)), std::nullopt);
}

TEST(EchoSeedsTest, HoldsTheNewestOfEachControllerInOrder) {
  EchoSeeds seeds;
  seeds.Take(0, Seed(9), At(0));
  seeds.Take(1, Seed(5), At(0));
  seeds.Take(0, Seed(7), At(10));
  EXPECT_EQ(seeds.Next(At(10))->seeds, (std::vector<EchoBytes>{Seed(5), Seed(7)}));
}

TEST(EchoSeedsTest, NeverUsesACounterTwice) {
  EchoSeeds seeds;
  seeds.Take(0, Seed(1), At(0));
  const auto first = seeds.Next(At(1));
  seeds.Take(0, Seed(1), At(2));
  const auto second = seeds.Next(At(2));
  EXPECT_LT(first->counter, second->counter);
  EXPECT_NE(first->Nonce(), second->Nonce());
}

TEST(EchoSeedsTest, DropsTheSeedOfAControllerThatFellSilent) {
  EchoSeeds seeds;
  seeds.Take(0, Seed(1), At(0));
  seeds.Take(1, Seed(2), At(20));
  EXPECT_EQ(seeds.Next(At(30))->seeds.size(), 2u);
  EXPECT_EQ(seeds.Next(At(31))->seeds, (std::vector<EchoBytes>{Seed(2)}));
  EXPECT_EQ(seeds.Next(At(51)), std::nullopt);
}

}  // namespace
}  // namespace lifeboat::agent
