#include "exitnode/tunnel/tunnel_server.h"

#include <array>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/testing/capture_log.h"
#include "exitnode/testing/hand_client.h"
#include "exitnode/testing/test_exit.h"
#include "exitnode/testing/wire_peer.h"
#include "exitnode/wire/rathole.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

// The tunnel server as a rathole client sees it, byte by byte, and as strangers do.
namespace lifeboat::exitnode {
namespace {

constexpr char kToken[] = "a-token-of-tests";

const std::string kCreate(4, '\0');
const std::string kStartTcp(4, '\0');
const std::string kHeartbeat = Text(Encode(ControlCommand::kHeartbeat));

class TunnelServerTest : public testing::Test {
 protected:
  TunnelServerTest() : exit_(clock_, log_) { exit_.Apply({OpenService("web", kToken)}); }

  bool TunnelIs(bool up) {
    return Eventually([&] { return exit_.Service().tunnel_up == up; });
  }
  bool PooledIs(uint32_t count) {
    return Eventually([&] { return exit_.Service().pooled_channels == count; });
  }

  SystemClock clock_;
  CaptureLog log_;
  TestExit exit_;
};

TEST_F(TunnelServerTest, AsksForEightChannelsAndOneMoreForEachVisitor) {
  HandClient client(exit_.tunnel());
  ASSERT_EQ(client.Authenticate("web", kToken), Text(Encode(Ack::kOk)));
  EXPECT_EQ(client.control().Receive(32), std::string(32, '\0'));
  std::vector<WirePeer> channels;
  for (int i = 0; i < 8; ++i) channels.push_back(client.OpenChannel());
  ASSERT_TRUE(PooledIs(8));

  WirePeer visitor = WirePeer::Connect(exit_.VisitorPort());
  EXPECT_EQ(client.control().Receive(4), kCreate);
  visitor.Send("hello");
  EXPECT_EQ(channels[0].Receive(4 + 5), kStartTcp + "hello") << "the oldest is taken";
  channels[0].Send("welcome");
  EXPECT_EQ(visitor.Receive(7), "welcome");
  EXPECT_TRUE(
      Eventually([&] { return exit_.Service().upstream.last == UpstreamOutcome::kAnswered; }));
}

TEST_F(TunnelServerTest, AnswersAWrongTokenAndAnUnknownServiceAlikeAndCountsThem) {
  HandClient wrong_token(exit_.tunnel());
  EXPECT_EQ(wrong_token.Authenticate("web", "another-token-of-tests"),
            Text(Encode(Ack::kAuthenticationFailed)));
  EXPECT_EQ(wrong_token.control().ReceiveToEnd(), "");
  HandClient unknown(exit_.tunnel());
  EXPECT_EQ(unknown.Authenticate("mail", kToken), Text(Encode(Ack::kAuthenticationFailed)));
  EXPECT_EQ(unknown.control().ReceiveToEnd(), "");
  EXPECT_EQ(exit_.Report().handshakes.wrong_token_total, 2u);
  EXPECT_FALSE(exit_.Service().tunnel_up);
  EXPECT_TRUE(log_.Contains("a tunnel handshake failed")) << log_.Text();
  EXPECT_FALSE(log_.Contains(kToken));
}

TEST_F(TunnelServerTest, DropsGarbageWithoutAWord) {
  for (const std::string& garbage :
       {std::string("GET / HTTP/1.1\r\nHost: example.net\r\n\r\n"), std::string(37, '\xff'),
        std::string("\0\0\0\0\0", 5) + std::string(32, 'x')}) {
    WirePeer stranger = WirePeer::Connect(exit_.tunnel());
    stranger.Send(garbage);
    EXPECT_THAT(stranger.ReceiveToEnd(), testing::AnyOf("", "<reset>"));
  }
  EXPECT_TRUE(Eventually([&] { return exit_.Report().handshakes.malformed_total == 3; }));
  EXPECT_EQ(exit_.Report().pending_handshakes, 0u);
}

TEST_F(TunnelServerTest, DropsADataChannelOfNoSession) {
  HandClient client(exit_.tunnel());
  client.Authenticate("web", "another-token-of-tests");
  WirePeer channel = client.OpenChannel();
  EXPECT_EQ(channel.ReceiveToEnd(), "");
  EXPECT_EQ(exit_.Report().handshakes.unknown_key_total, 1u);
}

TEST_F(TunnelServerTest, BoundsSilentConnectionsInNumberAndTimeWhileOthersAreServed) {
  std::vector<WirePeer> silent;
  for (int i = 0; i < 200; ++i) {
    silent.push_back(WirePeer::Connect(exit_.tunnel(), "127.0.0.9"));
    silent.back().Send("\0");
  }
  ASSERT_TRUE(Eventually([&] { return exit_.Report().handshakes.turned_away_total >= 136; }));
  EXPECT_LE(exit_.Report().pending_handshakes, 64u);
  HandClient client(exit_.tunnel(), "127.0.0.1");
  EXPECT_EQ(client.Authenticate("web", kToken), Text(Encode(Ack::kOk)));
  EXPECT_TRUE(Eventually([&] { return exit_.Report().pending_handshakes == 0; }));
  const HandshakeCounts counts = exit_.Report().handshakes;
  EXPECT_EQ(counts.timed_out_total + counts.turned_away_total, 200u);
  for (WirePeer& peer : silent) EXPECT_THAT(peer.ReceiveToEnd(), testing::AnyOf("", "<reset>"));
}

TEST_F(TunnelServerTest, AByteAtATimeDoesNotStretchTheDeadline) {
  WirePeer slow = WirePeer::Connect(exit_.tunnel());
  EXPECT_TRUE(Eventually([&, polls = 0]() mutable {
    if (++polls % 10 == 0 && polls < 300) slow.Send(std::string(1, '\0'));
    return exit_.Report().handshakes.timed_out_total == 1;
  }));
}

TEST_F(TunnelServerTest, TheNewestClientWinsAndRunningStreamsSurvive) {
  HandClient old_client(exit_.tunnel());
  old_client.Authenticate("web", kToken);
  WirePeer running = old_client.OpenChannel();
  ASSERT_TRUE(PooledIs(1));
  WirePeer visitor = WirePeer::Connect(exit_.VisitorPort());
  visitor.Send("before");
  ASSERT_EQ(running.Receive(4 + 6), kStartTcp + "before");
  WirePeer pooled = old_client.OpenChannel();
  ASSERT_TRUE(PooledIs(1));

  HandClient new_client(exit_.tunnel());
  ASSERT_EQ(new_client.Authenticate("web", kToken), Text(Encode(Ack::kOk)));
  EXPECT_THAT(old_client.control().ReceiveToEnd(), testing::Not(testing::HasSubstr("silence")));
  EXPECT_THAT(pooled.ReceiveToEnd(), testing::AnyOf("", "<reset>"));
  running.Send("after");
  EXPECT_EQ(visitor.Receive(5), "after");
  EXPECT_TRUE(exit_.Service().tunnel_up);
}

TEST_F(TunnelServerTest, NoticesThatAClientHasLeft) {
  HandClient client(exit_.tunnel());
  client.Authenticate("web", kToken);
  ASSERT_TRUE(TunnelIs(true));
  client.control().Close();
  EXPECT_TRUE(TunnelIs(false));
}

TEST_F(TunnelServerTest, AClientThatSpeaksOnItsControlChannelIsSentAway) {
  HandClient client(exit_.tunnel());
  client.Authenticate("web", kToken);
  ASSERT_TRUE(TunnelIs(true));
  client.control().Send("x");
  EXPECT_TRUE(TunnelIs(false));
}

TEST_F(TunnelServerTest, AChannelThatDiesInThePoolIsNotGivenToAVisitor) {
  HandClient client(exit_.tunnel());
  client.Authenticate("web", kToken);
  WirePeer dead = client.OpenChannel();
  ASSERT_TRUE(PooledIs(1));
  dead.Close();
  EXPECT_TRUE(PooledIs(0));
  WirePeer live = client.OpenChannel();
  WirePeer visitor = WirePeer::Connect(exit_.VisitorPort());
  visitor.Send("x");
  EXPECT_EQ(live.Receive(5), kStartTcp + "x");
}

TEST_F(TunnelServerTest, WhatAVisitorSaidWhileItWaitedGoesWithTheCommand) {
  HandClient client(exit_.tunnel());
  ASSERT_EQ(client.Authenticate("web", kToken), Text(Encode(Ack::kOk)));
  WirePeer visitor = WirePeer::Connect(exit_.VisitorPort());
  const std::string request = std::string(3000, 'q') + "?";
  visitor.Send(request);
  visitor.FinishSending();
  WirePeer channel = client.OpenChannel();
  EXPECT_EQ(channel.ReceiveToEnd(), kStartTcp + request);
  channel.Send("answer");
  channel.FinishSending();
  EXPECT_EQ(visitor.ReceiveToEnd(), "answer");
  EXPECT_TRUE(Eventually([&] { return exit_.Service().visitors == 0; }));
  EXPECT_EQ(exit_.Service().bytes_in_total, request.size());
}

TEST_F(TunnelServerTest, ReportsAnOriginThatDoesNotTakeVisitors) {
  HandClient client(exit_.tunnel());
  client.Authenticate("web", kToken);
  WirePeer channel = client.OpenChannel();
  ASSERT_TRUE(PooledIs(1));
  WirePeer visitor = WirePeer::Connect(exit_.VisitorPort());
  visitor.Send("hello");
  EXPECT_EQ(channel.Receive(9), kStartTcp + "hello");
  channel.Close();
  EXPECT_THAT(visitor.ReceiveToEnd(), testing::AnyOf("", "<reset>"));
  EXPECT_TRUE(
      Eventually([&] { return exit_.Service().upstream.last == UpstreamOutcome::kRefused; }));
  EXPECT_EQ(exit_.Service().upstream.refused_total, 1u);
}

TEST_F(TunnelServerTest, AVisitorThatLeavesUnansweredProvesNothingAboutTheOrigin) {
  HandClient client(exit_.tunnel());
  client.Authenticate("web", kToken);
  WirePeer channel = client.OpenChannel();
  ASSERT_TRUE(PooledIs(1));
  WirePeer::Connect(exit_.VisitorPort()).Close();
  EXPECT_EQ(channel.ReceiveToEnd(), kStartTcp);
  channel.Close();
  EXPECT_TRUE(Eventually([&] { return exit_.Service().visitors == 0; }));
  EXPECT_EQ(exit_.Service().visitors_total, 1u);
  EXPECT_EQ(exit_.Service().upstream.last, UpstreamOutcome::kNone);
}

TEST_F(TunnelServerTest, ARemovedServiceClosesItsPortAndKeepsItsStreams) {
  HandClient client(exit_.tunnel());
  client.Authenticate("web", kToken);
  WirePeer channel = client.OpenChannel();
  ASSERT_TRUE(PooledIs(1));
  const Endpoint port = exit_.VisitorPort();
  WirePeer visitor = WirePeer::Connect(port);
  visitor.Send("x");
  ASSERT_EQ(channel.Receive(5), kStartTcp + "x");
  exit_.Apply({});
  EXPECT_FALSE(WirePeer::TryConnect(port, "127.0.0.1", 200).connected());
  channel.Send("still here");
  EXPECT_EQ(visitor.Receive(10), "still here");
}

TEST_F(TunnelServerTest, AChangedTokenEndsTheSession) {
  HandClient client(exit_.tunnel());
  client.Authenticate("web", kToken);
  ASSERT_TRUE(TunnelIs(true));
  exit_.Apply({OpenService("web", "another-token-of-tests")});
  EXPECT_TRUE(TunnelIs(false));
  HandClient again(exit_.tunnel());
  EXPECT_EQ(again.Authenticate("web", "another-token-of-tests"), Text(Encode(Ack::kOk)));
}

TEST_F(TunnelServerTest, SaysWhichPortIsTakenAndBindsItOnceItIsFree) {
  WireListener squatter;
  ServiceSpec spec = OpenService("web", kToken);
  spec.tcp_ports = {squatter.endpoint().port};
  exit_.Apply({spec});
  EXPECT_FALSE(exit_.Service().listening);
  EXPECT_THAT(exit_.Service().trouble,
              testing::HasSubstr(squatter.endpoint().ToString() + ": Address already in use"));
  squatter.Close();
  EXPECT_TRUE(Eventually([&] { return exit_.Service().listening; }));
  EXPECT_EQ(exit_.Service().trouble, "");
}

TEST(TunnelServerLimitsTest, ResetsAVisitorForWhomNoChannelComes) {
  SystemClock clock;
  CaptureLog log;
  TunnelOptions options = BriefOptions();
  options.services.visitor_patience = std::chrono::milliseconds(100);
  TestExit exit(clock, log, options);
  exit.Apply({OpenService("web", kToken)});
  WirePeer visitor = WirePeer::Connect(exit.VisitorPort());
  EXPECT_EQ(visitor.ReceiveToEnd(), "<reset>");
  EXPECT_EQ(exit.Service().upstream.last, UpstreamOutcome::kNoChannel);
}

TEST(TunnelServerLimitsTest, SendsAHeartbeatAfterSilence) {
  SystemClock clock;
  CaptureLog log;
  TunnelOptions options = BriefOptions();
  options.services.session.heartbeat = std::chrono::milliseconds(50);
  options.services.channels.spare = 0;
  TestExit exit(clock, log, options);
  exit.Apply({OpenService("web", kToken)});
  HandClient client(exit.tunnel());
  client.Authenticate("web", kToken);
  EXPECT_EQ(client.control().Receive(8), kHeartbeat + kHeartbeat);
}

TEST(TunnelServerLimitsTest, TurnsVisitorsAwayBeyondItsCap) {
  SystemClock clock;
  CaptureLog log;
  TunnelOptions options = BriefOptions();
  options.services.most_visitors = 1;
  TestExit exit(clock, log, options);
  exit.Apply({OpenService("web", kToken)});
  WirePeer first = WirePeer::Connect(exit.VisitorPort());
  ASSERT_TRUE(Eventually([&] { return exit.Service().visitors == 1; }));
  EXPECT_EQ(WirePeer::Connect(exit.VisitorPort()).ReceiveToEnd(), "<reset>");
  EXPECT_EQ(exit.Service().visitors_turned_away_total, 1u);
}

TEST(TunnelServerLimitsTest, ComputesItsVisitorCapFromTheDescriptors) {
  EXPECT_EQ(VisitorCap(20000), 8976);
  EXPECT_EQ(VisitorCap(1024), 384);
}

// Strangers wait for silence here: briefly, for it is what is expected.
constexpr int kBriefly = 200;

class DarkServiceTest : public testing::Test {
 protected:
  DarkServiceTest() : exit_(clock_, log_) {
    ServiceSpec spec = OpenService("web", kToken);
    spec.open = false;
    exit_.Apply({spec});
  }
  void Admit(absl::string_view address) {
    exit_.Run([&](TunnelServer& server) {
      server.Admit(*IpAddress::Parse(address), clock_.Now() + absl::Seconds(90));
    });
  }
  bool Answers(absl::string_view source) {
    return WirePeer::TryConnect(exit_.VisitorPort(), source, kBriefly).connected();
  }

  SystemClock clock_;
  CaptureLog log_;
  TestExit exit_;
};

TEST_F(DarkServiceTest, AnswersWhoIsAdmittedUntilWithdrawn) {
  ASSERT_TRUE(exit_.Service().listening) << exit_.Service().trouble;
  EXPECT_FALSE(Answers("127.0.0.2"));
  Admit("127.0.0.2");
  EXPECT_TRUE(Answers("127.0.0.2"));
  EXPECT_FALSE(Answers("127.0.0.3"));
  exit_.Run([](TunnelServer& server) { server.Withdraw(*IpAddress::Parse("127.0.0.2")); });
  EXPECT_FALSE(Answers("127.0.0.2"));
}

TEST_F(DarkServiceTest, OpensAndGoesDarkAgainOnTheSamePort) {
  const Endpoint port = exit_.VisitorPort();
  ServiceSpec spec = OpenService("web", kToken);
  exit_.Apply({spec});
  EXPECT_EQ(exit_.VisitorPort(), port);
  EXPECT_TRUE(exit_.Service().open);
  EXPECT_TRUE(Answers("127.0.0.3"));
  spec.open = false;
  exit_.Apply({spec});
  EXPECT_FALSE(Answers("127.0.0.3"));
}

TEST_F(DarkServiceTest, AnAdmittedVisitorIsServedBeyondItsKnock) {
  HandClient client(exit_.tunnel());
  client.Authenticate("web", kToken);
  WirePeer channel = client.OpenChannel();
  Admit("127.0.0.2");
  WirePeer visitor = WirePeer::Connect(exit_.VisitorPort(), "127.0.0.2");
  visitor.Send("x");
  EXPECT_EQ(channel.Receive(5), kStartTcp + "x");
  exit_.Run([](TunnelServer& server) { server.Withdraw(*IpAddress::Parse("127.0.0.2")); });
  visitor.Send("y");
  EXPECT_EQ(channel.Receive(1), "y");
}

}  // namespace
}  // namespace lifeboat::exitnode
