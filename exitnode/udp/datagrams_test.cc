#include "exitnode/udp/datagrams.h"

#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "asio/error.hpp"
#include "asio/io_context.hpp"
#include "base/testing/eventually.h"
#include "exitnode/testing/udp_peer.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace lifeboat::exitnode {
namespace {

std::span<const uint8_t> Bytes(const std::string& text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

std::string Text(std::span<const uint8_t> bytes) { return {bytes.begin(), bytes.end()}; }

// A socket of ours at `address`, and what it has taken.
class Ours {
 public:
  explicit Ours(const char* address)
      : socket_(*BindUdp(io_.get_executor(), {*IpAddress::Parse(address), 0})) {}

  // As peers reach it at `address`.
  Endpoint At(const char* address) const {
    return {*IpAddress::Parse(address), socket_.local_endpoint().port()};
  }
  // Waits for datagrams, one at least; they stand until the next time.
  std::vector<Datagram> Take() {
    std::vector<Datagram> taken;
    EXPECT_TRUE(Eventually([&] {
      asio::error_code error;
      const size_t count = inbox_.Receive(socket_.native_handle(), error);
      for (size_t i = 0; i < count; ++i) taken.push_back(inbox_.at(i));
      return count > 0;
    }));
    return taken;
  }
  asio::error_code Answer(const std::vector<Datagram>& datagrams) {
    for (const Datagram& datagram : datagrams) outbox_.Add(datagram);
    return outbox_.Flush(socket_.native_handle());
  }
  const DatagramOutbox& outbox() const { return outbox_; }

 private:
  asio::io_context io_;
  Udp::socket socket_;
  DatagramInbox inbox_;
  DatagramOutbox outbox_;
};

bool HasIpv6() {
  asio::io_context io;
  return BindUdp(io.get_executor(), {*IpAddress::Parse("::1"), 0}).ok();
}

struct Family {
  const char *bound, *at, *peer;
};

class DatagramsTest : public testing::TestWithParam<Family> {};

// A visitor takes an answer from no other address than the one that it asked.
TEST_P(DatagramsTest, AnswersLeaveFromTheAddressThatWasAsked) {
  if (absl::StrContains(GetParam().at, ':') && !HasIpv6()) GTEST_SKIP() << "no IPv6 here";
  Ours ours(GetParam().bound);
  UdpPeer peer(GetParam().peer);
  peer.Send(ours.At(GetParam().at), "question");
  const auto asked = ours.Take();
  ASSERT_EQ(asked.size(), 1u);
  EXPECT_EQ(asked[0].peer, peer.endpoint());
  EXPECT_EQ(asked[0].local, *IpAddress::Parse(GetParam().at));
  EXPECT_EQ(Text(asked[0].payload), "question");
  const std::string words = "answer";
  EXPECT_FALSE(ours.Answer({{peer.endpoint(), asked[0].local, Bytes(words)}}));
  const UdpPeer::Heard heard = peer.Receive();
  EXPECT_EQ(heard.payload, "answer");
  EXPECT_EQ(heard.from, ours.At(GetParam().at));
}

INSTANTIATE_TEST_SUITE_P(Families, DatagramsTest,
                         testing::Values(Family{"127.0.0.1", "127.0.0.1", "127.0.0.1"},
                                         Family{"0.0.0.0", "127.0.0.9",
                                                "127.0.0.1"},  // not the one that it would take
                                         Family{"::", "127.0.0.9", "127.0.0.1"},
                                         Family{"::", "::1", "::1"}, Family{"::1", "::1", "::1"}));

TEST(DatagramsManyTest, ManyArriveInOrderAndSoDoTheirAnswers) {
  Ours ours("127.0.0.1");
  UdpPeer peer;
  constexpr size_t kMany = 2 * DatagramInbox::kMost + 7;
  for (size_t i = 0; i < kMany; ++i) peer.Send(ours.At("127.0.0.1"), std::to_string(i));
  size_t next = 0;
  while (next < kMany) {
    const auto some = ours.Take();
    ASSERT_FALSE(some.empty());
    for (const Datagram& datagram : some) EXPECT_EQ(Text(datagram.payload), std::to_string(next++));
    EXPECT_FALSE(ours.Answer(some));
  }
  for (size_t i = 0; i < kMany; ++i) ASSERT_EQ(peer.Receive().payload, std::to_string(i));
}

TEST(DatagramsManyTest, TheLongestAndTheEmptyOnePassWhole) {
  Ours ours("127.0.0.1");
  UdpPeer peer;
  const std::string longest(kMostDatagramBytes, 'l');
  for (const std::string& payload : {longest, std::string()}) {
    peer.Send(ours.At("127.0.0.1"), payload);
    const auto taken = ours.Take();
    ASSERT_EQ(taken.size(), 1u);
    EXPECT_TRUE(Text(taken[0].payload) == payload);
    EXPECT_FALSE(ours.Answer(taken));
    EXPECT_TRUE(peer.Receive().payload == payload);
  }
}

TEST(DatagramsManyTest, OneThatCannotBeReachedKeepsNobodyElseFromIt) {
  Ours ours("127.0.0.1");
  UdpPeer peer;
  const std::string words = "to you";
  const Endpoint nowhere{*IpAddress::Parse("203.0.113.1"), 9};  // not from a loopback address
  EXPECT_FALSE(ours.Answer({{nowhere, {}, Bytes(words)}, {peer.endpoint(), {}, Bytes(words)}}));
  EXPECT_EQ(peer.Receive().payload, "to you");
  EXPECT_EQ(ours.outbox().undeliverable_total(), 1u);
  EXPECT_EQ(ours.outbox().waiting(), 0u);
}

TEST(DatagramsManyTest, APeerThatIsGoneIsNoErrorOfTheSocket) {
  Ours ours("127.0.0.1");
  Endpoint gone;
  {
    const UdpPeer left;
    gone = left.endpoint();
  }
  const std::string words = "anybody?";
  EXPECT_FALSE(ours.Answer({{gone, {}, Bytes(words)}}));  // its ICMP error waits at the socket
  UdpPeer peer;
  peer.Send(ours.At("127.0.0.1"), "I am");
  EXPECT_EQ(Text(ours.Take().at(0).payload), "I am");
}

TEST(BindUdpTest, NamesTheEndpointThatItCannotHave) {
  asio::io_context io;
  const UdpPeer squatter;
  const auto socket = BindUdp(io.get_executor(), squatter.endpoint());
  EXPECT_THAT(std::string(socket.status().message()),
              testing::HasSubstr("UDP " + squatter.endpoint().ToString()));
}

}  // namespace
}  // namespace lifeboat::exitnode
