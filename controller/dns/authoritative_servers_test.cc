#include "controller/dns/authoritative_servers.h"

#include <gtest/gtest.h>

#include <atomic>
#include <string>

#include "absl/strings/str_join.h"
#include "base/testing/fake_clock.h"
#include "controller/dns/testing/dns_script.h"

namespace lifeboat {
namespace {

using Replies = std::vector<std::string>;

std::string List(const AuthoritativeServers& servers) {
  return absl::StrJoin(servers.list(), ", ",
                       [](std::string* out, const AuthoritativeServer& server) {
                         absl::StrAppend(out, server.name, " ", server.endpoint.address.ToString());
                       });
}

class AuthoritativeServersTest : public testing::Test {
 protected:
  AuthoritativeServers Make(const Endpoint& primary, std::vector<Endpoint> resolvers,
                            std::vector<Endpoint> fixed = {}) {
    return AuthoritativeServers({.zone = "l.test.",
                                 .primary = primary,
                                 .fixed = std::move(fixed),
                                 .resolvers = std::move(resolvers),
                                 .timeout = absl::Milliseconds(200),
                                 .port = 1},
                                client_, clock_);
  }
  FakeClock clock_;
  DnsClient client_;
};

TEST_F(AuthoritativeServersTest, AreFoundWithThePrimaryAndThenWithResolvers) {
  DnsScript primary(
      ServeRecords({"l.test. NS ns1.l.test.", "l.test. NS ns2.l.test.", "l.test. NS ns.far.test.",
                    "l.test. NS lost.far.test.", "ns1.l.test. A 127.0.0.11",
                    "ns2.l.test. A 127.0.0.12", "ns2.l.test. AAAA ::1"}));
  DnsScript resolver(ServeRecords({"ns.far.test. A 127.0.0.13", "ns1.l.test. A 192.0.2.1"}));
  AuthoritativeServers servers = Make(primary.endpoint(), {resolver.endpoint()});
  ASSERT_TRUE(servers.Refresh().ok());
  EXPECT_EQ(List(servers),
            "ns.far.test. 127.0.0.13, ns1.l.test. 127.0.0.11, ns2.l.test. 127.0.0.12, "
            "ns2.l.test. ::1");
  EXPECT_EQ(servers.without_address(), std::vector<std::string>{"lost.far.test."});
}

TEST_F(AuthoritativeServersTest, StayAsTheyWereWhenNobodyTells) {
  std::atomic<bool> dumb = false;
  const DnsScript::Handler zone =
      ServeRecords({"l.test. NS ns.far.test.", "ns.far.test. A 127.0.0.13"});
  const auto unless_dumb = [&](absl::string_view message, bool tcp) {
    return dumb ? Replies{} : zone(message, tcp);
  };
  DnsScript primary(unless_dumb);
  AuthoritativeServers servers = Make(primary.endpoint(), {});
  ASSERT_TRUE(servers.Refresh().ok());
  dumb = true;
  EXPECT_TRUE(servers.Refresh().ok());
  EXPECT_EQ(List(servers), "ns.far.test. 127.0.0.13");
}

TEST_F(AuthoritativeServersTest, SaysThatNoneIsKnown) {
  DnsScript refuses([](absl::string_view message, bool) -> Replies {
    return {ReplyTo(message, {}, {.rcode = 5})};
  });
  AuthoritativeServers servers = Make(refuses.endpoint(), {});
  EXPECT_EQ(servers.Refresh().message(),
            absl::StrCat(
                "no authoritative server of zone l.test. is known: ", refuses.endpoint().ToString(),
                ": it answers REFUSED; list them under `authoritative`"));
}

TEST_F(AuthoritativeServersTest, RemembersSinceWhenAServerIsSilent) {
  std::atomic<bool> dumb = false;
  const DnsScript::Handler zone = ServeRecords({"l.test. SOA a. b. 1 2 3 4 5"});
  DnsScript server(
      [&](absl::string_view message, bool tcp) { return dumb ? Replies{} : zone(message, tcp); });
  AuthoritativeServers servers = Make(server.endpoint(), {}, {server.endpoint()});
  ASSERT_TRUE(servers.Refresh().ok());
  EXPECT_FALSE(servers.SilentSince(server.endpoint()).has_value());
  dumb = true;
  const Instant since = clock_.Now();
  ASSERT_TRUE(servers.Refresh().ok());
  clock_.Advance(absl::Seconds(30));
  ASSERT_TRUE(servers.Refresh().ok());
  EXPECT_EQ(servers.SilentSince(server.endpoint()), since);
  dumb = false;
  ASSERT_TRUE(servers.Refresh().ok());
  EXPECT_FALSE(servers.SilentSince(server.endpoint()).has_value());
}

}  // namespace
}  // namespace lifeboat
