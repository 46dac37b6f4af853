#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/status.h"
#include "controller/failover/failover.h"
#include "controller/failover/testing/failover_harness.h"

namespace lifeboat {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

const absl::Duration kHold = absl::Seconds(1);
const absl::Duration kLittle = absl::Seconds(5);

// ---------------------------------------------------------------------------- what people ask for

TEST(FailoverPeopleTest, MovesWhereAPersonSaysThoughTheEdgeIsUp) {
  FailoverHarness world({"nyc", "ams"});
  ASSERT_TRUE(world.Arm());
  ASSERT_TRUE(world.MoveToExit("ams", "drill").ok());
  ASSERT_TRUE(world.RunUntilQuiet());
  EXPECT_EQ(world.InDns(), Path::Exit("ams"));
  EXPECT_TRUE(world.Told("intent", "drill (person/anna)"));
  EXPECT_THAT(world.TroubleAtRest(), IsEmpty());
}

TEST(FailoverPeopleTest, RefusesAMoveThatCannotBe) {
  FailoverHarness world({"nyc", "ams"});
  ASSERT_TRUE(world.Arm());
  EXPECT_EQ(world.MoveToExit("sfo").code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(world.MoveToEdge(true).code(), absl::StatusCode::kFailedPrecondition);
  world.exits["ams"].votes = "DDD";
  EXPECT_THAT(Words(world.MoveToExit("ams")), HasSubstr("target up: exit/ams is DOWN"));
  EXPECT_EQ(world.Stages(), "");
  ASSERT_TRUE(world.MoveToExit("").ok()) << "without a name the best one is taken";
  ASSERT_TRUE(world.RunUntilQuiet());
  EXPECT_THAT(Words(world.MoveToExit("nyc")), HasSubstr("served by exit/nyc already"));
}

TEST(FailoverPeopleTest, LetsAPersonsMoveTakeThePlaceOfAHeldIntent) {
  FailoverHarness world({"nyc", "ams"});
  ASSERT_TRUE(world.Arm());
  world.attribution = Attribution::kOrigin;
  world.edge = "DDD";
  world.Run(kLittle);
  const std::string held = world.Journaled().move.value().id;
  ASSERT_TRUE(world.MoveToExit("ams").ok());
  ASSERT_TRUE(world.RunUntilQuiet());
  EXPECT_EQ(world.InDns(), Path::Exit("ams"));
  EXPECT_TRUE(world.Told("intent", "in place of " + held));
  EXPECT_THAT(world.TroubleAtRest(), IsEmpty());
}

TEST(FailoverPeopleTest, NamesTheMoveThatIsUnderWay) {
  FailoverHarness world({"nyc", "ams"});
  ASSERT_TRUE(world.Arm());
  absl::Status second;
  world.on_point = [&](const std::string& point) {
    if (point == "recorded:PULLING") second = world.MoveToExit("ams");
  };
  ASSERT_TRUE(world.MoveToExit("nyc").ok());
  ASSERT_TRUE(world.RunUntilQuiet());
  EXPECT_EQ(second.code(), absl::StatusCode::kAlreadyExists) << second;
  EXPECT_THAT(Words(second), HasSubstr("to exit/nyc is under way (PULLING)"));
}

TEST(FailoverPeopleTest, GivesUpAPersonsMoveThatCouldNotBeginInTimeAndSaysWhy) {
  FailoverHarness world;
  ASSERT_TRUE(world.Arm());
  world.exits["nyc"].opens = false;
  ASSERT_TRUE(world.MoveToExit("nyc").ok());
  world.Run(absl::Minutes(10));
  EXPECT_EQ(world.Describe().phase, Phase::kIntent);
  world.Run(absl::Minutes(6));
  EXPECT_TRUE(world.Told("cancel", "it could not begin in time: exit/nyc did not open"));
  EXPECT_THAT(world.TroubleAtRest(), IsEmpty());
}

TEST(FailoverPeopleTest, TakesAPauseInTheMiddleOfAMove) {
  for (const std::string point : {"recorded:INTENT", "recorded:OPENING", "recorded:FETCHING"}) {
    FailoverHarness world;
    ASSERT_TRUE(world.Arm());
    world.on_point = [&](const std::string& passed) {
      if (passed != point) return;
      EXPECT_EQ(world.SetPaused(true).code(), absl::StatusCode::kUnavailable);
    };
    world.edge = "DDD";
    world.Run(kLittle);
    EXPECT_TRUE(world.SetPaused(true).ok()) << "asked again, it is so already";
    EXPECT_TRUE(world.Journaled().paused) << point;
    EXPECT_EQ(world.TimesTold("paused"), 1) << point;
    EXPECT_EQ(world.moves.size(), 0u) << point;
    EXPECT_THAT(world.Describe().waiting_for, HasSubstr("paused: night shift")) << point;
    world.on_point = [](const std::string&) {};
    EXPECT_TRUE(world.SetPaused(false).ok());
    ASSERT_TRUE(world.RunUntilQuiet());
    EXPECT_EQ(world.InDns(), Path::Exit("nyc")) << point;
  }
}

TEST(FailoverPeopleTest, LetsAMoveThatHasPulledItsLeverFinishThoughPaused) {
  FailoverHarness world;
  ASSERT_TRUE(world.Arm());
  world.on_point = [&](const std::string& passed) {
    if (passed == "recorded:PULLING") world.SetPaused(true).IgnoreError();
  };
  world.edge = "DDD";
  world.Run(kLittle);
  EXPECT_EQ(world.InDns(), Path::Exit("nyc"));
  EXPECT_TRUE(world.Journaled().paused);
  EXPECT_THAT(world.TroubleAtRest(), IsEmpty());
}

TEST(FailoverPeopleTest, PausesOnceHoweverOftenItIsAsked) {
  FailoverHarness world;
  ASSERT_TRUE(world.Arm());
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(world.SetPaused(true).ok());
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(world.SetPaused(false).ok());
  EXPECT_EQ(world.TimesTold("paused"), 1);
  EXPECT_EQ(world.TimesTold("resumed"), 1);
  world.Crash();
  world.Tick();
  EXPECT_FALSE(world.Describe().paused);
}

// ---------------------------------------------------------------------------------- the way back

TEST(FailoverPeopleTest, RefusesTheWayBackUntilTheEvidenceIsComplete) {
  FailoverHarness world;
  ASSERT_TRUE(world.FailOver());
  EXPECT_THAT(Words(world.MoveToEdge()), HasSubstr("clean for: 0 of 5s; the edge is DOWN"));
  world.edge = "UUU";
  world.Run(absl::Seconds(3));
  EXPECT_THAT(Words(world.MoveToEdge()),
              HasSubstr("still missing: clean for: 2s of 5s; complete in 3s if all stays well"));
  EXPECT_FALSE(world.Describe().failback_offered);
  world.Run(absl::Seconds(3));
  EXPECT_TRUE(world.Describe().failback_offered);
  EXPECT_EQ(world.InDns(), Path::Exit("nyc")) << "going back is a person's decision";
  ASSERT_TRUE(world.MoveToEdge().ok());
  ASSERT_TRUE(world.RunUntilQuiet());
  EXPECT_EQ(world.InDns(), Path::Edge());
  EXPECT_EQ(world.applied_moves, 2);
  EXPECT_EQ(world.Describe().phase, Phase::kServingEdge);
  EXPECT_THAT(world.TroubleAtRest(), IsEmpty());
}

TEST(FailoverPeopleTest, WritesDownWhatAForcedWayBackWasMissing) {
  FailoverHarness world;
  ASSERT_TRUE(world.FailOver());
  ASSERT_TRUE(world.MoveToEdge(true, "the vantages are wrong").ok());
  EXPECT_TRUE(world.Told("intent", "forced, though missing: clean for: 0 of 5s; the edge is DOWN"));
  EXPECT_EQ(world.InDns(), Path::Edge());
  EXPECT_THAT(world.TroubleAtRest(), IsEmpty());
  // The quorum still says DOWN: it must hold anew before anything moves by itself.
  world.Run(kHold - absl::Milliseconds(200));
  EXPECT_EQ(world.InDns(), Path::Edge());
}

TEST(FailoverPeopleTest, ForcesTheWayBackThoughNobodySeesAnything) {
  FailoverHarness world;
  ASSERT_TRUE(world.FailOver());
  world.Crash();
  world.edge = "___";
  world.exits["nyc"].votes = "___";
  world.Run(kLittle);
  EXPECT_FALSE(world.MoveToEdge(false).ok());
  ASSERT_TRUE(world.MoveToEdge(true).ok());
  world.Run(kLittle);
  EXPECT_EQ(world.InDns(), Path::Edge());
  EXPECT_THAT(world.TroubleAtRest(), IsEmpty());
}

TEST(FailoverPeopleTest, JudgesAWayBackThatWasHeldAgainWithAllItsEvidence) {
  FailoverHarness world;
  ASSERT_TRUE(world.FailOver());
  world.edge = "UUU";
  world.Run(absl::Seconds(6));
  for (int i = 0; i < 3; ++i) {
    world.lever.NextPull({PullOutcome::kRefused, absl::UnavailableError("SERVFAIL")}, false);
  }
  world.on_point = [&](const std::string& point) {
    if (point == "recorded:PULLING") world.edge = "DDD";
  };
  ASSERT_TRUE(world.MoveToEdge().ok());
  world.Run(absl::Minutes(16));
  EXPECT_EQ(world.InDns(), Path::Exit("nyc")) << "it went back to an edge that is DOWN";
  EXPECT_TRUE(world.Told("cancel", "it could not begin in time: clean for"));
  EXPECT_THAT(world.TroubleAtRest(), IsEmpty());
}

TEST(FailoverPeopleTest, RefusesAWayBackByForceWhileAnExitKnowsAHigherEpoch) {
  FailoverHarness world;
  ASSERT_TRUE(world.FailOver());
  world.amnesia = "exit/nyc has obeyed epoch 1.99";
  EXPECT_EQ(world.MoveToEdge(true).code(), absl::StatusCode::kFailedPrecondition);
}

TEST(FailoverPeopleTest, FailsOverAgainAfterAWayBack) {
  FailoverHarness world;
  ASSERT_TRUE(world.FailOver());
  world.edge = "UUU";
  world.Run(absl::Seconds(6));
  ASSERT_TRUE(world.MoveToEdge().ok());
  ASSERT_TRUE(world.RunUntilQuiet());
  world.edge = "DDD";
  world.Run(kLittle);
  EXPECT_EQ(world.InDns(), Path::Exit("nyc"));
  EXPECT_EQ(world.applied_moves, 3);
  EXPECT_THAT(world.TroubleAtRest(), IsEmpty());
  EXPECT_EQ(world.Describe().lingering_exit, "");
}

}  // namespace
}  // namespace lifeboat
