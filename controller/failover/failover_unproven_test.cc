#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "controller/failover/testing/failover_harness.h"

// What becomes of a move whose end cannot be proven because a server does not take it.
namespace lifeboat {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr absl::Duration kLittle = absl::Seconds(10);
constexpr char kDead[] = "ns2.test. 192.0.2.2:53";

// exit/nyc is in DNS, but for one server that keeps what it had; exit/ams stands by.
bool IsStuckProving(FailoverHarness& world) {
  if (!world.Arm()) return false;
  world.zone.Lag(kDead, true);
  world.edge = "DDD";
  world.Run(absl::Minutes(2));
  return world.InDns() == Path::Exit("nyc") && world.Describe().phase == Phase::kApplying;
}

// The dead server takes it at last, and all is as it should be after `moves` by itself.
void ExpectProven(FailoverHarness& world, const Path& serves, size_t moves) {
  world.zone.Lag(kDead, false);
  ASSERT_TRUE(world.RunUntilQuiet()) << world.History(20);
  EXPECT_EQ(world.InDns(), serves);
  EXPECT_EQ(world.Journaled().serves, serves);
  EXPECT_FALSE(world.Journaled().unproven);
  EXPECT_EQ(world.Journaled().made_by_itself.size(), moves);
  EXPECT_THAT(world.TroubleAtRest(), IsEmpty());
  EXPECT_THAT(world.violations, IsEmpty());
}

TEST(FailoverUnprovenTest, GoesOnFromAnExitThatDiesWhileAServerHoldsUpItsProof) {
  FailoverHarness world({"nyc", "ams"});
  ASSERT_TRUE(IsStuckProving(world));
  const std::string first = world.Journaled().move->id;
  world.exits["nyc"].votes = "DDD";
  world.Run(kLittle);
  EXPECT_EQ(world.InDns(), Path::Exit("ams"));
  EXPECT_TRUE(world.Told("left",
                         "leaves exit/nyc, which has died before all servers had it: 1 of "
                         "2 authoritative servers; ns2.test. 192.0.2.2:53 is stale"));
  EXPECT_EQ(world.TimesTold("intent"), 2);
  const ServiceRecord record = world.Journaled();
  EXPECT_EQ(record.serves, Path::Exit("nyc"));
  EXPECT_EQ(record.serves_by_move, first) << "it was pulled, and stands in DNS";
  EXPECT_EQ(record.unacknowledged, first);
  EXPECT_EQ(record.made_by_itself.size(), 1u);
  EXPECT_EQ(record.move->from, Path::Exit("nyc"));
  ExpectProven(world, Path::Exit("ams"), 2);
  EXPECT_EQ(world.OpenExits(), "ams nyc") << "who was sent to it may still come";
}

TEST(FailoverUnprovenTest, ServesOutTheHoldBeforeItGoesOn) {
  FailoverHarness world({"nyc", "ams"});
  world.settings.quorum.hold = absl::Seconds(30);
  ASSERT_TRUE(IsStuckProving(world));
  world.exits["nyc"].votes = "DDD";
  world.Run(absl::Seconds(29));
  EXPECT_EQ(world.InDns(), Path::Exit("nyc"));
  world.exits["nyc"].votes = "UUU";
  world.Run(kLittle);
  world.exits["nyc"].votes = "DDD";
  world.Run(absl::Seconds(29));
  EXPECT_EQ(world.InDns(), Path::Exit("nyc")) << "its hold was broken";
  world.Run(absl::Seconds(5));
  EXPECT_EQ(world.InDns(), Path::Exit("ams"));
}

TEST(FailoverUnprovenTest, GoesOnProvingWhileNoOtherExitMayTakeOver) {
  using World = FailoverHarness;
  const std::pair<const char*, std::function<void(World&)>> kCases[] = {
      {"it serves", [](World& world) { world.exits["nyc"].votes = "UUU"; }},
      {"the other is dead", [](World& world) { world.exits["ams"].votes = "DDD"; }},
      {"the other has no tunnel", [](World& world) { world.exits["ams"].tunnel_up = false; }},
      {"everything is stopped", [](World& world) { world.stopped = "all hands"; }},
      {"no move is left today", [](World&) { /* as configured */ }},
  };
  for (const auto& [name, hinder] : kCases) {
    FailoverHarness world({"nyc", "ams"});
    world.settings.safety.moves_per_day = std::string(name) == "no move is left today" ? 1 : 4;
    ASSERT_TRUE(IsStuckProving(world)) << name;
    world.exits["nyc"].votes = "DDD";
    hinder(world);
    world.Run(absl::Minutes(2));
    EXPECT_EQ(world.InDns(), Path::Exit("nyc")) << name;
    EXPECT_EQ(world.Journaled().move->stage, Stage::kProving) << name;
    EXPECT_FALSE(world.Told("left")) << name;
    EXPECT_THAT(world.violations, IsEmpty()) << name;
  }
}

TEST(FailoverUnprovenTest, LeavesAnEdgeThatFailsAgainBeforeTheWayBackWasProven) {
  FailoverHarness world;
  ASSERT_TRUE(world.FailOver());
  world.edge = "UUU";
  world.Run(kLittle);
  world.zone.Lag(kDead, true);
  ASSERT_TRUE(world.MoveToEdge().ok());
  world.Run(kLittle);
  ASSERT_EQ(world.Describe().phase, Phase::kFailingBack);
  world.edge = "DDD";
  world.Run(absl::Minutes(1));
  EXPECT_EQ(world.InDns(), Path::Exit("nyc"));
  EXPECT_TRUE(world.Told("left", "leaves edge"));
  ExpectProven(world, Path::Exit("nyc"), 2);
}

TEST(FailoverUnprovenTest, TakesUpTheNextMoveWhereverItDiesOnTheWay) {
  for (int crash_at = 1; crash_at <= 16; ++crash_at) {
    SCOPED_TRACE(crash_at);
    FailoverHarness world({"nyc", "ams"});
    ASSERT_TRUE(IsStuckProving(world));
    world.exits["nyc"].votes = "DDD";
    world.CrashAt({crash_at});
    world.Run(absl::Minutes(1));
    ExpectProven(world, Path::Exit("ams"), 2);
    EXPECT_EQ(world.TimesTold("left"), 1);
  }
}

TEST(FailoverUnprovenTest, AsksThePrimaryBeforeItLeavesWhatALeverOnlySaidItHadMade) {
  FailoverHarness world({"nyc", "ams"});
  ASSERT_TRUE(world.Arm());
  world.lever.NextPull({PullOutcome::kApplied, absl::OkStatus()}, false);  // and it does nothing
  world.edge = "DDD";
  world.Run(absl::Seconds(3));
  ASSERT_EQ(world.Journaled().move.value().stage, Stage::kProving);
  ASSERT_EQ(world.InDns(), Path::Edge());
  world.exits["nyc"].votes = "DDD";
  world.Run(absl::Minutes(1));
  EXPECT_FALSE(world.Told("left")) << "DNS was never there";
  EXPECT_EQ(world.InDns(), Path::Exit("ams"));
  EXPECT_EQ(world.Journaled().made_by_itself.size(), 1u);
  EXPECT_THAT(world.TroubleAtRest(), IsEmpty());
  EXPECT_THAT(world.violations, IsEmpty());
}

TEST(FailoverUnprovenTest, ProvesThePathItCameBackToWhenItIsNotLeftAfterAll) {
  FailoverHarness world({"nyc", "ams"});
  ASSERT_TRUE(IsStuckProving(world));
  const std::string first = world.Journaled().move->id;
  world.exits["ams"].opens = false;  // so that the way on stays an intent
  world.exits["nyc"].votes = "DDD";
  world.Run(kLittle);
  ASSERT_TRUE(world.Told("left"));
  ASSERT_TRUE(world.Journaled().unproven);
  world.exits["nyc"].votes = "UUU";
  world.Run(kLittle);
  EXPECT_TRUE(world.Told("cancel", "exit/nyc serves again; goes on asking"));
  EXPECT_EQ(world.Journaled().move.value().id, first);
  EXPECT_EQ(world.Journaled().move->stage, Stage::kProving);
  EXPECT_EQ(world.Describe().phase, Phase::kApplying);
  EXPECT_THAT(world.Describe().rules, IsEmpty()) << "nothing is moved";
  const std::vector<Event> events = world.journal.Copy().events;
  const auto cancel = std::find_if(events.begin(), events.end(),
                                   [](const Event& event) { return event.kind == "cancel"; });
  ASSERT_NE(cancel, events.end());
  EXPECT_EQ(cancel->decision->service.target, Path::Exit("ams")) << "of what is cancelled";
  ExpectProven(world, Path::Exit("nyc"), 1);
  EXPECT_EQ(world.Journaled().unacknowledged, first) << "it is one move, proven late";
  EXPECT_EQ(world.applied_moves, 1);
}

TEST(FailoverUnprovenTest, LeavesAPathForGoodThatDiesAgainWhileItIsProvenOnceMore) {
  for (int crash_at = 0; crash_at <= 8; ++crash_at) {
    SCOPED_TRACE(crash_at);
    FailoverHarness world({"nyc", "ams"});
    ASSERT_TRUE(IsStuckProving(world));
    world.exits["ams"].opens = false;
    world.exits["nyc"].votes = "DDD";
    world.Run(kLittle);
    world.exits["nyc"].votes = "UUU";
    world.CrashAt({crash_at});
    world.Run(absl::Minutes(1));
    ASSERT_EQ(world.Journaled().move.value().stage, Stage::kProving);
    world.exits["ams"].opens = true;
    world.exits["nyc"].votes = "DDD";
    world.Run(absl::Minutes(1));
    EXPECT_EQ(world.InDns(), Path::Exit("ams")) << world.History(20);
    ExpectProven(world, Path::Exit("ams"), 2);
    EXPECT_EQ(world.applied_moves, 2);
  }
}

}  // namespace
}  // namespace lifeboat
