#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "controller/failover/failover.h"
#include "controller/failover/testing/failover_harness.h"

namespace lifeboat {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

const absl::Duration kLittle = absl::Seconds(5);

// --------------------------------------------------------------------------------- the lever

TEST(FailoverWorldTest, HoldsAfterARefusedPullAndTriesAgainEverLessOften) {
  FailoverHarness world({"nyc", "ams"});
  ASSERT_TRUE(world.Arm());
  for (int i = 0; i < 1000; ++i) {
    world.lever.NextPull({PullOutcome::kRefused, absl::PermissionDeniedError("NOTAUTH")}, false);
  }
  world.edge = "DDD";
  world.Run(absl::Minutes(10));
  EXPECT_EQ(world.Describe().phase, Phase::kIntent);
  EXPECT_TRUE(world.Told("hold", "lever own: NOTAUTH"));
  EXPECT_GE(world.moves.size(), 15u);
  EXPECT_LE(world.moves.size(), 50u);
  EXPECT_EQ(world.TimesTold("hold"), 1);
  for (const Change& change : world.moves) {
    EXPECT_EQ(change.records, world.settings.exits[0].records) << "it is not the exit's fault";
  }
  world.edge = "UUU";
  world.Run(kLittle);
  EXPECT_THAT(world.TroubleAtRest(), IsEmpty());
}

TEST(FailoverWorldTest, TriesARefusedPullAgainWithoutAnyOtherCall) {
  FailoverHarness world;
  ASSERT_TRUE(world.Arm());
  for (int i = 0; i < 3; ++i) {
    world.lever.NextPull({PullOutcome::kRefused, absl::UnavailableError("500")}, false);
  }
  const size_t before = world.lever.Pulls().size();
  world.edge = "DDD";
  world.Run(absl::Seconds(8));
  EXPECT_EQ(world.InDns(), Path::Exit("nyc"));
  EXPECT_EQ(world.lever.Pulls().size(), before + 4) << "each call is one that may fail";
  EXPECT_EQ(world.TimesTold("hold"), 1);
  EXPECT_THAT(world.TroubleAtRest(), IsEmpty());
}

TEST(FailoverWorldTest, PullsTheOtherLeverAfterTheFirstHasRefusedThoughItsChecksAreWell) {
  FailoverHarness world;
  world.spare_health = LeverHealth{.state = LeverState::kOk, .why = ""};
  ASSERT_TRUE(world.Arm());
  world.lever.NextPull({PullOutcome::kRefused, absl::UnavailableError("500")}, false);
  world.edge = "DDD";
  world.Run(absl::Seconds(4));
  EXPECT_EQ(world.InDns(), Path::Exit("nyc"));
  EXPECT_TRUE(world.Told("pulling", "pulls spare"));
  EXPECT_EQ(world.applied_moves, 1);
  EXPECT_THAT(world.TroubleAtRest(), IsEmpty());
  EXPECT_THAT(world.violations, IsEmpty());
  world.edge = "UUU";
  world.Run(absl::Seconds(8));
  ASSERT_TRUE(world.MoveToEdge().ok());
  ASSERT_TRUE(world.RunUntilQuiet());
  EXPECT_TRUE(world.Told("pulling", "pulls own")) << "the next move begins with it again";
}

TEST(FailoverWorldTest, TakesTheLeversInTurnsWhileAllOfThemRefuse) {
  FailoverHarness world;
  world.spare_health = LeverHealth{.state = LeverState::kErr, .why = "slow"};
  ASSERT_TRUE(world.Arm());
  for (int i = 0; i < 20; ++i) {  // it may not write this name, and its checks do not know
    world.lever.NextPull({PullOutcome::kRefused, absl::PermissionDeniedError("not yours")}, false);
  }
  world.spare.NextPull({PullOutcome::kRefused, absl::UnavailableError("503")}, false);
  const size_t before = world.lever.Pulls().size();
  world.edge = "DDD";
  world.Run(absl::Seconds(8));
  EXPECT_EQ(world.lever.Pulls().size(), before + 2);
  EXPECT_EQ(world.InDns(), Path::Exit("nyc")) << "by the spare one, at its second try";
  EXPECT_THAT(world.violations, IsEmpty());
}

TEST(FailoverWorldTest, AsksOneLeverAndPullsTheOtherAfterItsAnswerWasLost) {
  FailoverHarness world;
  world.spare_health = LeverHealth{.state = LeverState::kErr, .why = "slow"};
  ASSERT_TRUE(world.Arm());
  world.lever.NextPull({PullOutcome::kRefused, absl::UnavailableError("500")}, false);
  world.spare.NextPull({PullOutcome::kUnknown, absl::DeadlineExceededError("no answer")}, false);
  world.edge = "DDD";
  world.Run(absl::Seconds(8));
  EXPECT_EQ(world.spare.Pulls().size(), 1u);
  EXPECT_EQ(world.InDns(), Path::Exit("nyc")) << "by the first one, which is well";
  EXPECT_THAT(world.violations, IsEmpty());
}

TEST(FailoverWorldTest, FindsOutAboutAPullThatWasAppliedThoughItWasCalledRefused) {
  FailoverHarness world;
  ASSERT_TRUE(world.Arm());
  world.lever.NextPull({PullOutcome::kRefused, absl::UnavailableError("forged")}, true);
  world.edge = "DDD";
  world.Run(absl::Seconds(8));
  EXPECT_EQ(world.InDns(), Path::Exit("nyc"));
  EXPECT_EQ(world.Describe().dns, "");
  EXPECT_EQ(world.Describe().phase, Phase::kServingExit);
}

TEST(FailoverWorldTest, ClaimsEverLessOftenWhileTheZoneRefuses) {
  FailoverHarness world;
  for (int i = 0; i < 1000; ++i) {
    world.lever.NextPull({PullOutcome::kRefused, absl::PermissionDeniedError("NOTAUTH")}, false);
  }
  world.Run(absl::Minutes(10));
  EXPECT_LE(world.lever.Pulls().size(), 70u);
  EXPECT_EQ(world.TimesTold("lever"), 1);
  EXPECT_EQ(world.TimesTold("claim"), 1);
  EXPECT_THAT(world.Describe().dns, HasSubstr("NOTAUTH"));
  EXPECT_FALSE(world.Describe().armed);
}

TEST(FailoverWorldTest, CompletesAPullWhoseAnswerWasLostWithoutRepeatingIt) {
  FailoverHarness world;
  ASSERT_TRUE(world.Arm());
  world.lever.NextPull({PullOutcome::kUnknown, absl::DeadlineExceededError("no answer")}, true);
  world.edge = "DDD";
  world.Run(kLittle);
  EXPECT_EQ(world.moves.size(), 1u);
  EXPECT_EQ(world.applied_moves, 1);
  EXPECT_EQ(world.InDns(), Path::Exit("nyc"));
  EXPECT_THAT(world.TroubleAtRest(), IsEmpty());
}

TEST(FailoverWorldTest, FencesOffAPullThatNeverArrivedBeforeItJudgesAgain) {
  FailoverHarness world;
  ASSERT_TRUE(world.Arm());
  world.lever.NextPull({PullOutcome::kUnknown, absl::DeadlineExceededError("no answer")}, false);
  world.on_point = [&](const std::string& point) {
    if (point == "recorded:PULLING") world.edge = "UUU";
  };
  world.edge = "DDD";
  world.Run(kLittle);
  ASSERT_EQ(world.moves.size(), 1u);
  EXPECT_TRUE(world.Told("cancel", "edge serves again"));
  EXPECT_FALSE(world.Deliver(world.moves[0])) << "the late packet still matches";
  EXPECT_THAT(world.TroubleAtRest(), IsEmpty());
}

TEST(FailoverWorldTest, TakesALatePacketThatOvertakesTheFenceForTheMove) {
  FailoverHarness world;
  ASSERT_TRUE(world.Arm());
  world.lever.NextPull({PullOutcome::kUnknown, absl::DeadlineExceededError("no answer")}, false);
  int claims = 0;
  world.on_point = [&](const std::string& point) {
    if (point != "recorded:CLAIM" || ++claims > 1) return;
    EXPECT_TRUE(world.Deliver(world.moves[0]));
  };
  world.edge = "DDD";
  world.Run(kLittle);
  EXPECT_EQ(world.moves.size(), 1u);
  EXPECT_EQ(world.InDns(), Path::Exit("nyc"));
  EXPECT_THAT(world.TroubleAtRest(), IsEmpty());
}

TEST(FailoverWorldTest, WaitsForDnsToAnswerBeforeItSaysWhatBecameOfAPull) {
  FailoverHarness world;
  ASSERT_TRUE(world.Arm());
  world.on_point = [&](const std::string& point) {
    if (point == "recorded:PULLING") world.dns_answers = false;
  };
  world.edge = "DDD";
  world.Run(absl::Minutes(2));
  world.edge = "UUU";
  world.Run(absl::Minutes(2));
  EXPECT_EQ(world.Describe().phase, Phase::kApplying);
  EXPECT_THAT(world.Describe().waiting_for, HasSubstr("DNS is silent"));
  EXPECT_EQ(world.OpenExits(), "nyc") << "visitors may be sent there";
  world.on_point = [](const std::string&) {};
  world.dns_answers = true;
  ASSERT_TRUE(world.RunUntilQuiet(absl::Seconds(30)));
  EXPECT_EQ(world.InDns(), Path::Edge());
  EXPECT_THAT(world.TroubleAtRest(), IsEmpty());
}

TEST(FailoverWorldTest, ShowsDriftAndOverwritesNothing) {
  const World elsewhere{.records = {{RecordType::kA, "198.51.100.7"}}, .ownership = ""};
  for (const std::string point : {"done:INTENT", "done:FETCHING", "recorded:PULLING"}) {
    FailoverHarness world;
    ASSERT_TRUE(world.Arm());
    world.on_point = [&](const std::string& passed) {
      if (passed == point) {
        world.zone.Set("app.test", {.records = elsewhere.records, .ownership = world.Owner()});
      }
    };
    world.edge = "DDD";
    world.Run(absl::Minutes(5));
    EXPECT_EQ(world.Dns(), elsewhere.records) << point;
    EXPECT_THAT(world.Describe().dns, HasSubstr("app.test says A 198.51.100.7 and not CNAME"));
    EXPECT_THAT(world.Describe().waiting_for, HasSubstr("198.51.100.7")) << point;
    EXPECT_EQ(world.TimesTold("drift"), 1) << point;
    world.on_point = [](const std::string&) {};
    world.zone.Set("app.test",
                   {.records = world.settings.edge_records, .ownership = world.Owner()});
    ASSERT_TRUE(world.RunUntilQuiet()) << point;
    EXPECT_EQ(world.InDns(), Path::Exit("nyc")) << point;
    EXPECT_THAT(world.TroubleAtRest(), IsEmpty()) << point;
  }
}

TEST(FailoverWorldTest, SeesDriftWhileAllIsWell) {
  FailoverHarness world;
  ASSERT_TRUE(world.Arm());
  world.zone.Set("app.test",
                 {.records = {{RecordType::kA, "198.51.100.7"}}, .ownership = world.Owner()});
  world.Run(absl::Minutes(2));
  EXPECT_TRUE(world.Told("drift", "198.51.100.7"));
  EXPECT_THAT(world.Describe().unarmed_why, HasSubstr("records: app.test says A 198.51.100.7"));
}

TEST(FailoverWorldTest, StopsActingOnceAnotherControllerHasTakenOver) {
  FailoverHarness world;
  ASSERT_TRUE(world.Arm());
  world.zone.Set("app.test", {.records = world.settings.edge_records,
                              .ownership = "epoch=1.9 serves=edge move=- claim=1"});
  world.Run(absl::Minutes(2));
  EXPECT_EQ(world.Describe().phase, Phase::kAmnesia);
}

TEST(FailoverWorldTest, MakesALostOwnershipRecordAnew) {
  FailoverHarness world;
  ASSERT_TRUE(world.FailOver());
  world.zone.Set("app.test", {.records = world.Dns(), .ownership = ""});
  world.Run(absl::Minutes(2));
  EXPECT_THAT(world.TroubleAtRest(), IsEmpty());
}

TEST(FailoverWorldTest, StaysArmedWhenOnlyALookAtDnsFails) {
  FailoverHarness world;
  ASSERT_TRUE(world.Arm());
  world.dns_answers = false;
  world.Run(absl::Minutes(5));
  EXPECT_TRUE(world.Describe().armed) << "whether the lever works is its own health's to say";
  world.dns_answers = true;
  world.edge = "DDD";
  world.Run(kLittle);
  EXPECT_EQ(world.InDns(), Path::Exit("nyc"));
}

TEST(FailoverWorldTest, ShowsAMoveThatSomebodyHasTakenBackWhileItWasProven) {
  FailoverHarness world;
  ASSERT_TRUE(world.Arm());
  const World before = world.zone.Get("app.test");
  world.zone.Lag("ns2.test. 192.0.2.2:53", true);
  world.edge = "DDD";
  world.Run(kLittle);
  world.Crash();
  world.zone.Set("app.test", before);
  world.edge = "UUU";
  world.Run(absl::Minutes(1));
  EXPECT_EQ(world.InDns(), Path::Edge());
  EXPECT_EQ(world.applied_moves, 1);
  EXPECT_TRUE(world.Told("drift", "was in DNS and is there no more"));
  ASSERT_TRUE(world.journal.RaiseGeneration(2, Event{}).ok());
  world.core().EpochRaised();
  ASSERT_TRUE(world.RunUntilQuiet());
  EXPECT_EQ(world.Journaled().serves, Path::Edge());
  EXPECT_THAT(world.TroubleAtRest(), IsEmpty());
}

TEST(FailoverWorldTest, StaysApplyingWhileASecondaryIsStaleAndNamesIt) {
  FailoverHarness world;
  ASSERT_TRUE(world.Arm());
  world.zone.Lag("ns2.test. 192.0.2.2:53", true);
  world.edge = "DDD";
  world.Run(absl::Minutes(2));
  EXPECT_EQ(world.Describe().phase, Phase::kApplying);
  EXPECT_THAT(world.Describe().waiting_for, HasSubstr("ns2.test. 192.0.2.2:53 is stale"));
  EXPECT_EQ(world.TimesTold("proving", "ns2.test."), 1);
  EXPECT_EQ(world.Describe().proof.size(), 2u);
  EXPECT_EQ(world.OpenExits(), "nyc");
  world.zone.Lag("ns2.test. 192.0.2.2:53", false);
  ASSERT_TRUE(world.RunUntilQuiet(absl::Seconds(31)));
  EXPECT_EQ(world.moves.size(), 1u);
  EXPECT_THAT(world.TroubleAtRest(), IsEmpty());
}

TEST(FailoverWorldTest, IsNotHeldByAServerThatIsSilent) {
  FailoverHarness world;
  world.zone.Mute("ns2.test. 192.0.2.2:53", ServerState::kSilent);
  ASSERT_TRUE(world.FailOver());
  EXPECT_TRUE(world.Told("proven", "ns2.test. 192.0.2.2:53 is silent"));
}

// ----------------------------------------------------------------------------------- the journal

TEST(FailoverWorldTest, DoesNothingThatItCannotRecordAndRecovers) {
  FailoverHarness dry;
  ASSERT_TRUE(dry.FailOver());
  const int entries = static_cast<int>(dry.journal.Copy().entries.size());
  ASSERT_GE(entries, 8);
  for (int good = 0; good < entries; ++good) {
    for (const bool recorded : {false, true}) {
      FailoverHarness world;
      int seen = 0;
      world.on_point = [&](const std::string&) {};
      const absl::Status full = absl::ResourceExhaustedError("the disk is full");
      const auto fail = [&] {
        if (static_cast<int>(world.journal.Copy().entries.size()) != good || seen++ > 0) return;
        recorded ? world.journal.LoseNextAnswer(absl::UnknownError("commit lost"))
                 : world.journal.FailNext(5, full);
      };
      fail();
      world.on_point = [&](const std::string&) { fail(); };
      world.Run(kLittle);
      world.edge = "DDD";
      world.Run(absl::Seconds(15));
      ASSERT_TRUE(world.RunUntilQuiet()) << good;
      EXPECT_EQ(world.InDns(), Path::Exit("nyc")) << good;
      EXPECT_EQ(world.applied_moves, 1) << good;
      EXPECT_THAT(world.TroubleAtRest(), IsEmpty()) << good << " " << recorded;
    }
  }
}

TEST(FailoverWorldTest, RecoversWithinFiveSecondsHoweverLongTheDiskWasFull) {
  FailoverHarness world;
  ASSERT_TRUE(world.Arm());
  world.journal.FailNext(1'000'000, absl::ResourceExhaustedError("the disk is full"));
  world.edge = "DDD";
  world.Run(absl::Hours(1));
  EXPECT_EQ(world.InDns(), Path::Edge());
  world.journal.FailNext(0, absl::OkStatus());
  world.Run(absl::Seconds(5));
  EXPECT_EQ(world.InDns(), Path::Exit("nyc"));
  EXPECT_THAT(world.TroubleAtRest(), IsEmpty());
}

TEST(FailoverWorldTest, DoesNotHammerAJournalThatIsFull) {
  FailoverHarness world;
  int tries = 0;
  world.on_point = [&](const std::string& point) { tries += point == "done:ASK"; };
  world.journal.FailNext(300, absl::ResourceExhaustedError("the disk is full"));
  world.Run(absl::Minutes(5));
  EXPECT_FALSE(world.Describe().armed) << "300 tries in 5 minutes were too many";
}

TEST(FailoverWorldTest, LeavesNoMoveInTheJournalThatAPersonWasToldCannotBeRecorded) {
  FailoverHarness world;
  ASSERT_TRUE(world.FailOver());
  world.journal.LoseNextAnswer(absl::UnknownError("commit lost"));
  ASSERT_TRUE(world.MoveToEdge(true).ok());
  ASSERT_TRUE(world.Journaled().move.has_value());
  world.Run(absl::Seconds(1));
  EXPECT_FALSE(world.Journaled().move.has_value());
  world.Crash();
  world.Run(absl::Minutes(1));
  EXPECT_EQ(world.InDns(), Path::Exit("nyc")) << "it woke with the next start";
}

TEST(FailoverWorldTest, KeepsToACancelThatCouldNotBeRecordedAtFirst) {
  FailoverHarness world;
  ASSERT_TRUE(world.Arm());
  world.on_point = [&](const std::string& point) {
    if (point == "recorded:INTENT") world.exits["nyc"].tunnel_up = false;
  };
  ASSERT_TRUE(world.MoveToExit("nyc").ok());
  world.Run(absl::Minutes(14));
  world.journal.FailNext(6, absl::ResourceExhaustedError("the disk is full"));
  world.Run(absl::Seconds(62));
  ASSERT_EQ(world.Describe().phase, Phase::kIntent);
  world.exits["nyc"].tunnel_up = true;
  world.Run(absl::Minutes(1));
  EXPECT_EQ(world.InDns(), Path::Edge());
  EXPECT_THAT(world.TroubleAtRest(), IsEmpty());
}

// ------------------------------------------------------------------------------------- amnesia

TEST(FailoverWorldTest, ActsOnNothingWhenDnsKnowsAHigherEpochOrAnUnknownMove) {
  for (const std::string owner :
       {"epoch=1.99 serves=edge move=- claim=1", "epoch=2.0 serves=edge move=- claim=1",
        "epoch=1.1 serves=exit/nyc move=01OTHER claim=1"}) {
    FailoverHarness world;
    world.zone.Set("app.test", {.records = world.settings.edge_records, .ownership = owner});
    world.Run(kLittle);
    world.edge = "DDD";
    world.Run(absl::Minutes(1));
    EXPECT_EQ(world.lever.Pulls().size(), 0u) << owner;
    EXPECT_EQ(world.Describe().phase, Phase::kAmnesia) << owner;
    EXPECT_THAT(world.core().amnesia(), HasSubstr("lifeboatctl epoch raise"));
    EXPECT_THAT(world.Describe().waiting_for, HasSubstr("lifeboatctl epoch raise"));
    EXPECT_EQ(world.TimesTold("amnesia"), 1);
    EXPECT_FALSE(world.core().KnowsWhatIsInForce());
    EXPECT_EQ(world.MoveToExit("nyc").code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_EQ(world.Journaled().move, std::nullopt);
  }
}

TEST(FailoverWorldTest, RecognisesAnOlderCopyOfTheJournal) {
  FailoverHarness world;
  ASSERT_TRUE(world.Arm());
  const FakeJournal::Memory old = world.journal.Copy();
  ASSERT_TRUE(world.FailOver());
  world.Crash();
  world.journal.PutBack(old);
  world.Run(absl::Minutes(1));
  EXPECT_EQ(world.Describe().phase, Phase::kAmnesia);
  EXPECT_EQ(world.InDns(), Path::Exit("nyc"));
  EXPECT_EQ(world.applied_moves, 1);
  EXPECT_EQ(world.OpenExits(), "nyc") << "it keeps what it was last told";
}

TEST(FailoverWorldTest, RecognisesACopyThatWasTakenWhileTheMoveWasAnIntent) {
  FailoverHarness world;
  ASSERT_TRUE(world.Arm());
  FakeJournal::Memory old;
  world.on_point = [&](const std::string& point) {
    if (point == "done:OPENING") old = world.journal.Copy();
  };
  world.edge = "DDD";
  world.Run(kLittle);
  world.Crash();
  world.journal.PutBack(old);
  world.edge = "UUU";
  world.Run(absl::Minutes(1));
  EXPECT_EQ(world.Describe().phase, Phase::kAmnesia);
  EXPECT_EQ(world.applied_moves, 1);
}

TEST(FailoverWorldTest, TakesWhatDnsSaysForTrueOnceAPersonHasRaisedTheEpoch) {
  for (const int failures : {0, 3}) {
    FailoverHarness world;
    ASSERT_TRUE(world.Arm());
    const FakeJournal::Memory old = world.journal.Copy();
    ASSERT_TRUE(world.FailOver());
    world.Crash();
    world.journal.PutBack(old);
    world.Run(kLittle);
    ASSERT_TRUE(world.journal.RaiseGeneration(2, Event{}).ok());
    world.journal.FailNext(failures, absl::ResourceExhaustedError("the disk is full"));
    world.core().EpochRaised();
    ASSERT_TRUE(world.RunUntilQuiet()) << failures;
    EXPECT_EQ(world.Journaled().serves, Path::Exit("nyc"));
    EXPECT_TRUE(world.Told("adopted", "exit/nyc serves"));
    EXPECT_EQ(world.applied_moves, 1);
    EXPECT_THAT(world.TroubleAtRest(), IsEmpty()) << failures;
  }
}

TEST(FailoverWorldTest, AdoptsWhatThePersonHasWrittenByHand) {
  FailoverHarness world;
  ASSERT_TRUE(world.Arm());
  world.zone.Set("app.test",
                 {.records = world.settings.exits[0].records, .ownership = world.Owner()});
  world.Crash();
  world.Run(kLittle);
  EXPECT_EQ(world.TimesTold("drift"), 1);
  ASSERT_TRUE(world.journal.RaiseGeneration(2, Event{}).ok());
  world.core().Adopt();
  ASSERT_TRUE(world.RunUntilQuiet());
  EXPECT_EQ(world.Journaled().serves, Path::Exit("nyc"));
  EXPECT_EQ(world.applied_moves, 0);
}

TEST(FailoverWorldTest, KeepsAMoveThatDnsKnowsWhenTheEpochIsRaised) {
  FailoverHarness world;
  ASSERT_TRUE(world.Arm());
  world.zone.Lag("ns2.test. 192.0.2.2:53", true);
  world.edge = "DDD";
  world.Run(kLittle);
  ASSERT_TRUE(world.journal.RaiseGeneration(2, Event{}).ok());
  world.core().Adopt();
  world.Run(kLittle);
  EXPECT_EQ(world.Describe().phase, Phase::kApplying) << "it is not proven yet";
  world.zone.Lag("ns2.test. 192.0.2.2:53", false);
  ASSERT_TRUE(world.RunUntilQuiet());
  EXPECT_EQ(world.applied_moves, 1);
  EXPECT_THAT(world.TroubleAtRest(), IsEmpty());
}

TEST(FailoverWorldTest, ActsOnNothingWhileAnExitKnowsAHigherEpoch) {
  FailoverHarness world;
  ASSERT_TRUE(world.Arm());
  world.amnesia = "exit/nyc has obeyed epoch 1.99; lifeboatctl epoch raise --reason …";
  world.edge = "DDD";
  world.Run(absl::Minutes(1));
  EXPECT_EQ(world.Stages(), "");
  EXPECT_EQ(world.Describe().phase, Phase::kAmnesia);
  EXPECT_EQ(world.MoveToExit("nyc").code(), absl::StatusCode::kFailedPrecondition);
  world.amnesia = "";
  world.Run(kLittle);
  EXPECT_EQ(world.InDns(), Path::Exit("nyc"));
}

}  // namespace
}  // namespace lifeboat
