#include "exitnode/udp/udp_visitors.h"

#include "gtest/gtest.h"

namespace lifeboat::exitnode {
namespace {

const IpAddress kOurs = *IpAddress::Parse("192.0.2.1");
const Instant kNow = Instant::SinceBoot(absl::Hours(1));

Endpoint At(const char* text) { return *Endpoint::Parse(text); }

TEST(UdpVisitorsTest, AnswersThoseWhoAskedAndNobodyElse) {
  UdpVisitors visitors(10, 10);
  EXPECT_EQ(visitors.LocalFor(At("198.51.100.7:5000")), std::nullopt);
  EXPECT_TRUE(visitors.Hear(At("198.51.100.7:5000"), kOurs, kNow));
  EXPECT_EQ(visitors.LocalFor(At("198.51.100.7:5000")), kOurs);
  EXPECT_EQ(visitors.LocalFor(At("198.51.100.7:5001")), std::nullopt);
}

TEST(UdpVisitorsTest, ForgetsWhoHasNotSpokenForTwoMinutesWhateverItWasSent) {
  UdpVisitors visitors(10, 10);
  const Endpoint hears = At("198.51.100.1:1"), speaks = At("198.51.100.2:1");
  visitors.Hear(hears, kOurs, kNow);
  visitors.Hear(speaks, kOurs, kNow);
  visitors.Hear(speaks, kOurs, kNow + absl::Seconds(60));
  EXPECT_TRUE(visitors.LocalFor(hears).has_value()) << "an answer does not count";
  visitors.ForgetIdle(kNow + absl::Seconds(119));
  EXPECT_EQ(visitors.size(), 2u);
  visitors.ForgetIdle(kNow + absl::Seconds(120));
  EXPECT_EQ(visitors.LocalFor(hears), std::nullopt);
  EXPECT_TRUE(visitors.LocalFor(speaks).has_value());
  visitors.ForgetIdle(kNow + absl::Seconds(180));
  EXPECT_EQ(visitors.size(), 0u);
}

TEST(UdpVisitorsTest, OneSourceHasOnlySoMany) {
  UdpVisitors visitors(10, 2);
  EXPECT_TRUE(visitors.Hear(At("198.51.100.7:1"), kOurs, kNow));
  EXPECT_TRUE(visitors.Hear(At("198.51.100.7:2"), kOurs, kNow));
  EXPECT_FALSE(visitors.Hear(At("198.51.100.7:3"), kOurs, kNow));
  EXPECT_TRUE(visitors.Hear(At("198.51.100.7:1"), kOurs, kNow)) << "it is known";
  EXPECT_TRUE(visitors.Hear(At("198.51.100.8:1"), kOurs, kNow));
  visitors.ForgetIdle(kNow + absl::Minutes(2));
  EXPECT_TRUE(visitors.Hear(At("198.51.100.7:3"), kOurs, kNow + absl::Minutes(2)));
}

TEST(UdpVisitorsTest, ACrowdShutsNobodyOutWhoGoesOnSpeaking) {
  UdpVisitors visitors(3, 2);
  const Endpoint anna = At("198.51.100.1:1"), silent = At("198.51.100.2:1");
  visitors.Hear(anna, kOurs, kNow);
  visitors.Hear(silent, kOurs, kNow);
  visitors.Hear(At("198.51.100.3:1"), kOurs, kNow);
  visitors.Hear(anna, kOurs, kNow);
  EXPECT_TRUE(visitors.Hear(At("198.51.100.4:1"), kOurs, kNow));
  EXPECT_EQ(visitors.size(), 3u);
  EXPECT_EQ(visitors.LocalFor(silent), std::nullopt);
  EXPECT_TRUE(visitors.LocalFor(anna).has_value());
}

}  // namespace
}  // namespace lifeboat::exitnode
