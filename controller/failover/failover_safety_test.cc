#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/status.h"
#include "controller/failover/failover.h"
#include "controller/failover/testing/failover_harness.h"

// The safety rules in the life of a service.
namespace lifeboat {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

const absl::Duration kLittle = absl::Seconds(5);

// Away and back again, the way back by a person.
bool ThereAndBack(FailoverHarness& world) {
  if (!world.FailOver()) return false;
  world.edge = "UUU";
  world.Run(absl::Seconds(6));
  return world.MoveToEdge().ok() && world.RunUntilQuiet() && world.InDns() == Path::Edge();
}

// Minute by minute, until DNS points away from the edge.
bool MovesWithin(FailoverHarness& world, absl::Duration limit) {
  for (const Instant end = world.now + limit; world.now < end;) {
    world.Tick(absl::Minutes(1));
    if (world.InDns() != Path::Edge()) return true;
  }
  return false;
}

// ------------------------------------------------------------------------------ moves per day

TEST(FailoverSafetyTest, MovesByItselfSoOftenADayAndNoMore) {
  FailoverHarness world;
  world.settings.safety.moves_per_day = 2;
  const absl::Time first = world.wall;
  ASSERT_TRUE(ThereAndBack(world));
  world.Tick(absl::Hours(1));
  ASSERT_TRUE(ThereAndBack(world));
  world.edge = "DDD";
  EXPECT_FALSE(MovesWithin(world, absl::Hours(1)));
  EXPECT_THAT(world.Describe().waiting_for, HasSubstr("moves per day: 2 of 2 made by itself"));
  EXPECT_EQ(world.TimesTold("hold", "moves per day"), 1);
  world.Crash();
  world.Run(kLittle);
  EXPECT_EQ(world.InDns(), Path::Edge()) << "a restart must not free the budget";
  ASSERT_TRUE(MovesWithin(world, absl::Hours(25)));
  EXPECT_GE(world.wall - first, absl::Hours(24));
  EXPECT_LE(world.wall - first, absl::Hours(24) + absl::Minutes(1));
  EXPECT_THAT(world.violations, IsEmpty());
}

TEST(FailoverSafetyTest, LetsAPersonMoveBeyondTheBudgetAndCountsOnlyItsOwnMoves) {
  FailoverHarness world;
  world.settings.safety.moves_per_day = 1;
  ASSERT_TRUE(world.Arm());
  ASSERT_TRUE(world.MoveToExit("nyc").ok());
  ASSERT_TRUE(world.RunUntilQuiet());
  EXPECT_EQ(world.Describe().moves_made, 0);
  ASSERT_TRUE(world.MoveToEdge(true).ok());
  ASSERT_TRUE(world.RunUntilQuiet());
  ASSERT_TRUE(ThereAndBack(world));
  EXPECT_EQ(world.Describe().moves_made, 1);
  EXPECT_THAT(world.Describe().unarmed_why, HasSubstr("moves per day"));
  ASSERT_TRUE(world.MoveToExit("nyc").ok());
  ASSERT_TRUE(world.RunUntilQuiet());
  EXPECT_EQ(world.InDns(), Path::Exit("nyc"));
}

TEST(FailoverSafetyTest, IsNotFreedByAWallClockThatIsSetBackOrForwardWhileItLives) {
  for (const int days : {-400, 400}) {
    FailoverHarness world;
    world.settings.safety.moves_per_day = 1;
    ASSERT_TRUE(ThereAndBack(world));
    world.wall += absl::Hours(24 * days);
    world.edge = "DDD";
    EXPECT_FALSE(MovesWithin(world, absl::Hours(1))) << days;
    EXPECT_TRUE(MovesWithin(world, absl::Hours(24)))
        << "locked for longer than a day after " << days;
  }
}

TEST(FailoverSafetyTest, IsLockedForADayAtMostAfterAStartWithAClockThatWasSetBack) {
  FailoverHarness world;
  world.settings.safety.moves_per_day = 1;
  ASSERT_TRUE(ThereAndBack(world));
  world.Crash();
  world.wall -= absl::Hours(24 * 400);
  world.edge = "DDD";
  EXPECT_FALSE(MovesWithin(world, absl::Hours(23)));
  EXPECT_TRUE(MovesWithin(world, absl::Hours(2)));
}

// ------------------------------------------------------------------- block until acknowledged

// Somebody puts the records of the edge back by hand, and says that this is right: nobody has said
// a word of the move itself.
void PutBackByHand(FailoverHarness& world) {
  world.zone.Set("app.test", {.records = world.settings.edge_records, .ownership = world.Owner()});
  ASSERT_TRUE(world.RunUntil([&] { return world.Told("drift"); }));
  ASSERT_TRUE(world.journal.RaiseGeneration(2, Event{}).ok());
  world.core().EpochRaised();
  world.edge = "UUU";
  ASSERT_TRUE(world.RunUntilQuiet());
  ASSERT_EQ(world.Journaled().serves, Path::Edge());
}

TEST(FailoverSafetyTest, MovesByItselfOnceUntilAPersonHasAcknowledgedIt) {
  FailoverHarness world;
  ASSERT_TRUE(world.FailOver());
  const std::string moved = world.Journaled().serves_by_move;
  EXPECT_EQ(world.Describe().unacknowledged, moved);
  PutBackByHand(world);
  EXPECT_THAT(world.Describe().unarmed_why, HasSubstr("lifeboatctl ack web"));
  world.Crash();
  world.edge = "DDD";
  world.Run(absl::Minutes(1));
  EXPECT_EQ(world.InDns(), Path::Edge());
  EXPECT_THAT(world.Describe().waiting_for, HasSubstr("nobody has acknowledged move " + moved));
  ASSERT_TRUE(world.Acknowledge("it was the provider").ok());
  EXPECT_TRUE(world.Told("acknowledged", "is acknowledged by person/anna: it was the provider"));
  world.Run(kLittle);
  EXPECT_EQ(world.InDns(), Path::Exit("nyc"));
  EXPECT_THAT(world.violations, IsEmpty());
}

TEST(FailoverSafetyTest, IsNotBlockedWhereTheConfigurationSaysSo) {
  FailoverHarness world;
  world.settings.safety.unblocked = true;
  ASSERT_TRUE(world.FailOver());
  PutBackByHand(world);
  world.edge = "DDD";
  world.Run(kLittle);
  EXPECT_EQ(world.InDns(), Path::Exit("nyc"));
}

TEST(FailoverSafetyTest, TakesAnAcknowledgementOnceAndWithNothingToAcknowledge) {
  FailoverHarness world;
  ASSERT_TRUE(world.Arm());
  EXPECT_TRUE(world.Acknowledge().ok());
  EXPECT_EQ(world.TimesTold("acknowledged"), 0);
  ASSERT_TRUE(world.FailOver());
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(world.Acknowledge().ok());
  EXPECT_EQ(world.TimesTold("acknowledged"), 1);
  world.Crash();
  world.Run(kLittle);
  EXPECT_EQ(world.Describe().unacknowledged, "");
}

TEST(FailoverSafetyTest, TakesAPersonsMoveForAnAcknowledgement) {
  FailoverHarness there({"nyc", "ams"});
  ASSERT_TRUE(there.FailOver());
  ASSERT_TRUE(there.MoveToExit("ams").ok());
  ASSERT_TRUE(there.RunUntilQuiet());
  EXPECT_EQ(there.Describe().unacknowledged, "");
  FailoverHarness back;
  ASSERT_TRUE(ThereAndBack(back));
  EXPECT_EQ(back.Describe().unacknowledged, "");
  EXPECT_TRUE(back.Describe().armed);
}

TEST(FailoverSafetyTest, LeavesADeadExitThoughNobodyHasAcknowledgedTheMoveThere) {
  FailoverHarness world({"nyc", "ams"});
  ASSERT_TRUE(world.FailOver());
  const std::string first = world.Describe().unacknowledged;
  world.exits["nyc"].votes = "DDD";
  world.Run(kLittle);
  EXPECT_EQ(world.InDns(), Path::Exit("ams"));
  EXPECT_NE(world.Describe().unacknowledged, first) << "now it is the second that waits";
  EXPECT_NE(world.Describe().unacknowledged, "");
  EXPECT_EQ(world.Describe().moves_made, 2);
}

// ---------------------------------------------------------------------------- stop and windows

TEST(FailoverSafetyTest, MovesNothingWhileEverythingIsStoppedNeitherByItselfNorForAPerson) {
  FailoverHarness world;
  ASSERT_TRUE(world.Arm());
  world.stopped = "all hands";
  world.edge = "DDD";
  world.Run(absl::Minutes(1));
  EXPECT_EQ(world.InDns(), Path::Edge());
  EXPECT_THAT(world.Describe().waiting_for, HasSubstr("everything is stopped: all hands"));
  EXPECT_TRUE(world.Describe().paused);
  EXPECT_THAT(Words(world.MoveToExit("nyc")), HasSubstr("everything is stopped"));
  world.stopped.clear();
  world.Run(kLittle);
  EXPECT_EQ(world.InDns(), Path::Exit("nyc"));
  world.stopped = "all hands";
  EXPECT_THAT(Words(world.MoveToEdge(true)), HasSubstr("everything is stopped"));
}

TEST(FailoverSafetyTest, WaitsForTheEndOfAMaintenanceWindow) {
  FailoverHarness world;
  world.settings.safety.maintenance = {
      {.begin = world.wall, .end = world.wall + absl::Minutes(30), .reason = "new switch"}};
  world.Run(kLittle);
  EXPECT_THAT(world.Describe().unarmed_why, HasSubstr("maintenance: work is going on until"));
  world.edge = "DDD";
  world.Run(absl::Minutes(29));
  EXPECT_EQ(world.InDns(), Path::Edge());
  EXPECT_EQ(world.TimesTold("hold", "new switch"), 1);
  world.Run(absl::Minutes(1));
  EXPECT_EQ(world.InDns(), Path::Exit("nyc"));
}

TEST(FailoverSafetyTest, BreaksAMaintenanceWindowWhereTheEdgeFailsEverywhere) {
  FailoverHarness world;
  world.settings.safety.maintenance = {
      {.begin = world.wall, .end = world.wall + absl::Minutes(30), .break_on_global = true}};
  world.Run(kLittle);
  world.edge = "DDU";
  world.Run(absl::Minutes(1));
  EXPECT_EQ(world.InDns(), Path::Edge());
  world.edge = "DDD";
  world.Run(kLittle);
  EXPECT_EQ(world.InDns(), Path::Exit("nyc"));
}

// -------------------------------------------------------------------- parity, fate, certificate

TEST(FailoverSafetyTest, NeverLaysALoginOpen) {
  FailoverHarness world;
  world.settings.safety.edge_login = true;
  world.Run(kLittle);
  EXPECT_THAT(world.Describe().unarmed_why, HasSubstr("parity: visitors log in at the edge"));
  world.edge = "DDD";
  world.Run(absl::Minutes(1));
  EXPECT_EQ(world.InDns(), Path::Edge());
  EXPECT_THAT(Words(world.MoveToExit("nyc")), HasSubstr("safety.parity"));
}

TEST(FailoverSafetyTest, PassesOverAnExitThatWouldFallWithTheEdge) {
  FailoverHarness world({"nyc", "ams"});
  world.settings.safety.edge_provider = "cloudflare";
  world.settings.exits[0].provider = "cloudflare";
  ASSERT_TRUE(world.Arm());
  EXPECT_EQ(world.Describe().target, Path::Exit("ams"));
  world.edge = "DDD";
  world.Run(kLittle);
  EXPECT_EQ(world.InDns(), Path::Exit("ams"));
}

TEST(FailoverSafetyTest, LeavesADeadExitForOneElsewhereIfThatIsReadyAndForItsKinElse) {
  const std::pair<const char*, std::function<void(FakeExit&)>> kCases[] = {
      {"syd", [](FakeExit&) { /* ready */ }},
      {"ams", [](FakeExit& syd) { syd.votes = "DDD"; }},
      {"ams", [](FakeExit& syd) { syd.votes = "ggg"; }},
      {"ams", [](FakeExit& syd) { syd.connected = false; }},
      {"ams", [](FakeExit& syd) { syd.tunnel_up = false; }},
      {"ams", [](FakeExit& syd) { syd.serves_strangers = false; }},
  };
  for (const auto& [goes_to, hinder] : kCases) {
    for (const bool same_network : {false, true}) {
      FailoverHarness world({"nyc", "ams", "syd"});
      for (ExitTarget& exit : world.settings.exits) {
        const bool elsewhere = exit.name == "syd";
        if (!same_network) exit.provider = elsewhere ? "hetzner" : "vultr";
        if (same_network) exit.asn = elsewhere ? 24940 : 20473;
      }
      ASSERT_TRUE(world.FailOver());
      hinder(world.exits["syd"]);
      world.exits["nyc"].votes = "DDD";
      world.Run(kLittle);
      EXPECT_EQ(world.InDns(), Path::Exit(goes_to)) << same_network;
      EXPECT_THAT(world.TroubleAtRest(), IsEmpty());
    }
  }
}

TEST(FailoverSafetyTest, IsUnarmedWhereOnlyLeversThatFallWithTheEdgeWork) {
  FailoverHarness world;
  world.settings.safety.edge_provider = "cloudflare";
  world.settings.safety.levers_of_edge = {"own"};
  world.Run(kLittle);
  EXPECT_EQ(world.Describe().unarmed_why, "own shares fate with its edge (cloudflare)");
  world.edge = "DDD";
  world.Run(kLittle);
  EXPECT_EQ(world.InDns(), Path::Exit("nyc")) << "as long as it works it is pulled";
}

TEST(FailoverSafetyTest, PassesOverAnExitWhoseCertificateEndsSoon) {
  FailoverHarness world({"nyc", "ams"});
  world.exits["nyc"].certificate_ends = world.wall + absl::Hours(20);
  world.exits["ams"].certificate_ends = world.wall + absl::Hours(900);
  ASSERT_TRUE(world.Arm());
  world.edge = "DDD";
  world.Run(kLittle);
  EXPECT_EQ(world.InDns(), Path::Exit("ams"));
}

// -------------------------------------------------------------------------------- oscillation

TEST(FailoverSafetyTest, MakesNoIntentOfOscillationAlone) {
  FailoverHarness world;
  ASSERT_TRUE(world.Arm());
  world.edge = "OOO";
  world.Run(absl::Minutes(10));
  EXPECT_EQ(world.Stages(), "");
}

TEST(FailoverSafetyTest, KeepsAnIntentThroughAGoodPhaseWhileTheEdgeOscillates) {
  FailoverHarness world;
  ASSERT_TRUE(world.Arm());
  world.lever_health = {LeverState::kDown, "no answer"};
  world.edge = "DDD";
  world.Run(kLittle);
  const std::string id = world.Journaled().move.value().id;
  world.edge = "OOU";
  world.Run(absl::Minutes(20));
  EXPECT_EQ(world.Journaled().move.value().id, id) << "nor does it expire";
  EXPECT_EQ(world.TimesTold("cancel"), 0);
  EXPECT_EQ(world.TimesTold("intent"), 1) << "one alarm";
  world.lever_health = {LeverState::kOk, ""};
  world.Run(kLittle);
  EXPECT_EQ(world.InDns(), Path::Exit("nyc"));
}

TEST(FailoverSafetyTest, DoesNotMoveInAGoodPhaseOfAnEdgeWhoseBadOnesAreTheOrigins) {
  FailoverHarness world;
  ASSERT_TRUE(world.Arm());
  world.attribution = Attribution::kOrigin;
  world.edge = "DDD";
  world.Run(kLittle);
  ASSERT_TRUE(world.Journaled().move) << "held by its attribution";
  world.attribution.reset();
  world.edge = "OOU";  // nothing is DOWN, so nobody is at fault now
  world.Run(absl::Minutes(5));
  EXPECT_THAT(world.Describe().waiting_for, HasSubstr("ORIGIN when the edge was last DOWN"));
  world.Crash();
  world.Run(absl::Minutes(5));
  EXPECT_EQ(world.InDns(), Path::Edge()) << "a start forgets whose fault it was";
  world.edge = "DDD";
  world.Run(kLittle);
  EXPECT_EQ(world.InDns(), Path::Exit("nyc")) << "this time it is the edge's";
}

TEST(FailoverSafetyTest, CancelsOnceTheEdgeIsUpWithoutOscillating) {
  FailoverHarness world;
  ASSERT_TRUE(world.Arm());
  world.lever_health = {LeverState::kDown, "no answer"};
  world.edge = "DDD";
  world.Run(kLittle);
  world.edge = "OUU";
  world.Run(kLittle);
  EXPECT_TRUE(world.Told("cancel", "edge serves again")) << "one of three is no share";
  world.lever_health = {LeverState::kOk, ""};
  world.Run(absl::Minutes(1));
  EXPECT_EQ(world.InDns(), Path::Edge()) << "firing now is the fault that X07 is about";
}

TEST(FailoverSafetyTest, TakesADegradedEdgeForOneThatServes) {
  FailoverHarness world;
  ASSERT_TRUE(world.Arm());
  world.edge = "ggg";
  world.Run(absl::Hours(2));
  EXPECT_EQ(world.Stages(), "");
  world.lever_health = {LeverState::kDown, "no answer"};
  world.edge = "DDD";
  world.Run(kLittle);
  world.edge = "ggg";
  world.Run(kLittle);
  EXPECT_TRUE(world.Told("cancel", "edge serves again"));
}

}  // namespace
}  // namespace lifeboat
