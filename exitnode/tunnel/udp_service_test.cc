#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/testing/capture_log.h"
#include "exitnode/testing/hand_client.h"
#include "exitnode/testing/test_exit.h"
#include "exitnode/testing/udp_peer.h"
#include "exitnode/wire/rathole.h"
#include "exitnode/wire/udp_frame.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

// A service of datagrams as a tunnel client sees it, byte by byte, and as visitors do.
namespace lifeboat::exitnode {
namespace {

constexpr char kToken[] = "a-token-of-tests";
const std::string kStartUdp = Text(Encode(DataCommand::kStartUdp));

std::string Frame(const Endpoint& visitor, const std::string& payload) {
  std::vector<uint8_t> bytes;
  EXPECT_TRUE(AppendUdpFrame(visitor,
                             {reinterpret_cast<const uint8_t*>(payload.data()), payload.size()},
                             bytes)
                  .ok());
  return Text(bytes);
}

ServiceSpec DatagramService(bool open) {
  return {.name = "game", .token = kToken, .tcp_ports = {}, .open = open, .udp_ports = {0}};
}

class UdpServiceTest : public testing::Test {
 protected:
  UdpServiceTest() : UdpServiceTest(true) {}
  explicit UdpServiceTest(bool open) : exit_(clock_, log_) { exit_.Apply({DatagramService(open)}); }

  // A client with one channel that waits.
  std::unique_ptr<HandClient> Connect() {
    auto client = std::make_unique<HandClient>(exit_.tunnel());
    EXPECT_EQ(client->Authenticate("game", kToken), Text(Encode(Ack::kOk)));
    return client;
  }
  Endpoint Port() { return exit_.VisitorPort(); }
  // What comes next on `channel`.
  static std::string Next(WirePeer& channel, const std::string& expected) {
    return channel.Receive(expected.size());
  }

  SystemClock clock_;
  CaptureLog log_;
  TestExit exit_;
};

TEST_F(UdpServiceTest, CarriesDatagramsBothWays) {
  ASSERT_TRUE(exit_.Service().listening) << exit_.Service().trouble;
  const auto client = Connect();
  EXPECT_EQ(client->control().Receive(4), std::string(4, '\0')) << "one channel is enough";
  WirePeer channel = client->OpenChannel();
  UdpPeer visitor, other("127.0.0.2");
  visitor.Send(Port(), "here");
  const std::string first = kStartUdp + Frame(visitor.endpoint(), "here");
  EXPECT_EQ(Next(channel, first), first);
  other.Send(Port(), "");
  const std::string second = Frame(other.endpoint(), "");
  EXPECT_EQ(Next(channel, second), second);
  channel.Send(Frame(other.endpoint(), "to the other") + Frame(visitor.endpoint(), "to you"));
  EXPECT_EQ(visitor.Receive().payload, "to you");
  const UdpPeer::Heard heard = other.Receive();
  EXPECT_EQ(heard.payload, "to the other");
  EXPECT_EQ(heard.from, Port());
  EXPECT_TRUE(Eventually([&] { return exit_.Service().bytes_out_total == 18; }));
  const ServiceReport report = exit_.Service();
  EXPECT_EQ(report.visitors, 2u);
  EXPECT_EQ(report.bytes_in_total, 4u);
  EXPECT_EQ(report.upstream.last, UpstreamOutcome::kAnswered);
}

TEST_F(UdpServiceTest, WhatComesBeforeAChannelWaitsForIt) {
  UdpPeer visitor;
  visitor.Send(Port(), "early");
  const auto client = Connect();
  WirePeer channel = client->OpenChannel();
  const std::string expected = kStartUdp + Frame(visitor.endpoint(), "early");
  EXPECT_EQ(Next(channel, expected), expected);
}

TEST_F(UdpServiceTest, SendsNothingToThoseWhoNeverAsked) {
  const auto client = Connect();
  WirePeer channel = client->OpenChannel();
  UdpPeer visitor, stranger("127.0.0.1", 200);
  visitor.Send(Port(), "x");
  ASSERT_EQ(channel.Receive(4), kStartUdp);
  channel.Send(Frame(stranger.endpoint(), "buy this") + Frame(visitor.endpoint(), "y"));
  EXPECT_EQ(visitor.Receive().payload, "y");
  EXPECT_EQ(stranger.Receive().payload, "<silence>");
  EXPECT_EQ(exit_.Service().datagrams_dropped_total, 1u);
}

TEST_F(UdpServiceTest, AChannelThatBreaksIsReplacedWithTheNextDatagram) {
  const auto client = Connect();
  UdpPeer visitor;
  {
    WirePeer channel = client->OpenChannel();
    visitor.Send(Port(), "1");
    ASSERT_EQ(channel.Receive(4), kStartUdp);
  }
  WirePeer next = client->OpenChannel();
  ASSERT_TRUE(Eventually([&] { return exit_.Service().pooled_channels == 1; }));
  const std::string expected = kStartUdp + Frame(visitor.endpoint(), "2");
  // The end of the old one may be noticed only after the first of these.
  EXPECT_TRUE(Eventually([&] {
    visitor.Send(Port(), "2");
    return exit_.Service().pooled_channels == 0;
  }));
  EXPECT_EQ(Next(next, expected), expected);
}

TEST_F(UdpServiceTest, GarbageEndsTheChannelAndNotTheService) {
  const auto client = Connect();
  UdpPeer visitor;
  WirePeer channel = client->OpenChannel();
  visitor.Send(Port(), "1");
  ASSERT_EQ(channel.Receive(4), kStartUdp);
  channel.Send(std::string(64, '\xff'));
  EXPECT_THAT(channel.ReceiveToEnd(), testing::Not(testing::HasSubstr("silence")));
  EXPECT_TRUE(Eventually([&] { return log_.Contains("a data channel of datagrams is dropped"); }));
  WirePeer next = client->OpenChannel();
  visitor.Send(Port(), "2");
  const std::string expected = kStartUdp + Frame(visitor.endpoint(), "2");
  EXPECT_EQ(Next(next, expected), expected);
}

TEST_F(UdpServiceTest, ANewerClientIsAskedFromThenOn) {
  const auto old = Connect();
  UdpPeer visitor;
  WirePeer channel = old->OpenChannel();
  visitor.Send(Port(), "1");
  ASSERT_EQ(channel.Receive(4), kStartUdp);
  const auto newer = Connect();
  EXPECT_THAT(channel.ReceiveToEnd(), testing::Not(testing::HasSubstr("silence")));
  WirePeer next = newer->OpenChannel();
  visitor.Send(Port(), "2");
  const std::string expected = kStartUdp + Frame(visitor.endpoint(), "2");
  EXPECT_EQ(Next(next, expected), expected);
}

TEST_F(UdpServiceTest, AChangedTokenEndsTheChannelToo) {
  const auto client = Connect();
  UdpPeer visitor;
  WirePeer channel = client->OpenChannel();
  visitor.Send(Port(), "1");
  ASSERT_EQ(channel.Receive(4), kStartUdp);
  ServiceSpec changed = DatagramService(true);
  changed.token = "another-token-of-tests";
  exit_.Apply({changed});
  EXPECT_THAT(channel.ReceiveToEnd(), testing::Not(testing::HasSubstr("silence")));
}

TEST_F(UdpServiceTest, AServiceThatIsNoMoreTakesNoDatagrams) {
  const auto client = Connect();
  const Endpoint port = Port();
  UdpPeer visitor;
  WirePeer channel = client->OpenChannel();
  visitor.Send(port, "1");
  ASSERT_EQ(channel.Receive(4), kStartUdp);
  exit_.Apply({});
  EXPECT_THAT(channel.ReceiveToEnd(), testing::Not(testing::HasSubstr("silence")));
  EXPECT_TRUE(Eventually([&] {
    asio::io_context io;
    return BindUdp(io.get_executor(), port).ok();
  }));
}

class DarkUdpServiceTest : public UdpServiceTest {
 protected:
  DarkUdpServiceTest() : UdpServiceTest(false) {}
};

TEST_F(DarkUdpServiceTest, HearsOnlyThoseWhoAreAdmitted) {
  const auto client = Connect();
  WirePeer channel = client->OpenChannel();
  exit_.Run([&](TunnelServer& server) {
    server.Admit(*IpAddress::Parse("127.0.0.2"), clock_.Now() + absl::Seconds(90));
  });
  UdpPeer stranger("127.0.0.3"), vantage("127.0.0.2");
  stranger.Send(Port(), "let me in");
  vantage.Send(Port(), "probe");
  const std::string expected = kStartUdp + Frame(vantage.endpoint(), "probe");
  EXPECT_EQ(Next(channel, expected), expected);
  exit_.Apply({DatagramService(true)});
  stranger.Send(Port(), "now");
  const std::string opened = Frame(stranger.endpoint(), "now");
  EXPECT_EQ(Next(channel, opened), opened);
}

}  // namespace
}  // namespace lifeboat::exitnode
