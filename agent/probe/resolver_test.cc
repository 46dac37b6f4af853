#include "agent/probe/resolver.h"

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "agent/probe/event_loop.h"
#include "agent/probe/testing/fake_dns_server.h"
#include "agent/probe/testing/turn.h"
#include "base/clock.h"
#include "gtest/gtest.h"

namespace lifeboat::agent {
namespace {

class ResolverTest : public testing::Test {
 protected:
  Resolver::Answer Ask(const std::string& name, std::vector<Endpoint> servers,
                       absl::Duration limit = absl::Seconds(5),
                       std::optional<IpAddress> source = std::nullopt) {
    Resolver::Answer got;
    resolver_.Resolve({name, std::move(servers), source, loop_.Now() + limit},
                      [&](const Resolver::Answer& answer) {
                        got = answer;
                        finished_at_ = loop_.Now();
                        finished_ = true;
                      });
    EXPECT_FALSE(finished_) << "never from within";
    Turn([&] { return finished_; });
    finished_ = false;
    return got;
  }
  void Turn(const std::function<bool()>& done) { EXPECT_TRUE(TurnUntil(loop_, done)); }
  static std::string First(const Resolver::Answer& answer) {
    return answer.addresses.empty() ? "none: " + answer.failure : answer.addresses[0].ToString();
  }

  SystemClock clock_;
  EventLoop loop_{clock_};
  Resolver resolver_{loop_};
  FakeDnsServer one_, two_;
  bool finished_ = false;
  Instant finished_at_;
};

TEST_F(ResolverTest, FollowsAnAliasToAllItsAddresses) {
  one_.Set("app.example", {.alias = "edge.example.net", .addresses = {"192.0.2.1", "192.0.2.2"}});
  const auto answer = Ask("app.example", {one_.endpoint()});
  ASSERT_EQ(answer.addresses.size(), 2u) << answer.failure;
  EXPECT_EQ(answer.addresses[1].ToString(), "192.0.2.2");
}

TEST_F(ResolverTest, TheFirstGoodAnswerWinsWhateverTheOtherServerDoes) {
  one_.Set("app.example", {.addresses = {"192.0.2.1"}});
  two_.SetSilent(true);
  EXPECT_EQ(First(Ask("app.example", {one_.endpoint(), two_.endpoint()})), "192.0.2.1");
  two_.SetSilent(false);
  EXPECT_EQ(First(Ask("app.example", {two_.endpoint(), one_.endpoint()})), "192.0.2.1")
      << "the NXDOMAIN of one server is not the last word";
  two_.Set("app.example", {.rcode = ns_r_servfail});
  EXPECT_EQ(First(Ask("app.example", {two_.endpoint(), one_.endpoint()})), "192.0.2.1");
}

TEST_F(ResolverTest, ASilentServerCostsNothingWhereAnotherAnswers) {
  one_.SetSilent(true);
  two_.Set("four.example", {.addresses = {"192.0.2.1"}});
  two_.Set("six.example", {.addresses = {"2001:db8::6"}});
  for (const auto& [name, address] :
       {std::pair("four.example", "192.0.2.1"), std::pair("six.example", "2001:db8::6")}) {
    const Instant begin = loop_.Now();
    const auto answer = Ask(name, {one_.endpoint(), two_.endpoint()}, absl::Minutes(1));
    EXPECT_EQ(First(answer), address);
    EXPECT_LT(finished_at_ - begin, absl::Seconds(2)) << "c-ares asks a silent one for 2.8 s";
  }
}

TEST_F(ResolverTest, TakesIpv6AtHalfTimeWhereNobodyCanSayWhetherThereIsIpv4) {
  one_.SetSilent(true);
  two_.Set("six.example", {.addresses = {"2001:db8::6"}, .silent_on_a = true});
  const Instant begin = loop_.Now();
  const auto answer =
      Ask("six.example", {one_.endpoint(), two_.endpoint()}, absl::Milliseconds(600));
  EXPECT_EQ(First(answer), "2001:db8::6");
  EXPECT_GE(finished_at_ - begin, absl::Milliseconds(300));
}

TEST_F(ResolverTest, FailsAtOnceWhenAllServersHaveFailedAndNamesThem) {
  two_.Set("app.example", {.rcode = ns_r_servfail});
  const auto answer = Ask("app.example", {one_.endpoint(), two_.endpoint()});
  EXPECT_TRUE(answer.addresses.empty());
  EXPECT_EQ(answer.failure, one_.endpoint().ToString() + ": NXDOMAIN; " +
                                two_.endpoint().ToString() + ": SERVFAIL");
}

TEST_F(ResolverTest, FailsAtTheDeadlineWhenNobodyAnswers) {
  one_.SetSilent(true);
  const Instant begin = loop_.Now();
  const auto answer = Ask("app.example", {one_.endpoint()}, absl::Milliseconds(100));
  EXPECT_EQ(answer.failure, one_.endpoint().ToString() + ": no answer");
  EXPECT_LT(finished_at_ - begin, absl::Seconds(3));
}

TEST_F(ResolverTest, AsksAgainWhenAPacketIsLost) {
  one_.SetSilent(true);
  one_.Set("app.example", {.addresses = {"192.0.2.1"}});
  loop_.At(loop_.Now() + absl::Milliseconds(100), [&] { one_.SetSilent(false); });
  EXPECT_EQ(First(Ask("app.example", {one_.endpoint()})), "192.0.2.1");
  EXPECT_GE(one_.questions(), 3);
}

TEST_F(ResolverTest, PrefersIpv4AndTakesIpv6WhereThatIsAll) {
  one_.Set("both.example", {.addresses = {"2001:db8::1", "192.0.2.1"}});
  one_.Set("six.example", {.addresses = {"2001:db8::6"}});
  one_.Set("none.example", {});
  EXPECT_EQ(First(Ask("both.example", {one_.endpoint()})), "192.0.2.1");
  EXPECT_EQ(First(Ask("six.example", {one_.endpoint()})), "2001:db8::6");
  EXPECT_TRUE(absl::StrContains(Ask("none.example", {one_.endpoint()}).failure, "no address"));
}

TEST_F(ResolverTest, AsksFromTheGivenSourceAndOnlyForItsFamily) {
  one_.Set("both.example", {.addresses = {"2001:db8::1", "192.0.2.1"}});
  const auto answer =
      Ask("both.example", {one_.endpoint()}, absl::Seconds(5), *IpAddress::Parse("127.0.0.9"));
  EXPECT_EQ(First(answer), "192.0.2.1");
  EXPECT_EQ(one_.last_client().address.ToString(), "127.0.0.9");
  EXPECT_EQ(one_.questions(), 1);
}

TEST_F(ResolverTest, ResolvesAfreshEachTime) {
  one_.Set("app.example", {.addresses = {"192.0.2.1"}});
  EXPECT_EQ(First(Ask("app.example", {one_.endpoint()})), "192.0.2.1");
  one_.Set("app.example", {.addresses = {"192.0.2.2"}});
  EXPECT_EQ(First(Ask("app.example", {one_.endpoint()})), "192.0.2.2");
}

TEST_F(ResolverTest, ACancelledLookupSaysNothing) {
  one_.Set("app.example", {.addresses = {"192.0.2.1"}});
  bool called = false;
  const auto id = resolver_.Resolve(
      {"app.example", {one_.endpoint()}, std::nullopt, loop_.Now() + absl::Seconds(5)},
      [&](const Resolver::Answer&) { called = true; });
  resolver_.Cancel(id);
  Ask("app.example", {one_.endpoint()});
  EXPECT_FALSE(called);
}

TEST_F(ResolverTest, ABadNameFailsInWords) {
  EXPECT_FALSE(Ask(std::string(300, 'a'), {one_.endpoint()}).failure.empty());
  EXPECT_FALSE(Ask("a..b", {one_.endpoint()}).failure.empty());
}

TEST_F(ResolverTest, IsDeadOnceQuestionsStayUnansweredAndAliveAgainAfterAnyAnswer) {
  EXPECT_FALSE(resolver_.Dead());
  one_.SetSilent(true);
  for (int i = 0; i < 4; ++i) Ask("app.example", {one_.endpoint()}, absl::Milliseconds(900));
  EXPECT_TRUE(resolver_.Dead());
  one_.SetSilent(false);
  Ask("unknown.example", {one_.endpoint()});
  EXPECT_FALSE(resolver_.Dead()) << "NXDOMAIN is an answer";
}

}  // namespace
}  // namespace lifeboat::agent
