#include "controller/admin/would_change.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "controller/admin/remedies.h"
#include "controller/admin/testing/snapshots.h"
#include "controller/admin/testing/states.h"
#include "controller/admin/what_if.h"
#include "controller/failover/rules.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace lifeboat::admin {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;

std::vector<std::string> Lines(const ServiceSnapshot& service) {
  std::vector<std::string> lines;
  for (const v1::ChangeView& change : WouldChange(service)) {
    lines.push_back(absl::StrCat(change.what(), " → ", change.effect()));
  }
  return lines;
}

PathSnapshot EdgeOf(absl::string_view votes) { return EdgeService("web", votes, "UUUU").paths[0]; }

// ------------------------------------------------------------------------------------- what if

TEST(WhatIfTest, FindsTheNumberByCountingAsTheQuorumDoes) {
  QuorumPolicy policy = EdgeService("web", "UUUU", "UUUU").quorum;  // half of at least 3, 2 AS
  EXPECT_EQ(TurnsToDown(EdgeOf("UUUU"), policy), 2);
  EXPECT_EQ(TurnsToDown(EdgeOf("DUUU"), policy), 1);
  EXPECT_EQ(TurnsToDown(EdgeOf("DDUU"), policy), 0);
  EXPECT_EQ(TurnsToDown(EdgeOf("UU__"), policy), std::nullopt) << "two alone decide nothing";
  EXPECT_EQ(TurnsFromDown(EdgeOf("DDDD"), policy), 3);
  EXPECT_EQ(TurnsFromDown(EdgeOf("DDUU"), policy), 1);
  EXPECT_EQ(TurnsToUp(EdgeOf("DDDD"), policy), 3) << "a quarter DOWN is less than half";
  EXPECT_EQ(TurnsToUp(EdgeOf("UU__"), policy), 1);
  EXPECT_EQ(TurnsToSight(EdgeOf("U___"), policy), 2);
  EXPECT_EQ(SilencesToBlind(EdgeOf("DDDD"), policy), 2);
  policy.min_asns = 3;
  EXPECT_EQ(TurnsToDown(EdgeOf("UUUU"), policy), 3) << "half would do, two networks do not";
  policy.min_asns = 5;
  EXPECT_EQ(TurnsToDown(EdgeOf("UUUU"), policy), std::nullopt);
  EXPECT_EQ(TurnsToSight(EdgeOf("U___"), policy), std::nullopt);
}

TEST(WhatIfTest, HeavyVantagesCountFirst) {
  PathSnapshot edge = EdgeOf("UUUU");
  edge.ballots[3].vantage.weight = 10;
  QuorumPolicy policy = EdgeService("web", "UUUU", "UUUU").quorum;
  policy.min_asns = 1;
  EXPECT_EQ(TurnsToDown(edge, policy), 1);
}

// ------------------------------------------------------------------------------------ remedies

TEST(RemediesTest, EveryRuleThatMayHoldHasOneInOtherWordsThanItsOwn) {
  const ServiceSnapshot web = EdgeService("web", "DDDD", "UUUU");
  Sight sight;
  sight.paths = web.paths;
  for (RuleAnswer rule : Judge(ServiceSettings{}, Proposal{.to = Path::Exit("nyc")}, sight)) {
    rule.ok = false;
    EXPECT_THAT(RemedyOf(web, rule).what, Not(HasSubstr("which is not so"))) << rule.name;
  }
  EXPECT_EQ(RemedyOf(web, RuleAnswer{"of the future", false, "it rains"}).what,
            "of the future, which is not so: it rains");
}

TEST(WouldChangeTest, EachRuleThatHoldsIsThereAndTheLastOneLetsItMove) {
  ServiceSnapshot web = EdgeService("web", "DDDD", "UUUU");
  CountHold(web, absl::Seconds(30));
  SetRule(web, "tunnel up", false, "no tunnel");
  EXPECT_THAT(Lines(web), Contains("the origin's connector connected to exit/nyc → INTENT to move "
                                   "to exit/nyc"));
  SetRule(web, "lever", false, "own is DOWN");
  EXPECT_THAT(Lines(web), Contains("the origin's connector connected to exit/nyc → \"tunnel up\" "
                                   "holds no more; 1 still does"));
  EXPECT_THAT(Lines(web),
              Contains("a lever that works: own → \"lever\" holds no more; 1 still does"));
}

TEST(WouldChangeTest, NoStateLeavesAPersonWithoutAnAnswer) {
  for (const State& one : AllStates()) {
    for (const ServiceSnapshot& service : one.snapshot().services) {
      const bool pulled = service.move.has_value() && service.move->stage >= Stage::kPulling;
      EXPECT_EQ(WouldChange(service).empty(), pulled) << one.name << " " << service.name;
    }
  }
}

}  // namespace
}  // namespace lifeboat::admin
