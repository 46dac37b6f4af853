#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "controller/failover/testing/failover_harness.h"

// What wakes a person, and what becomes of an intent's time while the controller is down.
namespace lifeboat {
namespace {

using ::testing::IsEmpty;

constexpr absl::Duration kLittle = absl::Seconds(10);

// Everything that was told: what the journal took with a step, and what was noted beside it.
std::vector<Event> AllTold(const FailoverHarness& world) {
  std::vector<Event> all = world.notes;
  const std::vector<Event> journaled = world.journal.Copy().events;
  all.insert(all.end(), journaled.begin(), journaled.end());
  return all;
}

int Alarms(const FailoverHarness& world, const std::string& kind, const std::string& begin) {
  const std::vector<Event> all = AllTold(world);
  return static_cast<int>(std::count_if(all.begin(), all.end(), [&](const Event& event) {
    return event.alarm && event.kind == kind && event.text.substr(0, begin.size()) == begin;
  }));
}

// From the failure over a secondary that is late to the way back and the end of the linger time.
TEST(FailoverAlarmsTest, WakeAPersonForWhatTheyMustKnowAndForNothingElse) {
  FailoverHarness world;
  ASSERT_TRUE(world.Arm());
  world.zone.Lag("ns2.test. 192.0.2.2:53", true);
  world.exits["nyc"].opens = false;
  world.edge = "DDD";
  world.Run(absl::Minutes(16));
  world.exits["nyc"].opens = true;
  world.Run(absl::Minutes(2));
  world.zone.Lag("ns2.test. 192.0.2.2:53", false);
  ASSERT_TRUE(world.RunUntilQuiet());
  world.edge = "UUU";
  world.Run(kLittle);
  ASSERT_TRUE(world.MoveToEdge().ok());
  ASSERT_TRUE(world.RunUntilQuiet());
  world.Run(absl::Minutes(20));
  const std::set<std::string> wakes = {"intent", "hold", "proving", "done"};
  const std::set<std::string> sleeps = {"vote",     "renew",  "opening", "opened",
                                        "fetching", "proven", "pulling", "pulled",
                                        "asking",   "closed", "claim"};
  std::set<std::string> told;
  for (const Event& event : AllTold(world)) {
    told.insert(event.kind);
    if (event.kind == "verdict") {
      EXPECT_EQ(event.alarm, event.text.substr(0, 12) == "edge is DOWN") << event.text;
    } else {
      EXPECT_EQ(event.alarm, wakes.contains(event.kind)) << event.kind << ": " << event.text;
      EXPECT_TRUE(wakes.contains(event.kind) || sleeps.contains(event.kind)) << event.kind;
    }
  }
  for (const std::string& kind : wakes) EXPECT_TRUE(told.contains(kind)) << kind;
  for (const std::string& kind : sleeps) EXPECT_TRUE(told.contains(kind)) << kind;
}

TEST(FailoverAlarmsTest, ACancelAndADriftWakeAPerson) {
  FailoverHarness world;
  ASSERT_TRUE(world.Arm());
  world.lever_health = {LeverState::kDown, "no answer"};
  world.edge = "DDD";
  world.Run(kLittle);
  EXPECT_EQ(Alarms(world, "hold", "HOLD: lever"), 1);
  world.edge = "UUU";
  world.Run(kLittle);
  EXPECT_EQ(Alarms(world, "cancel", "CANCEL the move to exit/nyc"), 1);
  world.lever_health = {LeverState::kOk, ""};
  world.zone.Set("app.test",
                 {.records = {{RecordType::kA, "198.51.100.7"}}, .ownership = world.Owner()});
  world.Run(absl::Minutes(3));
  EXPECT_EQ(Alarms(world, "drift", "app.test says A 198.51.100.7"), 1);
}

TEST(FailoverAlarmsTest, ThatNobodySeesAnythingAfterAStartWakesAPerson) {
  FailoverHarness world;
  world.edge = "U__";
  world.exits["nyc"].votes = "___";
  world.Run(absl::Seconds(119));
  EXPECT_EQ(Alarms(world, "verdict", ""), 0) << "it is warming";
  world.Run(absl::Minutes(30));
  EXPECT_EQ(Alarms(world, "verdict", "edge is BLIND since the start: 1 of at least 3"), 1);
  world.edge = world.exits["nyc"].votes = "UUU";
  ASSERT_TRUE(world.Arm());
  EXPECT_EQ(Alarms(world, "verdict", ""), 1) << "told once";
}

TEST(FailoverAlarmsTest, AClaimThatIsRefusedForGoodWakesAPersonWhateverWasToldBefore) {
  FailoverHarness world;
  ASSERT_TRUE(world.Arm());
  const auto refuse = [&world](int times) {
    for (int i = 0; i < times; ++i) {
      world.lever.NextPull({PullOutcome::kRefused, absl::PermissionDeniedError("no")}, false);
    }
    world.core().Adopt();
  };
  refuse(1);
  world.Run(absl::Seconds(5));
  EXPECT_EQ(Alarms(world, "lever", "DNS cannot be claimed"), 1);
  refuse(10'000);
  world.Run(absl::Minutes(1));
  world.dns_answers = false;  // other words, which wake
  world.Run(absl::Minutes(1));
  EXPECT_EQ(Alarms(world, "lever", "DNS cannot be asked"), 1);
  world.dns_answers = true;
  world.Run(absl::Minutes(10));
  EXPECT_EQ(Alarms(world, "lever", "DNS cannot be claimed"), 2) << "it has gone on all the time";
}

TEST(FailoverAlarmsTest, BlindnessOfWhatServesWakesAPersonAndOfAStandByDoesNot) {
  FailoverHarness world;
  world.edge = "___";
  world.Run(kLittle);
  EXPECT_EQ(Alarms(world, "verdict", ""), 0) << "it is warming, and knows nothing yet";
  world.edge = "UUU";
  ASSERT_TRUE(world.Arm());
  world.exits["nyc"].votes = "U__";
  world.Run(kLittle);
  EXPECT_TRUE(world.Told("verdict", "exit/nyc is BLIND"));
  EXPECT_EQ(Alarms(world, "verdict", ""), 0);
  world.edge = "UU_";
  world.Run(kLittle);
  EXPECT_EQ(Alarms(world, "verdict", "edge is BLIND: 2 of at least 3 vantages vote"), 1);
  world.Run(absl::Minutes(10));
  EXPECT_EQ(Alarms(world, "verdict", ""), 1) << "told once";
}

TEST(FailoverAlarmsTest, DnsThatAnswersOneTimeAndNotTheNextIsOneAlarmInAWhile) {
  FailoverHarness world;
  ASSERT_TRUE(world.Arm());
  const auto fail_once = [&world] {
    world.Crash();
    world.dns_answers = false;
    world.Run(absl::Seconds(2));
    world.dns_answers = true;
    ASSERT_TRUE(world.Arm());
    // Without a start in between.
    for (int i = 0; i < 3; ++i) {
      world.core().Adopt();
      world.dns_answers = false;
      world.Run(absl::Seconds(2));
      world.dns_answers = true;
      ASSERT_TRUE(world.Arm());
    }
  };
  fail_once();
  EXPECT_EQ(world.TimesTold("lever", "DNS cannot be asked"), 4);
  EXPECT_EQ(Alarms(world, "lever", "DNS cannot be asked"), 1);
  world.Run(absl::Minutes(6));
  fail_once();
  EXPECT_EQ(Alarms(world, "lever", "DNS cannot be asked"), 2);
}

TEST(FailoverAlarmsTest, DnsThatFailsForGoodSoonAfterABlipWakesAPersonAfterAll) {
  FailoverHarness world;
  ASSERT_TRUE(world.Arm());
  const auto fail = [&world] {
    world.core().Adopt();
    world.dns_answers = false;
    world.Run(absl::Seconds(2));
  };
  fail();
  world.dns_answers = true;
  ASSERT_TRUE(world.Arm());
  EXPECT_EQ(Alarms(world, "lever", "DNS cannot be asked"), 1);
  fail();
  world.Run(absl::Minutes(4));
  EXPECT_EQ(Alarms(world, "lever", "DNS cannot be asked"), 1);
  world.Run(absl::Minutes(2));
  EXPECT_EQ(Alarms(world, "lever", "DNS cannot be asked"), 2) << "it has not come back";
  world.Run(absl::Hours(1));
  EXPECT_EQ(Alarms(world, "lever", "DNS cannot be asked"), 2) << "told once";
}

TEST(FailoverAlarmsTest, WhatHoldsAStandingIntentAgainHoursLaterWakesAPersonAgain) {
  FailoverHarness world;
  ASSERT_TRUE(world.Arm());
  world.exits["nyc"].tunnel_up = false;
  world.edge = "DDD";
  const auto hold_by_turns = [&world] {
    for (int i = 0; i < 3; ++i) {
      world.stopped = "all hands";
      world.Run(kLittle);
      world.stopped = "";
      world.Run(kLittle);
    }
  };
  hold_by_turns();
  EXPECT_EQ(Alarms(world, "hold", "HOLD: tunnel up"), 1);
  EXPECT_EQ(Alarms(world, "hold", "HOLD: not stopped"), 1);
  world.Run(absl::Hours(2));
  EXPECT_EQ(Alarms(world, "hold", "HOLD: tunnel up"), 1) << "it has held all the time";
  hold_by_turns();
  EXPECT_EQ(Alarms(world, "hold", "HOLD: tunnel up"), 2);
  EXPECT_EQ(Alarms(world, "hold", "HOLD: not stopped"), 2);
}

TEST(FailoverAlarmsTest, BlindnessOfAnExitInServiceWakesAPerson) {
  FailoverHarness world;
  ASSERT_TRUE(world.FailOver());
  world.exits["nyc"].votes = "___";
  world.Run(kLittle);
  EXPECT_EQ(Alarms(world, "verdict", "exit/nyc is BLIND"), 1);
}

// ------------------------------------------------------------------------ an intent over a restart

// The process is down for so long; `wall_steps` by how much somebody sets its clock meanwhile.
void BeDownFor(FailoverHarness& world, absl::Duration span, absl::Duration wall_steps) {
  world.Crash();
  world.now = world.now + span;
  world.wall += span + wall_steps;
}

// A person's move that cannot begin, a third of its time gone.
void AskForTheImpossible(FailoverHarness& world) {
  ASSERT_TRUE(world.Arm());
  world.exits["nyc"].opens = false;
  ASSERT_TRUE(world.MoveToExit("nyc").ok());
  world.Run(absl::Minutes(5));
}

TEST(FailoverAlarmsTest, APersonsMoveExpiresInItsTimeThoughTheControllerWasDownMeanwhile) {
  FailoverHarness world;
  ASSERT_NO_FATAL_FAILURE(AskForTheImpossible(world));
  BeDownFor(world, absl::Minutes(9), absl::ZeroDuration());
  world.Run(absl::Seconds(50));
  ASSERT_TRUE(world.Journaled().move) << "10 s are left";
  world.Run(absl::Seconds(20));
  EXPECT_FALSE(world.Journaled().move);
  EXPECT_TRUE(world.Told("cancel", "it could not begin in time"));
  EXPECT_THAT(world.TroubleAtRest(), IsEmpty());
}

TEST(FailoverAlarmsTest, AMoveThatExpiredWhileTheControllerWasDownIsNotMade) {
  FailoverHarness world;
  ASSERT_NO_FATAL_FAILURE(AskForTheImpossible(world));
  BeDownFor(world, absl::Hours(2), absl::ZeroDuration());
  world.exits["nyc"].opens = true;
  world.Run(absl::Minutes(1));
  EXPECT_EQ(world.InDns(), Path::Edge());
  EXPECT_EQ(world.moves.size(), 0u);
  EXPECT_FALSE(world.Journaled().move);
}

TEST(FailoverAlarmsTest, AWallClockSetBackWhileItWasDownGivesAnIntentItsWholeTimeAtMost) {
  FailoverHarness world;
  ASSERT_NO_FATAL_FAILURE(AskForTheImpossible(world));
  BeDownFor(world, absl::Minutes(1), -absl::Hours(24));
  world.Run(absl::Minutes(14));
  EXPECT_TRUE(world.Journaled().move);
  world.Run(absl::Minutes(2));
  EXPECT_FALSE(world.Journaled().move);
}

TEST(FailoverAlarmsTest, TheQuorumsIntentIsRenewedUnderItsIdThoughItExpiredWhileItWasDown) {
  FailoverHarness world;
  ASSERT_TRUE(world.Arm());
  world.exits["nyc"].tunnel_up = false;
  world.edge = "DDD";
  world.Run(kLittle);
  const std::string id = world.Journaled().move->id;
  BeDownFor(world, absl::Hours(1), absl::ZeroDuration());
  world.Run(kLittle);
  EXPECT_EQ(world.Journaled().move->id, id);
  EXPECT_GT(world.Journaled().move->expires_at, world.wall);
  EXPECT_EQ(world.TimesTold("renew"), 1);
  EXPECT_EQ(world.TimesTold("intent"), 1) << "one alarm";
}

}  // namespace
}  // namespace lifeboat
