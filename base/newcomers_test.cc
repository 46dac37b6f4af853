#include "base/newcomers.h"

#include "gtest/gtest.h"

namespace lifeboat {
namespace {

using Answer = Newcomers::Answer;

constexpr NewcomerLimits kFourInAllTwoAPrefix{.in_all = 4, .per_prefix = 2};

Endpoint At(const std::string& text) { return *Endpoint::Parse(text); }
IpAddress Ip(const std::string& text) { return *IpAddress::Parse(text); }
bool Open(const Newcomers::Socket&) { return true; }

TEST(NewcomersTest, OneNetworkCannotTakeAllPlaces) {
  Newcomers newcomers(kFourInAllTwoAPrefix);
  newcomers.Add(At("192.0.2.1:1"), {}, Instant());
  newcomers.Add(At("192.0.2.99:1"), {}, Instant());
  EXPECT_EQ(newcomers.Ask(Ip("192.0.2.7")), Answer::kTooManyOfPrefix);
  EXPECT_EQ(newcomers.Ask(Ip("192.0.3.7")), Answer::kWelcome);
  newcomers.Add(At("[2001:db8:0:100::1]:1"), {}, Instant());
  newcomers.Add(At("[2001:db8:0:1ff::1]:1"), {}, Instant());
  EXPECT_EQ(newcomers.Ask(Ip("192.0.3.7")), Answer::kTooMany);
}

TEST(NewcomersTest, APlaceIsFreeAgainOnceKnownClosedOrOld) {
  Newcomers newcomers(kFourInAllTwoAPrefix);
  const Instant start;
  newcomers.Add(At("192.0.2.1:1"), {.descriptor = 7}, start);
  newcomers.Add(At("192.0.2.1:2"), {.descriptor = 8}, start);
  newcomers.Forget(At("192.0.2.1:2"));
  newcomers.Forget(At("192.0.2.1:2"));
  EXPECT_EQ(newcomers.count(), 1);
  newcomers.Sweep(start, [](const Newcomers::Socket& socket) { return socket.descriptor != 7; });
  EXPECT_EQ(newcomers.count(), 0);
  newcomers.Add(At("192.0.2.1:3"), {}, start);
  newcomers.Sweep(start + absl::Seconds(11), Open);
  EXPECT_EQ(newcomers.count(), 1);
  newcomers.Sweep(start + absl::Seconds(12), Open);
  EXPECT_EQ(newcomers.count(), 0);
}

TEST(NewcomersTest, AReusedPortCountsOnce) {
  Newcomers newcomers(kFourInAllTwoAPrefix);
  newcomers.Add(At("192.0.2.1:1"), {}, Instant());
  newcomers.Add(At("192.0.2.1:1"), {}, Instant());
  EXPECT_EQ(newcomers.count(), 1);
  EXPECT_EQ(newcomers.Ask(Ip("192.0.2.7")), Answer::kWelcome);
}

TEST(CustomerPrefixTest, IsA24OrA56) {
  EXPECT_EQ(CustomerPrefix(Ip("192.0.2.200")), Ip("192.0.2.0"));
  EXPECT_EQ(CustomerPrefix(Ip("2001:db8:1:2ff:3::4")), Ip("2001:db8:1:200::"));
}

}  // namespace
}  // namespace lifeboat
