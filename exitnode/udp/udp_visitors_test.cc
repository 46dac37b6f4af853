#include "exitnode/udp/udp_visitors.h"

#include "gtest/gtest.h"

namespace lifeboat::exitnode {
namespace {

const IpAddress kOurs = *IpAddress::Parse("192.0.2.1");
const Instant kNow = Instant::SinceBoot(absl::Hours(1));

Endpoint At(const char* text) { return *Endpoint::Parse(text); }

TEST(UdpVisitorsTest, AnswersThoseWhoAskedAndNobodyElse) {
  UdpVisitors visitors(10, 10);
  EXPECT_EQ(visitors.LocalFor(At("198.51.100.7:5000"), kNow), std::nullopt);
  EXPECT_TRUE(visitors.Hear(At("198.51.100.7:5000"), kOurs, kNow));
  EXPECT_EQ(visitors.LocalFor(At("198.51.100.7:5000"), kNow), kOurs);
  EXPECT_EQ(visitors.LocalFor(At("198.51.100.7:5001"), kNow), std::nullopt);
}

TEST(UdpVisitorsTest, ForgetsWhoNeitherSpokeNorWasSpokenToForAMinute) {
  UdpVisitors visitors(10, 10);
  const Endpoint silent = At("198.51.100.1:1"), speaks = At("198.51.100.2:1"),
                 hears = At("198.51.100.3:1");
  for (const Endpoint& visitor : {silent, speaks, hears}) visitors.Hear(visitor, kOurs, kNow);
  visitors.Hear(speaks, kOurs, kNow + absl::Seconds(30));
  EXPECT_TRUE(visitors.LocalFor(hears, kNow + absl::Seconds(30)).has_value());
  visitors.ForgetIdle(kNow + absl::Seconds(59));
  EXPECT_EQ(visitors.size(), 3u);
  visitors.ForgetIdle(kNow + absl::Seconds(60));
  EXPECT_EQ(visitors.size(), 2u);
  EXPECT_EQ(visitors.LocalFor(silent, kNow + absl::Seconds(60)), std::nullopt);
}

TEST(UdpVisitorsTest, IsBoundedInAllAndFromOneSourceAndMakesRoomAgain) {
  UdpVisitors visitors(3, 2);
  EXPECT_TRUE(visitors.Hear(At("198.51.100.7:1"), kOurs, kNow));
  EXPECT_TRUE(visitors.Hear(At("198.51.100.7:2"), kOurs, kNow));
  EXPECT_FALSE(visitors.Hear(At("198.51.100.7:3"), kOurs, kNow)) << "one source";
  EXPECT_TRUE(visitors.Hear(At("198.51.100.7:1"), kOurs, kNow)) << "it is known";
  EXPECT_TRUE(visitors.Hear(At("198.51.100.8:1"), kOurs, kNow));
  EXPECT_FALSE(visitors.Hear(At("198.51.100.9:1"), kOurs, kNow)) << "in all";
  visitors.ForgetIdle(kNow + absl::Minutes(2));
  EXPECT_EQ(visitors.size(), 0u);
  EXPECT_TRUE(visitors.Hear(At("198.51.100.9:1"), kOurs, kNow));
}

}  // namespace
}  // namespace lifeboat::exitnode
