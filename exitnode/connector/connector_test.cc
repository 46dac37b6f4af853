#include "exitnode/connector/connector.h"

#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/random/random.h"
#include "absl/strings/str_cat.h"
#include "base/clock.h"
#include "base/testing/capture_log.h"
#include "exitnode/testing/echo_origin.h"
#include "exitnode/testing/io_thread.h"
#include "exitnode/testing/test_exit.h"
#include "exitnode/testing/wire_peer.h"
#include "exitnode/wire/rathole.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace lifeboat::exitnode {
namespace {

constexpr char kToken[] = "a-token-of-tests";

// A connector on a thread of its own.
class TestConnector {
 public:
  TestConnector(const ConnectorOptions& options, const Clock& clock, Log& log) {
    thread_.Run([&] {
      connector_.emplace(thread_.io(), options, clock, log, random_);
      connector_->Start();
    });
  }
  ~TestConnector() { thread_.Stop(); }

  LinkReport Link(size_t index = 0) {
    return thread_.Run([&] { return connector_->Report().at(index); });
  }

 private:
  absl::BitGen random_;
  IoThread thread_;
  std::optional<Connector> connector_;
};

HostPort At(const Endpoint& endpoint) {
  return HostPort{endpoint.address.ToString(), endpoint.port};
}

ConnectorOptions OptionsFor(const std::vector<Endpoint>& tunnels, const Endpoint& target) {
  ConnectorOptions options;
  for (const Endpoint& tunnel : tunnels) {
    options.exits.push_back({absl::StrCat("exit-", options.exits.size()), At(tunnel)});
  }
  options.services = {{"web", kToken, At(target)}};
  options.reply_limit = std::chrono::milliseconds(300);
  options.first_retry = absl::Milliseconds(20);
  options.last_retry = absl::Milliseconds(100);
  return options;
}

// Says something to an echo origin and expects it back, each side's end included.
std::string Converse(const Endpoint& port, const std::string& message) {
  WirePeer visitor = WirePeer::Connect(port);
  if (!visitor.connected()) return "<refused>";
  visitor.Send(message);
  visitor.FinishSending();
  return visitor.ReceiveToEnd();
}

// Origin, exit node and connector, in one process and over real sockets.
class TunnelTest : public testing::Test {
 protected:
  TunnelTest() : origin_(log_) {
    exit_.emplace(clock_, log_);
    exit_->Apply({OpenService("web", kToken)});
    connector_.emplace(OptionsFor({exit_->tunnel()}, origin_.endpoint()), clock_, log_);
  }

  SystemClock clock_;
  CaptureLog log_;
  EchoOrigin origin_;
  std::optional<TestExit> exit_;
  std::optional<TestConnector> connector_;
};

TEST_F(TunnelTest, CarriesBytesBothWaysAndTheEndOfEachWay) {
  EXPECT_EQ(Converse(exit_->VisitorPort(), "hello"), "hellobye");
  EXPECT_EQ(Converse(exit_->VisitorPort(), ""), "bye");
  EXPECT_TRUE(Eventually([&] { return exit_->Service().visitors == 0; }));
  const ServiceReport report = exit_->Service();
  EXPECT_EQ(report.bytes_in_total, 5u);
  EXPECT_EQ(report.bytes_out_total, 11u);
  EXPECT_EQ(report.upstream.answered_total, 2u);
}

TEST_F(TunnelTest, CarriesMoreThanAnyBufferHolds) {
  std::string big(20'000'000, '\0');
  for (size_t i = 0; i < big.size(); ++i) big[i] = static_cast<char>(i * 7 + i / 251);
  WirePeer visitor = WirePeer::Connect(exit_->VisitorPort());
  std::thread sender([&] {
    visitor.Send(big);
    visitor.FinishSending();
  });
  const std::string received = visitor.ReceiveToEnd();
  sender.join();
  EXPECT_TRUE(received == big + "bye") << received.size() << " bytes";
}

TEST_F(TunnelTest, ServesTwoHundredVisitorsAtOnce) {
  constexpr int kVisitors = 200;
  std::vector<WirePeer> visitors;
  const Endpoint port = exit_->VisitorPort();
  for (int i = 0; i < kVisitors; ++i) {
    visitors.push_back(WirePeer::Connect(port));
    visitors.back().Send(absl::StrCat("visitor ", i, ";"));
  }
  for (int i = 0; i < kVisitors; ++i) {
    const std::string message = absl::StrCat("visitor ", i, ";");
    EXPECT_EQ(visitors[i].Receive(message.size()), message);
  }
  EXPECT_EQ(exit_->Service().visitors, static_cast<uint32_t>(kVisitors));
  for (WirePeer& visitor : visitors) visitor.FinishSending();
  for (WirePeer& visitor : visitors) EXPECT_EQ(visitor.ReceiveToEnd(), "bye");
}

TEST_F(TunnelTest, AVisitorWaitsForAConnectorThatComesBack) {
  const Endpoint port = exit_->VisitorPort();
  ASSERT_EQ(Converse(port, "a"), "abye");
  connector_.reset();
  ASSERT_TRUE(Eventually([&] { return !exit_->Service().tunnel_up; }));
  WirePeer visitor = WirePeer::Connect(port);
  ASSERT_TRUE(visitor.connected()) << "the port stays";
  visitor.Send("b");
  connector_.emplace(OptionsFor({exit_->tunnel()}, origin_.endpoint()), clock_, log_);
  EXPECT_EQ(visitor.Receive(1), "b");
}

TEST_F(TunnelTest, TheConnectorComesBackToAnExitNodeThatWasRestarted) {
  ASSERT_EQ(Converse(exit_->VisitorPort(), "a"), "abye");
  const Endpoint tunnel = exit_->tunnel();
  exit_.reset();
  ASSERT_TRUE(Eventually([&] { return !connector_->Link().up; }));
  exit_.emplace(clock_, log_, BriefOptions(), tunnel);
  ASSERT_TRUE(exit_->started().ok()) << exit_->started();
  exit_->Apply({OpenService("web", kToken)});
  EXPECT_EQ(Converse(exit_->VisitorPort(), "b"), "bbye");
}

TEST_F(TunnelTest, ServesWhileStrangersFloodTheTunnelPort) {
  std::vector<WirePeer> strangers;
  for (int round = 0; round < 100; ++round) {
    WirePeer silent = WirePeer::Connect(exit_->tunnel(), "127.0.0.9");
    WirePeer garbage = WirePeer::Connect(exit_->tunnel(), "127.0.0.10");
    garbage.Send(std::string(100, 'x'));
    strangers.push_back(std::move(silent));
    EXPECT_EQ(Converse(exit_->VisitorPort(), "hello"), "hellobye") << round;
  }
  EXPECT_TRUE(Eventually([&] { return exit_->Report().handshakes.refused_total() >= 200; }));
}

TEST_F(TunnelTest, AWrongTokenIsSaidOnBothSidesAndTriedAgain) {
  exit_->Apply({OpenService("web", "another-token-of-tests")});
  EXPECT_TRUE(Eventually(
      [&] { return exit_->Report().handshakes.wrong_token_total >= 2 && !connector_->Link().up; }));
  EXPECT_THAT(connector_->Link().trouble, testing::HasSubstr("another token"));
  exit_->Apply({OpenService("web", kToken)});
  EXPECT_EQ(Converse(exit_->VisitorPort(), "hello"), "hellobye");
}

TEST(ConnectorTest, ServesSeveralExitNodesAtOnce) {
  SystemClock clock;
  CaptureLog log;
  EchoOrigin origin(log);
  TestExit first(clock, log), second(clock, log);
  first.Apply({OpenService("web", kToken)});
  second.Apply({OpenService("web", kToken)});
  TestConnector connector(OptionsFor({first.tunnel(), second.tunnel()}, origin.endpoint()), clock,
                          log);
  EXPECT_EQ(Converse(first.VisitorPort(), "one"), "onebye");
  EXPECT_EQ(Converse(second.VisitorPort(), "two"), "twobye");
}

TEST(ConnectorTest, ATargetThatRefusesIsReportedAsTheOrigins) {
  SystemClock clock;
  CaptureLog log;
  WireListener nobody;
  const Endpoint target = nobody.endpoint();
  nobody.Close();
  TestExit exit(clock, log);
  exit.Apply({OpenService("web", kToken)});
  TestConnector connector(OptionsFor({exit.tunnel()}, target), clock, log);
  WirePeer visitor = WirePeer::Connect(exit.VisitorPort());
  visitor.Send("hello");
  EXPECT_THAT(visitor.ReceiveToEnd(), testing::AnyOf("", "<reset>"));
  EXPECT_TRUE(
      Eventually([&] { return exit.Service().upstream.last == UpstreamOutcome::kRefused; }));
  EXPECT_TRUE(exit.Service().tunnel_up);
  EXPECT_EQ(connector.Link().target_failures_total, 1u);
  EXPECT_TRUE(log.Contains("the target does not take a visitor")) << log.Text();
}

// A server by hand, good or bad.
class ConnectorAtServerTest : public testing::Test {
 protected:
  ConnectorAtServerTest() : options_(OptionsFor({server_.endpoint()}, target_.endpoint())) {}

  void Begin() { connector_.emplace(options_, clock_, log_); }

  // Takes the control channel in as a good server does.
  WirePeer AcceptControl() {
    WirePeer control = server_.Accept();
    const HelloBytes want = Encode(Hello{Channel::kControl, NameDigest("web")});
    EXPECT_EQ(control.Receive(kHelloBytes), std::string(want.begin(), want.end()));
    const HelloBytes nonce = Encode(Hello{Channel::kControl, Digest{}});
    control.Send({reinterpret_cast<const char*>(nonce.data()), nonce.size()});
    const Digest key = SessionKey(kToken, Digest{});
    EXPECT_EQ(control.Receive(32), std::string(key.begin(), key.end()));
    control.Send(std::string(4, '\0'));
    return control;
  }
  WirePeer AcceptChannel() {
    WirePeer channel = server_.Accept();
    const HelloBytes want = Encode(Hello{Channel::kData, SessionKey(kToken, Digest{})});
    EXPECT_EQ(channel.Receive(kHelloBytes), std::string(want.begin(), want.end()));
    return channel;
  }

  SystemClock clock_;
  CaptureLog log_;
  WireListener server_;
  WireListener target_;
  ConnectorOptions options_;
  std::optional<TestConnector> connector_;
};

TEST_F(ConnectorAtServerTest, OpensADataChannelForEachRequestAndIsSilentOtherwise) {
  Begin();
  WirePeer control = AcceptControl();
  control.Send(std::string(8, '\0'));
  WirePeer first = AcceptChannel();
  WirePeer second = AcceptChannel();
  second.Send(std::string(4, '\0'));
  WirePeer visitor = target_.Accept();
  visitor.Send("from the target");
  EXPECT_EQ(second.Receive(15), "from the target");
  EXPECT_EQ(connector_->Link().waiting, 1u);
  EXPECT_TRUE(connector_->Link().up);
}

TEST_F(ConnectorAtServerTest, WaitingChannelsEndWithTheSessionAndStreamsDoNot) {
  Begin();
  WirePeer control = AcceptControl();
  control.Send(std::string(8, '\0'));
  WirePeer carrying = AcceptChannel();
  WirePeer waiting = AcceptChannel();
  carrying.Send(std::string(4, '\0'));
  WirePeer visitor = target_.Accept();
  ASSERT_TRUE(Eventually([&] { return connector_->Link().streams == 1; }));
  control.Close();
  EXPECT_EQ(waiting.ReceiveToEnd(), "");
  visitor.Send("still here");
  EXPECT_EQ(carrying.Receive(10), "still here");
}

TEST_F(ConnectorAtServerTest, AnythingElseOnTheControlChannelEndsTheSession) {
  Begin();
  WirePeer control = AcceptControl();
  control.Send(std::string("\7\0\0\0", 4));
  EXPECT_EQ(control.ReceiveToEnd(), "");
  EXPECT_TRUE(server_.Accept().connected()) << "and it dials again";
}

TEST_F(ConnectorAtServerTest, LeavesAServerThatFallsSilent) {
  options_.heartbeat_limit = std::chrono::milliseconds(200);
  Begin();
  WirePeer control = AcceptControl();
  EXPECT_EQ(control.ReceiveToEnd(), "");
  EXPECT_TRUE(Eventually([&] { return log_.Contains("not done in time"); })) << log_.Text();
}

TEST_F(ConnectorAtServerTest, LeavesAServerThatNeverAnswers) {
  Begin();
  WirePeer control = server_.Accept();
  EXPECT_THAT(control.ReceiveToEnd(), testing::SizeIs(kHelloBytes));
  EXPECT_TRUE(server_.Accept().connected()) << "and it dials again";
}

TEST_F(ConnectorAtServerTest, AWrongDataCommandClosesThatChannelOnly) {
  Begin();
  WirePeer control = AcceptControl();
  control.Send(std::string(8, '\0'));
  WirePeer first = AcceptChannel();
  WirePeer second = AcceptChannel();
  first.Send(std::string("\1\0\0\0", 4));  // UDP, which this service is not
  EXPECT_EQ(first.ReceiveToEnd(), "");
  second.Send(std::string(4, '\0'));
  EXPECT_TRUE(target_.Accept().connected());
}

TEST_F(ConnectorAtServerTest, AFloodOfRequestsIsBounded) {
  options_.most_channels = 10;
  Begin();
  WirePeer control = AcceptControl();
  control.Send(std::string(400, '\0'));
  std::vector<WirePeer> channels;
  for (int i = 0; i < 10; ++i) channels.push_back(AcceptChannel());
  EXPECT_TRUE(Eventually([&] { return connector_->Link().channels_ignored_total == 90; }));
  EXPECT_EQ(connector_->Link().waiting, 10u);
}

TEST(ConnectorTest, LeadsTheVisitorsOfAnExitToTheTargetThatIsTheirs) {
  SystemClock clock;
  CaptureLog log;
  EchoOrigin usual(log);
  EchoOrigin own(log);
  TestExit first(clock, log);
  TestExit second(clock, log);
  for (TestExit* exit : {&first, &second}) exit->Apply({OpenService("web", kToken)});
  ConnectorOptions options = OptionsFor({first.tunnel(), second.tunnel()}, usual.endpoint());
  WireListener nobody;
  options.services[0].target = At(nobody.endpoint());
  nobody.Close();
  options.services[0].targets = {{"exit-1", At(own.endpoint())}};
  const TestConnector connector(options, clock, log);
  EXPECT_EQ(Converse(second.VisitorPort(), "hello"), "hellobye");
  EXPECT_THAT(Converse(first.VisitorPort(), "hello"), testing::Not("hellobye"));
}

}  // namespace
}  // namespace lifeboat::exitnode
