#include "exitnode/tunnel/channel_demand.h"

#include "gtest/gtest.h"

namespace lifeboat::exitnode {
namespace {

constexpr ChannelPolicy kPolicy{.spare = 8, .in_flight = 20};
Instant At(int seconds) { return Instant::SinceBoot(absl::Seconds(seconds)); }

TEST(ChannelDemandTest, AsksForTheSparesAtStartAndOneMoreForEachVisitor) {
  ChannelDemand demand(kPolicy);
  EXPECT_EQ(demand.Ask(0, 0, At(0)), 8);
  EXPECT_EQ(demand.Ask(0, 0, At(0)), 0) << "eight are under way";
  for (int i = 0; i < 8; ++i) demand.Arrived();
  EXPECT_EQ(demand.Ask(0, 8, At(1)), 0);
  EXPECT_EQ(demand.Ask(0, 7, At(1)), 1) << "a visitor took one";
}

TEST(ChannelDemandTest, NeverHasMoreInFlightThanTheClientCanServe) {
  ChannelDemand demand(kPolicy);
  EXPECT_EQ(demand.Ask(200, 0, At(0)), 20);
  EXPECT_EQ(demand.Ask(200, 0, At(0)), 0);
  demand.Arrived();
  EXPECT_EQ(demand.Ask(199, 0, At(0)), 1) << "one came, one goes out";
}

TEST(ChannelDemandTest, AsksAgainForWhatDidNotCome) {
  ChannelDemand demand(kPolicy);
  EXPECT_EQ(demand.Ask(0, 0, At(0)), 8);
  EXPECT_EQ(demand.Ask(0, 0, At(11)), 0);
  EXPECT_EQ(demand.Ask(0, 0, At(12)), 8);
}

TEST(ChannelDemandTest, ChannelsThatNobodyAskedForDoNoHarm) {
  ChannelDemand demand(kPolicy);
  demand.Arrived();
  EXPECT_EQ(demand.Ask(0, 100, At(0)), 0);
}

}  // namespace
}  // namespace lifeboat::exitnode
