#include "agent/probe/prober.h"

#include <functional>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "agent/probe/testing/fake_dns_server.h"
#include "agent/probe/testing/fake_web_server.h"
#include "agent/probe/testing/turn.h"
#include "base/echo.h"
#include "base/route.h"
#include "base/testing/capture_log.h"
#include "gtest/gtest.h"

namespace lifeboat::agent {
namespace {

using After = FakeWebServer::After;

// The machine's clock, which a test may move on as if the process had been stopped.
class SkippingClock final : public Clock {
 public:
  Instant Now() const override { return system_.Now() + skipped_; }
  absl::Time WallNow() const override { return system_.WallNow(); }
  void Skip(absl::Duration by) { skipped_ += by; }

 private:
  SystemClock system_;
  absl::Duration skipped_;
};

class ProberTest : public testing::Test, public ObservationSink {
 protected:
  void OnObservation(const Subscription& to, const Observation& observation) override {
    seen_.emplace_back(to, observation);
  }

  ProbeSpec Web(const Endpoint& server, absl::Duration interval = absl::Milliseconds(100)) {
    return {.leg = Leg::kPinned,
            .interval = interval,
            .timeout = interval * 0.8,
            .addresses = {server.address},
            .port = server.port,
            .http = HttpSpec{.url = "http://app.test/", .expect_status = {{200, 299}}}};
  }
  void Turn(const std::function<bool()>& done) { EXPECT_TRUE(TurnUntil(loop_, done)); }
  void TurnUntilSeen(size_t count) {
    Turn([&] { return seen_.size() >= count; });
    ASSERT_GE(seen_.size(), count);
  }

  SkippingClock clock_;
  EventLoop loop_{clock_};
  CurlMulti multi_{loop_};
  std::mt19937 random_{3};
  prometheus::Registry registry_;
  Metrics metrics_{registry_};
  CaptureLog log_;
  std::vector<std::pair<Subscription, Observation>> seen_;
  std::set<IpAddress> no_way_;  // besides what this machine has
  Prober prober_{loop_,
                 multi_,
                 clock_,
                 random_,
                 *this,
                 metrics_,
                 log_,
                 [this](const IpAddress& to, const std::optional<IpAddress>& source) {
                   return no_way_.contains(to) ? absl::FailedPreconditionError(absl::StrCat(
                                                     "no way from here to ", to.ToString()))
                                               : RouteTo(to, source);
                 }};
};

constexpr char kOk[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

TEST_F(ProberTest, ProbesByNameThroughTheGivenResolversAndTellsAllPhases) {
  const FakeWebServer server(FakeWebServer::Answer(kOk));
  FakeDnsServer dns;
  dns.Set("edge.test", {.addresses = {"127.0.0.1"}});
  ProbeSpec spec = Web(server.endpoint());
  spec.leg = Leg::kByName;
  spec.addresses.clear();
  spec.name = "edge.test";
  spec.resolvers = {dns.endpoint()};
  const Instant begin = clock_.Now();
  prober_.Assign(0, 9, {{4, spec}});
  TurnUntilSeen(1);
  const auto& [to, observation] = seen_[0];
  EXPECT_EQ(to, (Subscription{0, 4, 9}));
  EXPECT_EQ(observation.probe_class, ProbeClass::kOk) << observation.detail;
  EXPECT_GT(observation.resolve, absl::ZeroDuration());
  EXPECT_GT(observation.connect, absl::ZeroDuration());
  EXPECT_GT(observation.first_byte, absl::ZeroDuration());
  EXPECT_GE(observation.total, observation.resolve + observation.connect + observation.first_byte);
  EXPECT_EQ(observation.address->ToString(), "127.0.0.1");
  EXPECT_GT(observation.ended, begin);
  EXPECT_EQ(observation.http_status, 200);
}

TEST_F(ProberTest, ANameThatDoesNotResolveIsDnsAndNothingIsConnected) {
  const FakeWebServer server(FakeWebServer::Answer(kOk));
  const FakeDnsServer dns;
  ProbeSpec spec = Web(server.endpoint());
  spec.addresses.clear();
  spec.name = "gone.test";
  spec.resolvers = {dns.endpoint()};
  prober_.Assign(0, 1, {{1, spec}});
  TurnUntilSeen(1);
  EXPECT_EQ(seen_[0].second.probe_class, ProbeClass::kDns);
  EXPECT_FALSE(seen_[0].second.address.has_value());
  EXPECT_EQ(server.accepted(), 0);
}

TEST_F(ProberTest, OneProbeIsReportedToEachControllerThatAskedForIt) {
  const FakeWebServer server(FakeWebServer::Answer(kOk));
  prober_.Assign(0, 1, {{1, Web(server.endpoint())}});
  prober_.Assign(1, 5, {{7, Web(server.endpoint())}});
  TurnUntilSeen(4);
  EXPECT_EQ(seen_[0].first, (Subscription{0, 1, 1}));
  EXPECT_EQ(seen_[1].first, (Subscription{1, 7, 5}));
  EXPECT_EQ(seen_[0].second.ended, seen_[1].second.ended);
  EXPECT_LE(server.accepted(), 3);
}

TEST_F(ProberTest, GivenAddressesAreTakenInTurn) {
  const FakeWebServer server(FakeWebServer::Answer(kOk));
  ProbeSpec spec = Web(server.endpoint());
  spec.addresses.push_back(*IpAddress::Parse("127.0.0.2"));  // nobody listens there
  prober_.Assign(0, 1, {{1, spec}});
  TurnUntilSeen(4);
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(seen_[i].second.probe_class, i % 2 == 0 ? ProbeClass::kOk : ProbeClass::kReset) << i;
  }
}

// A host connects to no group by TCP: the kernel says at once that the network is unreachable.
constexpr char kUnreachable[] = "224.0.0.1";

TEST_F(ProberTest, AnAddressThatThisHostHasNoWayToIsPassedOverForTheNext) {
  const FakeWebServer server(FakeWebServer::Answer(kOk));
  ProbeSpec spec = Web(server.endpoint());
  spec.addresses.push_back(*IpAddress::Parse(kUnreachable));
  ProbeSpec tcp = spec;
  tcp.http.reset();
  no_way_ = {spec.addresses[1]};
  prober_.Assign(0, 1, {{1, spec}, {2, tcp}});
  TurnUntilSeen(8);
  for (const auto& [to, seen] : seen_) {
    EXPECT_EQ(seen.probe_class, ProbeClass::kOk) << to.number << ": " << seen.detail;
    EXPECT_EQ(*seen.address, spec.addresses[0]);
  }
  EXPECT_EQ(metrics_.probes_void.Value(), 0);
}

TEST_F(ProberTest, WhereThisHostHasNoWayToAnyItIsSilentAndSaysWhy) {
  const FakeWebServer server(FakeWebServer::Answer(kOk));
  ProbeSpec spec = Web(server.endpoint());
  spec.addresses = {*IpAddress::Parse(kUnreachable)};
  no_way_ = {spec.addresses[0]};
  prober_.Assign(0, 1, {{1, spec}});
  Turn([&] { return metrics_.probes_void.Value() >= 3; });
  EXPECT_TRUE(seen_.empty()) << "the vantage's own trouble is no vote";
  EXPECT_TRUE(log_.Contains("no way from here to 224.0.0.1")) << log_.Text();
}

TEST_F(ProberTest, WhatARouterFarAwayCannotReachIsSeenAsAFailure) {
  const FakeWebServer server(FakeWebServer::Answer(kOk));
  ProbeSpec spec = Web(server.endpoint());
  spec.addresses = {*IpAddress::Parse(kUnreachable)};
  spec.source = *IpAddress::Parse("127.0.0.1");
  prober_.Assign(0, 1, {{1, spec}});
  TurnUntilSeen(1);
  EXPECT_EQ(seen_[0].second.probe_class, ProbeClass::kTimeoutConnect) << seen_[0].second.detail;
}

TEST_F(ProberTest, ARemovedTargetIsNotReportedEvenIfItsProbeIsUnderWay) {
  const FakeWebServer silent([](FakeWebConnection&) { return After::kKeepOpen; });
  prober_.Assign(0, 1, {{1, Web(silent.endpoint())}});
  Turn([&] { return silent.accepted() > 0; });
  prober_.Assign(0, 2, {});
  const Instant begin = clock_.Now();
  Turn([&] { return clock_.Now() - begin > absl::Milliseconds(300); });
  EXPECT_TRUE(seen_.empty());
  EXPECT_EQ(silent.accepted(), 1);
}

TEST_F(ProberTest, WhatWasUnderWayWhileTheProcessStoodStillIsNotReported) {
  const FakeWebServer silent([](FakeWebConnection&) { return After::kKeepOpen; });
  prober_.Assign(0, 1, {{1, Web(silent.endpoint(), absl::Seconds(1))}});
  Turn([&] { return silent.accepted() > 0; });
  clock_.Skip(absl::Seconds(30));
  Turn([&] { return log_.Contains("stood still"); });
  EXPECT_TRUE(seen_.empty()) << "its timeout was ours";
  TurnUntilSeen(1);
  EXPECT_EQ(seen_[0].second.probe_class, ProbeClass::kTimeoutRead);
  EXPECT_LT(seen_[0].second.total, absl::Seconds(2));
}

TEST_F(ProberTest, OurOwnFaultsAreLoggedOnceAndNotReported) {
  const FakeWebServer server(FakeWebServer::Answer(kOk));
  ProbeSpec foreign = Web(server.endpoint());
  foreign.source = *IpAddress::Parse("192.0.2.1");
  ProbeSpec rootless = Web(server.endpoint());
  rootless.http->url = "https://app.test/";
  rootless.http->ca_file = "/nowhere/ca.pem";
  prober_.Assign(0, 1, {{1, foreign}, {2, rootless}});
  Turn([&] { return metrics_.probes_void.Value() >= 6; });
  EXPECT_TRUE(seen_.empty());
  EXPECT_EQ(log_.Lines().size(), 1u) << log_.Text();
}

TEST_F(ProberTest, VitalsTellOfDeadResolversAndOfLag) {
  FakeDnsServer dns;
  dns.SetSilent(true);
  ProbeSpec spec = Web(Endpoint{*IpAddress::Parse("127.0.0.1"), 9});
  spec.addresses.clear();
  spec.name = "edge.test";
  spec.resolvers = {dns.endpoint()};
  prober_.Assign(0, 1, {{1, spec}});
  EXPECT_FALSE(prober_.resolvers_dead());
  Turn([&] { return prober_.resolvers_dead(); });
  EXPECT_TRUE(prober_.resolvers_dead());
  EXPECT_LT(prober_.lag_p99(), absl::Seconds(1));
  EXPECT_EQ(seen_[0].second.probe_class, ProbeClass::kDns);
}

TEST_F(ProberTest, ReportsTheEchoWithAllSeedsOnceOneIsHeld) {
  const EchoBytes mac = EchoMac("key", "edge", EchoNonce({}, 1));
  const FakeWebServer server([&](FakeWebConnection& connection) {
    connection.ReadHead();
    connection.Write(kOk);
    if (!connection.ReadHead().empty()) {
      connection.Write(absl::StrCat("HTTP/1.1 200 OK\r\nContent-Length: 64\r\n\r\n", ToHex(mac)));
    }
    return After::kClose;
  });
  ProbeSpec spec = Web(server.endpoint());
  spec.http->echo_path = "/echo";
  prober_.Assign(0, 1, {{1, spec}});
  prober_.Assign(1, 1, {{8, spec}});
  TurnUntilSeen(2);
  EXPECT_EQ(seen_[0].second.echo, nullptr) << "no seed is held";
  EchoBytes first{}, second{};
  second.fill(2);
  prober_.TakeSeed(1, second);
  prober_.TakeSeed(0, first);
  seen_.clear();
  Turn([&] { return seen_.size() >= 6; });
  const auto& echo = seen_[2].second.echo;
  ASSERT_NE(echo, nullptr);
  EXPECT_EQ(echo->seeds, (std::vector<EchoBytes>{first, second}));
  EXPECT_EQ(echo->mac, mac);
  EXPECT_EQ(seen_[3].second.echo, echo) << "probed once, told to both controllers";
  EXPECT_GT(seen_[4].second.echo->counter, echo->counter);
}

}  // namespace
}  // namespace lifeboat::agent
