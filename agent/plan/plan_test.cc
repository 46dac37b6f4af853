#include "agent/plan/plan.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace lifeboat::agent {
namespace {

ProbeSpec Web(const std::string& path) {
  return {.interval = absl::Seconds(2),
          .timeout = absl::Seconds(1),
          .name = "app.test",
          .port = 443,
          .http = HttpSpec{.url = "https://app.test" + path, .expect_status = {{200, 299}}}};
}

using Subscriptions = std::vector<Subscription>;
using Ids = std::vector<ProbeId>;

TEST(PlanTest, WhatTwoControllersAskAlikeIsOneProbeReportedToBothByTheirOwnNumbers) {
  Plan plan;
  EXPECT_EQ(plan.Replace(0, 7, {{1, Web("/a")}, {2, Web("/b")}}).added, (Ids{1, 2}));
  const auto change = plan.Replace(1, 40, {{90, Web("/b")}, {91, Web("/c")}});
  EXPECT_EQ(change.added, Ids{3});
  EXPECT_TRUE(change.removed.empty());
  EXPECT_EQ(plan.Subscribers(1), (Subscriptions{{0, 1, 7}}));
  EXPECT_EQ(plan.Subscribers(2), (Subscriptions{{0, 2, 7}, {1, 90, 40}}));
  EXPECT_EQ(plan.Subscribers(3), (Subscriptions{{1, 91, 40}}));
  EXPECT_EQ(plan.size(), 3u);
}

TEST(PlanTest, ReplacingKeepsTheProbesOfWhatIsStillWanted) {
  Plan plan;
  plan.Replace(0, 1, {{1, Web("/a")}, {2, Web("/b")}});
  plan.Replace(1, 1, {{5, Web("/a")}});
  const auto change = plan.Replace(0, 2, {{10, Web("/b")}, {11, Web("/c")}});
  EXPECT_EQ(change.added, Ids{3});
  EXPECT_TRUE(change.removed.empty()) << "the other controller still wants /a";
  EXPECT_EQ(plan.Subscribers(1), (Subscriptions{{1, 5, 1}}));
  EXPECT_EQ(plan.Subscribers(2), (Subscriptions{{0, 10, 2}})) << "renumbered, not restarted";
  EXPECT_EQ(plan.Replace(1, 2, {}).removed, Ids{1});
  EXPECT_TRUE(plan.Subscribers(1).empty());
}

TEST(PlanTest, AnIdIsNeverUsedAgain) {
  Plan plan;
  plan.Replace(0, 1, {{1, Web("/a")}});
  plan.Replace(0, 2, {});
  EXPECT_EQ(plan.Replace(0, 3, {{1, Web("/a")}}).added, Ids{2});
}

TEST(PlanTest, OneControllerMayAskForTheSameTwice) {
  Plan plan;
  plan.Replace(0, 1, {{1, Web("/a")}, {2, Web("/a")}});
  EXPECT_EQ(plan.Subscribers(1), (Subscriptions{{0, 1, 1}, {0, 2, 1}}));
}

TEST(PlanTest, AnyDifferenceInTheSpecIsAnotherProbe) {
  const ProbeSpec base = Web("/a");
  std::vector<ProbeSpec> specs(12, base);
  specs[1].leg = Leg::kPinned;
  specs[2].interval = absl::Seconds(3);
  specs[3].timeout = absl::Milliseconds(999);
  specs[4].slow_after = absl::Milliseconds(5);
  specs[5].source = IpAddress();
  specs[6].addresses = {IpAddress()};
  specs[7].resolvers = {Endpoint{IpAddress(), 53}};
  specs[8].port = 444;
  specs[9].http->origin_marker_header = "x-origin";
  specs[10].http->expect_status = {{200, 200}};
  specs[11].http.reset();
  std::vector<NumberedSpec> wanted;
  for (const ProbeSpec& spec : specs) wanted.push_back({1, spec});
  Plan plan;
  EXPECT_EQ(plan.Replace(0, 1, wanted).added.size(), specs.size());
  EXPECT_EQ(plan.Spec(1), base);
}

}  // namespace
}  // namespace lifeboat::agent
