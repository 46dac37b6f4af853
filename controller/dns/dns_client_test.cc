#include "controller/dns/dns_client.h"

#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <string>

#include "base/clock.h"
#include "controller/dns/testing/dns_script.h"

namespace lifeboat {
namespace {

using Replies = std::vector<std::string>;
constexpr absl::Duration kLong = absl::Seconds(10);
constexpr absl::Duration kShort = absl::Milliseconds(150);

std::string FirstAddress(const absl::StatusOr<DnsAnswer>& answer) {
  if (!answer.ok()) return answer.status().ToString();
  return answer->answers.empty() ? "none" : answer->answers[0].value;
}

DnsQuestion Question(const DnsScript& server) { return {server.endpoint(), "www.l.test"}; }

TEST(DnsClientTest, AsksByUdp) {
  std::atomic<bool> by_tcp = false;
  DnsScript server([&](absl::string_view message, bool tcp) -> Replies {
    by_tcp = tcp;
    return {ReplyTo(message, {"www.l.test. A 192.0.2.1"})};
  });
  EXPECT_EQ(FirstAddress(DnsClient().Ask(Question(server), kLong)), "192.0.2.1");
  EXPECT_FALSE(by_tcp);
}

TEST(DnsClientTest, GoesOnByTcpWhereTheAnswerIsCutShort) {
  DnsScript server([](absl::string_view message, bool tcp) -> Replies {
    if (!tcp) return {ReplyTo(message, {}, {.truncated = true})};
    return {ReplyTo(message, {"www.l.test. A 192.0.2.2"})};
  });
  EXPECT_EQ(FirstAddress(DnsClient().Ask(Question(server), kLong)), "192.0.2.2");
}

TEST(DnsClientTest, RepeatsByUdpAndThenByTcp) {
  std::atomic<int> datagrams = 0;
  DnsScript server([&](absl::string_view message, bool tcp) -> Replies {
    if (!tcp) ++datagrams;
    if (!tcp) return {};
    return {ReplyTo(message, {"www.l.test. A 192.0.2.3"})};
  });
  EXPECT_EQ(FirstAddress(DnsClient().Ask(Question(server), absl::Milliseconds(300))), "192.0.2.3");
  EXPECT_EQ(datagrams, 2);
}

TEST(DnsClientTest, IgnoresOtherIdsOtherQuestionsAndGarbage) {
  DnsScript server([](absl::string_view message, bool) -> Replies {
    const std::string good = ReplyTo(message, {"www.l.test. A 192.0.2.4"});
    std::string other_id = good, other_name = good;
    other_id[0] ^= 1;
    other_name[13] = 'x';
    return {"", "garbage", std::string(message), other_id, other_name, good};
  });
  EXPECT_EQ(FirstAddress(DnsClient().Ask(Question(server), kLong)), "192.0.2.4");
}

// Another host answers the very question, ID and all.
TEST(DnsClientTest, IgnoresAnswersFromElsewhere) {
  DnsScript silent([](absl::string_view, bool) -> Replies { return {}; });
  auto exchange = DnsClient().Begin(Question(silent), DnsTransport::kUdp).value();
  sockaddr_storage mine;
  socklen_t size = sizeof(mine);
  ASSERT_EQ(getsockname(exchange->fd(), reinterpret_cast<sockaddr*>(&mine), &size), 0);
  const int elsewhere = socket(AF_INET, SOCK_DGRAM, 0);
  std::string question = MakeQuestion("www.l.test", RrType::kA, false).value();
  for (int id = 0; id < 65536; ++id) {
    SetMessageId(question, static_cast<uint16_t>(id));
    std::string reply = question;
    reply[2] = static_cast<char>(0x84);
    sendto(elsewhere, reply.data(), reply.size(), 0, reinterpret_cast<sockaddr*>(&mine), size);
  }
  close(elsewhere);
  PollOnce({exchange.get()}, absl::Milliseconds(50));
  EXPECT_FALSE(exchange->done());
}

TEST(DnsClientTest, TellsSilenceFromRefusalAndFromNoRoute) {
  DnsScript silent([](absl::string_view, bool) -> Replies { return {}; });
  DnsScript garbled([](absl::string_view message, bool) -> Replies {
    std::string reply = ReplyTo(message, {"www.l.test. A 192.0.2.1"});
    reply.resize(reply.size() - 1);
    return {reply};
  });
  const Endpoint nobody = Endpoint::Parse("127.0.0.1:1").value();
  const Endpoint no_route = Endpoint::Parse("[100::1]:53").value();  // RFC 6666
  const SystemClock clock;
  const Instant begun = clock.Now();
  const auto answers = DnsClient().AskAll({{silent.endpoint(), "www.l.test"},
                                           {garbled.endpoint(), "www.l.test"},
                                           {nobody, "www.l.test"},
                                           {no_route, "www.l.test"}},
                                          kShort);
  EXPECT_GE(clock.Now() - begun, kShort);
  // A TCP connection that is taken and closed again is no silence, but no answer either.
  EXPECT_TRUE(absl::IsDeadlineExceeded(answers[0].status()) || absl::IsUnknown(answers[0].status()))
      << answers[0].status();
  EXPECT_EQ(answers[1].status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(answers[2].status().code(), absl::StatusCode::kUnavailable);
  EXPECT_NE(answers[3].status().code(), absl::StatusCode::kOk);
}

TEST(DnsClientTest, SendsOnceAndSaysWhetherItMayHaveArrived) {
  std::atomic<int> received = 0;
  DnsScript silent([&](absl::string_view, bool) -> Replies {
    ++received;
    return {};
  });
  const std::string message = MakeQuestion("www.l.test", RrType::kA, false).value();
  const DnsClient client;
  EXPECT_EQ(client.SendOnce(silent.endpoint(), message, kShort).status().code(),
            absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(received, 1);
  EXPECT_EQ(
      client.SendOnce(Endpoint::Parse("127.0.0.1:1").value(), message, kShort).status().code(),
      absl::StatusCode::kUnavailable);
}

TEST(DnsClientTest, SendsLongMessagesByTcp) {
  std::atomic<bool> by_tcp = false;
  DnsScript server([&](absl::string_view message, bool tcp) -> Replies {
    by_tcp = tcp;
    return {ReplyTo(message.substr(0, 28), {})};
  });
  std::string message = MakeQuestion("www.l.test", RrType::kA, false).value();
  message.resize(1300);
  EXPECT_TRUE(DnsClient().SendOnce(server.endpoint(), message, kLong).ok());
  EXPECT_TRUE(by_tcp);
}

TEST(DnsClientTest, SendsFromTheAddressItIsGiven) {
  DnsScript server(ServeRecords({"www.l.test. A 192.0.2.1"}));
  const DnsClient from(IpAddress::Parse("127.0.0.9").value());
  auto exchange = from.Begin(Question(server), DnsTransport::kUdp).value();
  sockaddr_storage mine;
  socklen_t size = sizeof(mine);
  ASSERT_EQ(getsockname(exchange->fd(), reinterpret_cast<sockaddr*>(&mine), &size), 0);
  EXPECT_EQ(Endpoint::FromSockaddr(reinterpret_cast<sockaddr*>(&mine))->address.ToString(),
            "127.0.0.9");
  const DnsClient not_ours(IpAddress::Parse("192.0.2.1").value());
  EXPECT_EQ(not_ours.Ask(Question(server), kLong).status().code(), absl::StatusCode::kUnavailable);
}

TEST(DnsClientTest, RefusesWhatIsNoName) {
  DnsScript server(ServeRecords({}));
  EXPECT_EQ(DnsClient().Ask({server.endpoint(), "a..b"}, kLong).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(DnsClientTest, NumbersMessagesUnpredictably) {
  std::set<uint16_t> ids;
  for (int i = 0; i < 64; ++i) ids.insert(RandomMessageId());
  EXPECT_GT(ids.size(), 56u);  // two alike are likely, nine are not
}

}  // namespace
}  // namespace lifeboat
