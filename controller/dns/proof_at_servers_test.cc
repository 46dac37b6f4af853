#include "controller/dns/proof_at_servers.h"

#include <gtest/gtest.h>

#include <atomic>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/clock.h"
#include "controller/dns/testing/dns_script.h"

namespace lifeboat {
namespace {

using Replies = std::vector<std::string>;
constexpr absl::Duration kLong = absl::Seconds(10);
constexpr absl::Duration kShort = absl::Milliseconds(150);
const Records kNew = {{RecordType::kA, "192.0.2.9"}};
const char kName[] = "www.l.test.";

Proof Prove(const std::vector<ServerToProve>& servers, absl::Duration limit) {
  return ProveAtServers(DnsClient(), servers, kName, kNew, limit);
}

ServerToProve Blocking(const Endpoint& endpoint) { return {.server = {.endpoint = endpoint}}; }
ServerToProve SilentBefore(const Endpoint& endpoint) {
  return {.server = {.endpoint = endpoint}, .silent_before = true};
}

TEST(ProofTest, ComparesTheWholeSetAtTheNameAndNothingElse) {
  struct Case {
    std::vector<std::string> serves;
    ServerState state;
    const char* detail;
  };
  const Case kCases[] = {
      {{"www.l.test. A 192.0.2.9"}, ServerState::kProven, "serves A 192.0.2.9"},
      {{"WWW.l.test. A 192.0.2.9", "other.l.test. A 192.0.2.1"},
       ServerState::kProven,
       "serves A 192.0.2.9"},
      {{}, ServerState::kStale, "serves nothing"},
      {{"www.l.test. A 192.0.2.1"}, ServerState::kStale, "serves A 192.0.2.1"},
      {{"www.l.test. A 192.0.2.9", "www.l.test. A 192.0.2.1"},
       ServerState::kStale,
       "serves A 192.0.2.1, A 192.0.2.9"},
      {{"www.l.test. A 192.0.2.9", "www.l.test. AAAA 2001:db8::1"},
       ServerState::kStale,
       "serves A 192.0.2.9, AAAA 2001:db8::1"},
      {{"www.l.test. CNAME Edge.test."}, ServerState::kStale, "serves CNAME edge.test."},
  };
  for (const Case& c : kCases) {
    DnsScript server(ServeRecords(c.serves));
    const Proof proof = Prove({Blocking(server.endpoint())}, kShort);
    EXPECT_EQ(proof.servers[0].state, c.state) << c.detail;
    EXPECT_EQ(proof.servers[0].detail, c.detail);
    EXPECT_EQ(proof.proven, c.state == ServerState::kProven);
  }
}

TEST(ProofTest, BelievesOnlyAuthority) {
  const std::pair<ReplyOptions, const char*> kCases[] = {
      {{.authoritative = false}, "it is not authoritative for the zone"},
      {{.rcode = 2}, "it answers SERVFAIL"},
      {{.rcode = 5}, "it answers REFUSED"},
  };
  for (const auto& [options, detail] : kCases) {
    DnsScript server([&options = options](absl::string_view message, bool) -> Replies {
      return {ReplyTo(message, {"www.l.test. A 192.0.2.9"}, options)};
    });
    const Proof proof = Prove({Blocking(server.endpoint())}, kShort);
    EXPECT_FALSE(proof.proven);
    EXPECT_EQ(proof.servers[0].detail, detail);
  }
}

TEST(ProofTest, AsksAgainUntilTheLastServerIsCurrent) {
  std::atomic<int> asked = 0;
  const DnsScript::Handler fresh = ServeRecords({"www.l.test. A 192.0.2.9"});
  const DnsScript::Handler old = ServeRecords({"www.l.test. A 192.0.2.1"});
  DnsScript quick(fresh);
  DnsScript slow([&](absl::string_view message, bool tcp) {
    return ++asked <= 8 ? old(message, tcp) : fresh(message, tcp);
  });
  const Proof proof = Prove({Blocking(quick.endpoint()), Blocking(slow.endpoint())}, kLong);
  EXPECT_TRUE(proof.proven) << proof.ToString();
}

TEST(ProofTest, GoesOnByTcpWhereTheAnswerIsCutShort) {
  const DnsScript::Handler fresh = ServeRecords({"www.l.test. A 192.0.2.9"});
  DnsScript server([&](absl::string_view message, bool tcp) -> Replies {
    return tcp ? fresh(message, tcp) : Replies{ReplyTo(message, {}, {.truncated = true})};
  });
  EXPECT_TRUE(Prove({Blocking(server.endpoint())}, kLong).proven);
}

TEST(ProofTest, AnswerLostOnTheWayIsAskedForAgain) {
  std::atomic<int> asked = 0;
  const DnsScript::Handler fresh = ServeRecords({"www.l.test. A 192.0.2.9"});
  DnsScript server([&](absl::string_view message, bool tcp) -> Replies {
    return ++asked == 1 ? Replies{} : fresh(message, tcp);
  });
  EXPECT_TRUE(Prove({Blocking(server.endpoint())}, kLong).proven);
}

TEST(ProofTest, SilenceBlocksUnlessItWasSilentBefore) {
  DnsScript fresh(ServeRecords({"www.l.test. A 192.0.2.9"}));
  DnsScript silent([](absl::string_view, bool) -> Replies { return {}; });
  const Endpoint nobody = Endpoint::Parse("127.0.0.1:1").value();

  Proof proof = Prove({Blocking(fresh.endpoint()), Blocking(silent.endpoint())}, kShort);
  EXPECT_FALSE(proof.proven);
  EXPECT_EQ(proof.servers[1].state, ServerState::kStale);
  proof = Prove({Blocking(fresh.endpoint()), Blocking(nobody)}, kShort);
  EXPECT_FALSE(proof.proven);
  EXPECT_TRUE(absl::StrContains(proof.servers[1].detail, "Connection refused"));

  const SystemClock clock;
  const Instant begun = clock.Now();
  proof = Prove({Blocking(fresh.endpoint()), SilentBefore(silent.endpoint()), SilentBefore(nobody)},
                kLong);
  EXPECT_LT(clock.Now() - begun, kLong / 2);
  EXPECT_TRUE(proof.proven) << proof.ToString();
  EXPECT_EQ(proof.servers[1].state, ServerState::kSilent);
  EXPECT_EQ(proof.servers[2].state, ServerState::kSilent);
}

TEST(ProofTest, AServerThatIsBackCounts) {
  DnsScript fresh(ServeRecords({"www.l.test. A 192.0.2.9"}));
  DnsScript stale(ServeRecords({"www.l.test. A 192.0.2.1"}));
  const Proof proof = Prove({Blocking(fresh.endpoint()), SilentBefore(stale.endpoint())}, kShort);
  EXPECT_FALSE(proof.proven);
  EXPECT_EQ(proof.servers[1].state, ServerState::kStale);
}

TEST(ProofTest, NeedsAtLeastOneServer) {
  DnsScript silent([](absl::string_view, bool) -> Replies { return {}; });
  EXPECT_FALSE(Prove({}, kShort).proven);
  EXPECT_FALSE(Prove({SilentBefore(silent.endpoint())}, kShort).proven);
}

TEST(ProofTest, ProvesMoreNamesThanAServerIsAskedForAtOnce) {
  std::vector<std::string> zone;
  std::vector<NameToProve> names;
  DnsScript dead([](absl::string_view, bool) -> Replies { return {}; });
  for (int i = 0; i < 50; ++i) {
    const std::string name = absl::StrCat("n", i, ".l.test.");
    zone.push_back(absl::StrCat(name, " A 192.0.2.9"));
    names.push_back({.hostname = name, .records = kNew});
  }
  zone[20] = "n20.l.test. A 192.0.2.1";
  DnsScript server(ServeRecords(zone));
  for (NameToProve& name : names) {
    name.servers = {Blocking(server.endpoint()), SilentBefore(dead.endpoint())};
  }
  std::vector<size_t> order;
  ProveAllAtServers(DnsClient(), names, absl::Seconds(2), [&](size_t i, const Proof& proof) {
    order.push_back(i);
    EXPECT_EQ(proof.proven, i != 20) << names[i].hostname << ": " << proof.ToString();
  });
  ASSERT_EQ(order.size(), names.size());
  EXPECT_EQ(order.back(), 20u);  // the others did not wait for it
}

TEST(ProofTest, SurvivesServersThatAnswerGarbage) {
  DnsScript server([](absl::string_view message, bool) -> Replies {
    std::string reply = ReplyTo(message, {"www.l.test. A 192.0.2.9"});
    reply.resize(reply.size() - 3);
    return {reply};
  });
  const Proof proof = Prove({Blocking(server.endpoint())}, kShort);
  EXPECT_FALSE(proof.proven);
  EXPECT_TRUE(absl::StrContains(proof.servers[0].detail, "is no DNS message"))
      << proof.servers[0].detail;
}

}  // namespace
}  // namespace lifeboat
