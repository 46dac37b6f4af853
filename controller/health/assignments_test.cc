#include "controller/health/assignments.h"

#include <gtest/gtest.h>

namespace lifeboat {
namespace {

namespace pb = lifeboat::v1;

config::Config OneService() {
  config::Config config;
  config.resolvers = {*Endpoint::Parse("192.0.2.53:53")};
  config.panel = {"https://example.org/"};
  config.panel_interval = absl::Seconds(2);
  config.exits = {{.name = "nyc", .addresses = {*IpAddress::Parse("203.0.113.10")}}};
  config::Service web;
  web.name = "web";
  web.hostname = "app.example.net";
  web.edge_records = {{RecordType::kCname, "app.example.net.cdn.test."}};
  web.edge_pinned = {*IpAddress::Parse("198.51.100.7")};
  web.exits = {"nyc"};
  web.tcp_ports = {443};
  web.health.scheme = "https";
  web.health.path = "/healthz";
  web.health.interval = absl::Seconds(2);
  web.health.timeout = absl::Milliseconds(1500);
  web.health.slow_after = absl::InfiniteDuration();
  web.health.expect_status = {{200, 299}};
  config.services = {web};
  return config;
}

TEST(PlanProbesTest, NumbersTargetsAsItsRoles) {
  const ProbePlan plan = PlanProbes(OneService());
  ASSERT_EQ(plan.roles.size(), 4u);  // the panel, the edge by name and pinned, the exit
  ASSERT_EQ(plan.assignments.targets_size(), 4);
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(plan.assignments.targets(i).number(), static_cast<uint32_t>(i + 1));
  }
  EXPECT_EQ(plan.roles[0].kind, TargetRole::Kind::kPanel);
  EXPECT_EQ(plan.roles[1].kind, TargetRole::Kind::kVotes);
  EXPECT_EQ(plan.roles[2].kind, TargetRole::Kind::kAttributes);
  EXPECT_EQ(plan.roles[3].path, Path::Exit("nyc"));
}

TEST(PlanProbesTest, ResolvesTheEdgesOwnNameAndPinsTheRest) {
  const ProbePlan plan = PlanProbes(OneService());
  const pb::HttpProbe& by_name = plan.assignments.targets(1).http();
  EXPECT_EQ(by_name.url(), "https://app.example.net/healthz");
  EXPECT_EQ(by_name.resolve_name(), "app.example.net.cdn.test");
  EXPECT_EQ(by_name.addresses_size(), 0);
  EXPECT_EQ(plan.assignments.targets(2).http().addresses(0), "198.51.100.7");
  EXPECT_EQ(plan.assignments.targets(3).http().addresses(0), "203.0.113.10");
  EXPECT_EQ(plan.assignments.knocks(0).endpoints(0), "203.0.113.10:7444");
}

TEST(PlanProbesTest, KeepsSightOfAnEdgeThatDnsNamesByAddress) {
  config::Config config = OneService();
  config.services[0].edge_records = {{RecordType::kA, "198.51.100.9"}};
  const ProbePlan plan = PlanProbes(config);
  // By name it would follow DNS to the exit once that serves.
  EXPECT_EQ(plan.assignments.targets(1).http().addresses(0), "198.51.100.9");
}

TEST(PlanProbesTest, AsksForTheShadowNameWhereTheEdgeHasOne) {
  config::Config config = OneService();
  config.services[0].edge_shadow = "shadow.example.net";
  const ProbePlan plan = PlanProbes(config);
  const pb::HttpProbe& by_name = plan.assignments.targets(1).http();
  EXPECT_EQ(by_name.url(), "https://shadow.example.net/healthz");
  EXPECT_EQ(by_name.resolve_name(), "");
  EXPECT_EQ(by_name.addresses_size(), 0);
  EXPECT_EQ(plan.assignments.targets(2).http().url(), "https://app.example.net/healthz")
      << "pinned";
}

TEST(PlanProbesTest, GivesOtherContentAnotherRevisionAndTheSameTheSame) {
  config::Config changed = OneService();
  changed.services[0].health.path = "/other";
  const uint64_t revision = PlanProbes(OneService()).assignments.revision();
  EXPECT_EQ(PlanProbes(OneService()).assignments.revision(), revision);
  EXPECT_NE(PlanProbes(changed).assignments.revision(), revision);
}

TEST(PlanProbesTest, ProbesFromTheVantagesOwnAddress) {
  const ProbePlan plan = PlanProbes(OneService());
  const pb::Assignments assignments =
      AssignmentsFor(plan, {.vantage = {.name = "fra"}, .source_address = "192.0.2.9"});
  for (const pb::Target& target : assignments.targets()) {
    EXPECT_EQ(target.source_address(), "192.0.2.9");
  }
  EXPECT_EQ(assignments.knocks(0).source_address(), "192.0.2.9");
}

TEST(PlanProbesTest, AsksEachPathOfAServiceForItsEcho) {
  config::Config config = OneService();
  EXPECT_EQ(PlanProbes(config).echoes, std::vector<EchoTarget>(4));
  config.services[0].echo = {.key = "the key", .path = "/echo"};
  const ProbePlan plan = PlanProbes(config);
  const std::vector<EchoTarget> want = {
      {}, {"the key", "edge"}, {"the key", "edge"}, {"the key", "exit/nyc"}};
  EXPECT_EQ(plan.echoes, want);
  EXPECT_EQ(plan.assignments.targets(0).http().echo_path(), "") << "the panel has none";
  for (int i = 1; i < 4; ++i) {
    EXPECT_EQ(plan.assignments.targets(i).http().echo_path(), "/echo");
  }
  EXPECT_EQ(plan.assignments.SerializeAsString().find("the key"), std::string::npos)
      << "agents never know the key";
}

}  // namespace
}  // namespace lifeboat
