#include "controller/failover/failover.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "controller/failover/testing/failover_harness.h"

namespace lifeboat {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

const absl::Duration kHold = absl::Seconds(1);
const absl::Duration kLittle = absl::Seconds(5);

// ------------------------------------------------------------------------------- the whole way

TEST(FailoverTest, MovesToTheExitOnceTheEdgeHasBeenDownForTheHold) {
  FailoverHarness world;
  ASSERT_TRUE(world.Arm());
  world.edge = "DDD";
  world.Run(kHold - absl::Milliseconds(100));
  EXPECT_EQ(world.Describe().phase, Phase::kServingEdge);
  EXPECT_THAT(world.Describe().waiting_for, HasSubstr("hold: "));
  world.Run(absl::Milliseconds(300));
  EXPECT_EQ(world.Describe().phase, Phase::kServingExit);
  EXPECT_EQ(world.Stages(), "INTENT OPENING FETCHING PULLING PROVING ASKING DONE");
  EXPECT_EQ(world.applied_moves, 1);
  EXPECT_EQ(world.InDns(), Path::Exit("nyc"));
  EXPECT_THAT(world.TroubleAtRest(), IsEmpty());
  EXPECT_EQ(world.TimesTold("intent"), 1);
  EXPECT_EQ(world.TimesTold("done"), 1);
}

TEST(FailoverTest, TakesTheFirstExitThatEveryRuleAllows) {
  FailoverHarness world({"nyc", "ams", "syd"});
  world.exits["nyc"].votes = "DDD";
  world.exits["ams"].tunnel_up = false;
  ASSERT_TRUE(world.Arm());
  world.edge = "DDD";
  ASSERT_TRUE(world.RunUntil([&] { return world.InDns() == Path::Exit("syd"); }));
  ASSERT_TRUE(world.RunUntilQuiet());
  EXPECT_THAT(world.TroubleAtRest(), IsEmpty());
}

TEST(FailoverTest, ExplainsEachDecisionWithVotesAndRules) {
  FailoverHarness world;
  ASSERT_TRUE(world.FailOver());
  for (const Event& event : world.journal.Copy().events) {
    if (event.kind != "intent") continue;
    EXPECT_THAT(event.text, HasSubstr("edge is DOWN (share 1.00 of 3 voters), attribution EDGE"));
    ASSERT_NE(event.decision, nullptr);
    EXPECT_EQ(FirstHolder(event.decision->service.rules), nullptr);
  }
}

TEST(FailoverTest, GivesItsEventsIdsThatSortInTheirOrder) {
  FailoverHarness world;
  ASSERT_TRUE(world.FailOver());
  const std::vector<Event> events = world.journal.Copy().events;
  for (size_t i = 1; i < events.size(); ++i) EXPECT_LT(events[i - 1].id, events[i].id) << i;
}

// ------------------------------------------------------------------------- what keeps it from it

TEST(FailoverTest, DecidesNothingBeforeItIsWarm) {
  FailoverHarness world;
  world.edge = "___";
  world.Run(kLittle);
  EXPECT_EQ(world.Describe().phase, Phase::kWarming);
  EXPECT_FALSE(world.Describe().armed);
  EXPECT_FALSE(world.MoveToExit("nyc").ok());
  world.edge = "DDD";
  world.Run(kHold - absl::Milliseconds(100));
  EXPECT_EQ(world.Stages(), "");
  world.Run(kLittle);
  EXPECT_EQ(world.InDns(), Path::Exit("nyc"));
}

TEST(FailoverTest, FreezesWhileTheQuorumIsBlindOrUndecided) {
  for (const std::string votes : {"___", "D__", "DD_", "gUU", "gDU"}) {
    FailoverHarness world;
    ASSERT_TRUE(world.Arm());
    world.edge = votes;
    world.Run(absl::Minutes(20));
    EXPECT_EQ(world.Stages(), "") << votes;
    EXPECT_THAT(world.TroubleAtRest(), IsEmpty()) << votes;
  }
}

TEST(FailoverTest, CountsOnlyAnUnbrokenHold) {
  FailoverHarness world;
  ASSERT_TRUE(world.Arm());
  for (int i = 0; i < 10; ++i) {
    world.edge = "DDD";
    world.Run(kHold - absl::Milliseconds(200));
    world.edge = i % 2 == 0 ? "D__" : "UUU";
    world.Tick();
  }
  EXPECT_EQ(world.Stages(), "");
}

TEST(FailoverTest, FreezesAHeldIntentWhileNobodySees) {
  FailoverHarness world;
  ASSERT_TRUE(world.Arm());
  world.exits["nyc"].tunnel_up = false;
  world.edge = "DDD";
  world.Run(kLittle);
  ASSERT_EQ(world.Describe().phase, Phase::kIntent);
  world.edge = "___";
  world.exits["nyc"].tunnel_up = true;
  world.Run(absl::Minutes(20));
  EXPECT_EQ(world.Describe().phase, Phase::kIntent);
  EXPECT_EQ(world.moves.size(), 0u);
  world.edge = "DDD";
  world.Run(kLittle);
  EXPECT_EQ(world.InDns(), Path::Exit("nyc"));
}

struct Rule {
  const char* name;
  std::function<void(FailoverHarness&)> hold;
  std::function<void(FailoverHarness&)> let_go;
};

const std::vector<Rule>& Rules() {
  static const auto& rules = *new std::vector<Rule>{
      {"not paused", [](auto& w) { w.SetPaused(true).IgnoreError(); },
       [](auto& w) { EXPECT_TRUE(w.SetPaused(false).ok()); }},
      {"attribution", [](auto& w) { w.attribution = Attribution::kOrigin; },
       [](auto& w) { w.attribution.reset(); }},
      {"attribution", [](auto& w) { w.attribution = Attribution::kDnsPlane; },
       [](auto& w) { w.attribution = Attribution::kUnknown; }},
      {"target up",
       [](auto& w) {
         w.exits["nyc"].votes = "DUU";
         w.exits["nyc"].votes = "DDU";
       },
       [](auto& w) { w.exits["nyc"].votes = "UUU"; }},
      {"target up", [](auto& w) { w.exits["nyc"].votes = "UU_"; },
       [](auto& w) { w.exits["nyc"].votes = "UUU"; }},
      {"exit connected", [](auto& w) { w.exits["nyc"].connected = false; },
       [](auto& w) { w.exits["nyc"].connected = true; }},
      {"tunnel up", [](auto& w) { w.exits["nyc"].tunnel_up = false; },
       [](auto& w) { w.exits["nyc"].tunnel_up = true; }},
      {"lever",
       [](auto& w) {
         w.lever_health = {LeverState::kDown, "192.0.2.53 is silent"};
       },
       [](auto& w) {
         w.lever_health = {LeverState::kUnchecked, ""};
       }},
  };
  return rules;
}

TEST(FailoverTest, HoldsByEachRuleWithItsReasonAndGoesOnWhenItLetsGo) {
  for (const Rule& rule : Rules()) {
    FailoverHarness world;
    ASSERT_TRUE(world.Arm());
    rule.hold(world);
    world.edge = "DDD";
    world.Run(kLittle);
    const ServiceSnapshot held = world.Describe();
    EXPECT_EQ(held.phase, Phase::kIntent) << rule.name;
    EXPECT_THAT(held.waiting_for, HasSubstr(std::string(rule.name) + ": "));
    EXPECT_EQ(world.TimesTold("hold"), 1) << rule.name;
    EXPECT_TRUE(world.Told("hold", rule.name));
    EXPECT_EQ(world.InDns(), Path::Edge()) << rule.name;
    EXPECT_EQ(world.OpenExits(), "") << rule.name;
    rule.let_go(world);
    ASSERT_TRUE(world.RunUntilQuiet()) << rule.name;
    EXPECT_EQ(world.InDns(), Path::Exit("nyc")) << rule.name;
    EXPECT_THAT(world.TroubleAtRest(), IsEmpty()) << rule.name;
  }
}

// As above, but the rule begins to hold while the exit is opening.
TEST(FailoverTest, JudgesOnceMoreBeforeThePull) {
  for (const Rule& rule : Rules()) {
    FailoverHarness world;
    ASSERT_TRUE(world.Arm());
    bool held = false;
    world.on_point = [&](const std::string& point) {
      if (point == "done:OPENING" && !std::exchange(held, true)) rule.hold(world);
    };
    world.edge = "DDD";
    world.Run(kLittle);
    EXPECT_TRUE(held);
    EXPECT_EQ(world.moves.size(), 0u) << rule.name;
    EXPECT_EQ(world.Describe().phase, Phase::kIntent) << rule.name;
    rule.let_go(world);
    ASSERT_TRUE(world.RunUntilQuiet()) << rule.name;
    EXPECT_EQ(world.applied_moves, 1) << rule.name;
    EXPECT_THAT(world.TroubleAtRest(), IsEmpty()) << rule.name;
  }
}

TEST(FailoverTest, LetsADnsPlaneFailureMoveANameWhoseEdgeLiesInAnotherZone) {
  FailoverHarness world;
  world.settings.edge_name_in_lever_zone = false;
  ASSERT_TRUE(world.Arm());
  world.attribution = Attribution::kDnsPlane;
  world.edge = "DDD";
  world.Run(kLittle);
  EXPECT_EQ(world.InDns(), Path::Exit("nyc"));
}

// ---------------------------------------------------------------------- an edge that comes back

TEST(FailoverTest, CancelsWhenTheEdgeServesAgainBeforeThePull) {
  for (const std::string point : {"done:INTENT", "done:OPENING", "done:FETCHING"}) {
    FailoverHarness world;
    ASSERT_TRUE(world.Arm());
    world.on_point = [&](const std::string& passed) {
      if (passed == point) world.edge = point == "done:OPENING" ? "ggg" : "UUU";
    };
    world.edge = "DDD";
    world.Run(kLittle);
    EXPECT_TRUE(world.Told("cancel", "edge serves again")) << point;
    EXPECT_EQ(world.moves.size(), 0u) << point;
    EXPECT_THAT(world.TroubleAtRest(), IsEmpty()) << point;
  }
}

TEST(FailoverTest, CancelsAtOnceThoughTheNextTryIsFarOff) {
  FailoverHarness world;
  ASSERT_TRUE(world.Arm());
  world.exits["nyc"].opens = false;
  world.edge = "DDD";
  world.Run(absl::Minutes(3));
  ASSERT_EQ(world.Describe().phase, Phase::kIntent);
  world.edge = "UUU";
  world.Run(absl::Milliseconds(200));
  EXPECT_EQ(world.Describe().phase, Phase::kServingEdge);
  EXPECT_THAT(world.TroubleAtRest(), IsEmpty());
}

TEST(FailoverTest, NeverJudgesAgainOnceDnsHasMoved) {
  for (const std::string point : {"recorded:PULLING", "done:PULLING", "done:PROVING"}) {
    FailoverHarness world;
    ASSERT_TRUE(world.Arm());
    world.on_point = [&](const std::string& passed) {
      if (passed == point) world.edge = "UUU";
    };
    world.edge = "DDD";
    world.Run(kLittle);
    EXPECT_EQ(world.InDns(), Path::Exit("nyc")) << point;
    EXPECT_EQ(world.applied_moves, 1) << point;
    EXPECT_THAT(world.TroubleAtRest(), IsEmpty()) << point;
  }
}

TEST(FailoverTest, RenewsAnIntentThatStandsUnderItsOwnId) {
  FailoverHarness world;
  ASSERT_TRUE(world.Arm());
  world.exits["nyc"].tunnel_up = false;
  world.edge = "DDD";
  world.Run(kLittle);
  const Move before = world.Journaled().move.value();
  world.Run(absl::Minutes(31));
  const Move after = world.Journaled().move.value();
  EXPECT_EQ(after.id, before.id);
  EXPECT_GT(after.expires_at, world.wall);
  EXPECT_EQ(world.TimesTold("renew"), 2);
  EXPECT_EQ(world.TimesTold("intent"), 1);
  EXPECT_EQ(world.TimesTold("hold"), 1);
}

// --------------------------------------------------------------------------------- the exits

TEST(FailoverTest, TriesTheNextExitWhenOneDoesNotOpenOrServesNoStranger) {
  for (const bool opens : {false, true}) {
    FailoverHarness world({"nyc", "ams"});
    ASSERT_TRUE(world.Arm());
    world.exits["nyc"].opens = opens;
    world.exits["nyc"].serves_strangers = false;
    world.edge = "DDD";
    world.Run(kLittle);
    EXPECT_EQ(world.InDns(), Path::Exit("ams"));
    EXPECT_TRUE(world.Told(
        "hold", opens ? "a stranger is not served through exit/nyc" : "exit/nyc did not open"));
    ASSERT_TRUE(world.RunUntilQuiet());
    EXPECT_EQ(world.OpenExits(), "ams");
    EXPECT_THAT(world.TroubleAtRest(), IsEmpty());
  }
}

TEST(FailoverTest, AlarmsOnceOfEachTroubleHoweverTheyTakeTurns) {
  FailoverHarness world({"nyc", "ams"});
  ASSERT_TRUE(world.Arm());
  for (auto& [name, exit] : world.exits) exit.opens = false;
  world.edge = "DDD";
  world.Run(absl::Minutes(5));
  std::map<std::string, int> told, alarms;
  for (const Event& event : world.journal.Copy().events) {
    if (event.kind != "hold") continue;
    ++told[event.text];
    alarms[event.text] += event.alarm;
  }
  EXPECT_EQ(told.size(), 2u);
  for (const auto& [text, count] : told) EXPECT_GT(count, 1) << text;
  for (const auto& [text, count] : alarms) EXPECT_EQ(count, 1) << text;
}

TEST(FailoverTest, TakesAnExitThatServesBadlyOnlyWhereNoneServesWell) {
  for (const bool another : {true, false}) {
    FailoverHarness world({"nyc", "ams"});
    ASSERT_TRUE(world.Arm());
    world.exits["nyc"].votes = "ggU";
    world.exits["ams"].votes = another ? "UUU" : "DDD";
    world.edge = "DDD";
    world.Run(kLittle);
    EXPECT_EQ(world.InDns(), Path::Exit(another ? "ams" : "nyc"));
    EXPECT_EQ(world.Describe().cause.attribution, Attribution::kEdge);
    EXPECT_THAT(world.TroubleAtRest(), IsEmpty());
  }
}

TEST(FailoverTest, GoesRoundAllExitsUntilOneOpens) {
  FailoverHarness world({"nyc", "ams", "syd"});
  ASSERT_TRUE(world.Arm());
  for (auto& [name, exit] : world.exits) exit.opens = false;
  world.edge = "DDD";
  world.Run(absl::Minutes(5));
  std::map<std::string, int> tries;
  for (const Event& event : world.journal.Copy().events) {
    if (event.kind == "opening") ++tries[event.text];
  }
  EXPECT_EQ(tries.size(), 3u);
  for (const auto& [text, count] : tries) EXPECT_GE(count, 4) << text;
  world.exits["syd"].opens = true;
  ASSERT_TRUE(world.RunUntilQuiet());
  EXPECT_EQ(world.InDns(), Path::Exit("syd"));
}

TEST(FailoverTest, LeavesADeadExitForOneThatLives) {
  FailoverHarness world({"nyc", "ams"});
  ASSERT_TRUE(world.FailOver());
  world.exits["nyc"].votes = "DDD";
  world.Run(kLittle);
  EXPECT_EQ(world.InDns(), Path::Exit("ams"));
  EXPECT_TRUE(world.Told("intent", "exit/nyc is DOWN (share 1.00 of 3 voters)"));
  EXPECT_EQ(world.OpenExits(), "ams nyc") << "the old one lingers";
  EXPECT_THAT(world.TroubleAtRest(), IsEmpty());
}

TEST(FailoverTest, StaysOnADeadExitWhileNoOtherIsUpAndNeverGoesToTheEdgeByItself) {
  FailoverHarness world({"nyc", "ams"});
  ASSERT_TRUE(world.FailOver());
  world.exits["nyc"].votes = "DDD";
  world.exits["ams"].votes = "DDD";
  world.edge = "UUU";
  world.Run(absl::Minutes(30));
  EXPECT_EQ(world.InDns(), Path::Exit("nyc"));
  EXPECT_THAT(world.TroubleAtRest(), IsEmpty());
}

TEST(FailoverTest, GivesUpAnIntentWhoseLastExitWasTakenFromTheConfiguration) {
  FailoverHarness world({"nyc", "ams"});
  ASSERT_TRUE(world.FailOver());
  world.exits["nyc"].votes = "DDD";
  world.exits["ams"].opens = false;
  world.Run(kLittle);
  ASSERT_EQ(world.Journaled().move->to, Path::Exit("ams"));
  world.Crash();
  world.settings.exits.pop_back();
  world.exits.erase("ams");
  world.Run(absl::Minutes(1));
  EXPECT_EQ(world.InDns(), Path::Exit("nyc")) << "nothing goes to the edge by itself";
  EXPECT_FALSE(world.Journaled().move);
  EXPECT_THAT(world.TroubleAtRest(), IsEmpty());
}

TEST(FailoverTest, MovesOnWhenTheExitDiesBeforeItWasEverSeenToServeByName) {
  FailoverHarness world({"nyc", "ams"});
  ASSERT_TRUE(world.Arm());
  world.on_point = [&](const std::string& point) {
    if (point != "recorded:ASKING") return;
    world.exits["nyc"].serves_strangers = false;
    world.exits["nyc"].votes = "DDD";
  };
  world.edge = "DDD";
  world.Run(absl::Minutes(2));
  EXPECT_EQ(world.InDns(), Path::Exit("ams"));
  EXPECT_TRUE(world.Told("done", "though by name it is not served"));
  ASSERT_TRUE(world.RunUntilQuiet());
  EXPECT_THAT(world.TroubleAtRest(), IsEmpty());
}

TEST(FailoverTest, KeepsTheExitOpenFromTheMomentThatDnsMovesUntilLongAfterItMovedBack) {
  FailoverHarness world;
  ASSERT_TRUE(world.FailOver());
  world.edge = "UUU";
  world.Run(kLittle + absl::Seconds(1));
  world.exits["nyc"].visitors = 3;
  ASSERT_TRUE(world.MoveToEdge().ok());
  ASSERT_TRUE(world.RunUntilQuiet());
  EXPECT_EQ(world.InDns(), Path::Edge());
  world.Run(absl::Minutes(16));
  EXPECT_EQ(world.OpenExits(), "nyc") << "it has visitors";
  world.exits["nyc"].visitors = 0;
  world.Tick();
  EXPECT_EQ(world.OpenExits(), "");
  EXPECT_EQ(world.Describe().lingering_exit, "");
  EXPECT_THAT(world.TroubleAtRest(), IsEmpty());
}

TEST(FailoverTest, ClosesALingeringExitNotBeforeItsTimeAndAtLastInSpiteOfVisitors) {
  FailoverHarness world;
  ASSERT_TRUE(world.FailOver());
  world.edge = "UUU";
  world.Run(kLittle + absl::Seconds(1));
  ASSERT_TRUE(world.MoveToEdge().ok());
  world.Run(absl::Minutes(14));
  EXPECT_EQ(world.OpenExits(), "nyc") << "its time is not over";
  world.exits["nyc"].visitors = 1;
  world.Run(absl::Minutes(60));
  EXPECT_EQ(world.OpenExits(), "nyc");
  world.Run(absl::Minutes(3));
  EXPECT_EQ(world.OpenExits(), "");
}

TEST(FailoverTest, KeepsTheLingeringExitOpenWhileDnsCannotBeTrusted) {
  FailoverHarness world;
  ASSERT_TRUE(world.FailOver());
  world.edge = "UUU";
  world.Run(kLittle + absl::Seconds(1));
  ASSERT_TRUE(world.MoveToEdge().ok());
  ASSERT_TRUE(world.RunUntilQuiet());
  world.Crash();
  world.dns_answers = false;
  world.Run(absl::Minutes(30));
  EXPECT_EQ(world.OpenExits(), "nyc");
  world.dns_answers = true;
  world.Run(absl::Minutes(1));
  EXPECT_EQ(world.OpenExits(), "");
}

}  // namespace
}  // namespace lifeboat
