#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "controller/failover/testing/failover_harness.h"

// The process dies at every point of a move, and at every pair of points, and comes back to a world
// that has changed meanwhile.
namespace lifeboat {
namespace {

using ::testing::IsEmpty;

enum class Meanwhile { kNothing, kEdgeChanges, kDnsFallsSilent };
constexpr Meanwhile kAll[] = {Meanwhile::kNothing, Meanwhile::kEdgeChanges,
                              Meanwhile::kDnsFallsSilent};

struct Walk {
  FailoverHarness world;
  std::string name;  // of this run, for failures
  // Runs on through all crashes; after the last the world changes. False: not all happened.
  bool Go(const std::vector<int>& points, Meanwhile meanwhile, const std::string& edge_then);
};

bool Walk::Go(const std::vector<int>& points, Meanwhile meanwhile, const std::string& edge_then) {
  for (size_t crashes = 0; crashes < points.size(); ++crashes) {
    for (int i = 0; i < 600 && !world.crashed(); ++i) world.Tick();
    if (!world.crashed()) return false;
    absl::StrAppend(&name, world.points.back(), ", ");
    if (crashes + 1 < points.size()) world.Tick();
  }
  absl::StrAppend(&name, "then ", static_cast<int>(meanwhile));
  if (meanwhile == Meanwhile::kEdgeChanges) world.edge = edge_then;
  if (meanwhile == Meanwhile::kDnsFallsSilent) {
    world.dns_answers = false;
    world.Run(absl::Seconds(20));
    world.dns_answers = true;
  }
  return true;
}

// Crashes at `points` of a failover. False: it was over before the last of them.
bool CrashInFailover(const std::vector<int>& points, Meanwhile meanwhile) {
  Walk walk;
  FailoverHarness& world = walk.world;
  EXPECT_TRUE(world.Arm());
  world.edge = "DDD";
  world.CrashAt(points);
  if (!walk.Go(points, meanwhile, "UUU")) return false;
  EXPECT_TRUE(world.RunUntilQuiet()) << walk.name;
  world.Run(absl::Seconds(5));
  EXPECT_THAT(world.TroubleAtRest(), IsEmpty()) << walk.name;
  const bool moved = world.InDns() == Path::Exit("nyc");
  EXPECT_EQ(world.applied_moves, moved ? 1 : 0) << walk.name;
  EXPECT_EQ(world.TimesTold("done"), moved ? 1 : 0) << walk.name;
  EXPECT_TRUE(moved || meanwhile == Meanwhile::kEdgeChanges) << walk.name;
  const bool had_intent = world.Told("intent");
  EXPECT_TRUE(moved || !had_intent || world.Told("cancel", "edge serves again")) << walk.name;
  return true;
}

// The same of a failback that a person asks for.
bool CrashInFailback(const std::vector<int>& points, Meanwhile meanwhile) {
  Walk walk;
  FailoverHarness& world = walk.world;
  world.settings.intent_expires_after = absl::Minutes(1);
  EXPECT_TRUE(world.FailOver());
  world.edge = "UUU";
  world.Run(absl::Seconds(6));
  world.CrashAt(points);
  EXPECT_TRUE(world.MoveToEdge().ok());
  if (!walk.Go(points, meanwhile, "D__")) return false;  // nobody sees enough of it any more
  EXPECT_TRUE(world.RunUntilQuiet(absl::Minutes(20))) << walk.name;
  EXPECT_THAT(world.TroubleAtRest(), IsEmpty()) << walk.name;
  const bool back = world.InDns() == Path::Edge();
  EXPECT_EQ(world.applied_moves, back ? 2 : 1) << walk.name;
  EXPECT_EQ(world.TimesTold("done", "points at edge"), back ? 1 : 0) << walk.name;
  EXPECT_TRUE(back || meanwhile == Meanwhile::kEdgeChanges) << walk.name;
  EXPECT_TRUE(back || world.Told("cancel", "it could not begin in time: clean for")) << walk.name;
  return true;
}

using Crasher = bool (*)(const std::vector<int>&, Meanwhile);

void CrashEverywhere(Crasher crash, int at_least) {
  for (const Meanwhile meanwhile : kAll) {
    int point = 1;
    while (crash({point}, meanwhile)) ++point;
    EXPECT_GE(point, at_least);
  }
}

void CrashTwiceEverywhere(Crasher crash) {
  for (const Meanwhile meanwhile : kAll) {
    for (int first = 1; crash({first}, meanwhile); ++first) {
      for (int second = 1; second < 40 && crash({first, second}, meanwhile);) ++second;
    }
  }
}

TEST(FailoverCrashTest, AFailoverIsCompletedOnceOrCancelledWhereverItDies) {
  CrashEverywhere(CrashInFailover, 14);
}

TEST(FailoverCrashTest, AFailbackIsCompletedOnceOrCancelledWhereverItDies) {
  CrashEverywhere(CrashInFailback, 8);
}

TEST(FailoverCrashTest, TheSameForEachPairOfCrashesOfAFailover) {
  CrashTwiceEverywhere(CrashInFailover);
}

TEST(FailoverCrashTest, TheSameForEachPairOfCrashesOfAFailback) {
  CrashTwiceEverywhere(CrashInFailback);
}

TEST(FailoverCrashTest, ACrashLoopSettlesOnceItEnds) {
  for (const int each : {1, 2, 3, 4, 5}) {
    FailoverHarness world;
    ASSERT_TRUE(world.Arm());
    world.edge = "DDD";
    world.CrashAt(std::vector<int>(30, each));
    world.Run(absl::Minutes(5));
    ASSERT_TRUE(world.RunUntilQuiet()) << each;
    EXPECT_EQ(world.InDns(), Path::Exit("nyc")) << each;
    EXPECT_EQ(world.applied_moves, 1) << each;
    EXPECT_THAT(world.TroubleAtRest(), IsEmpty()) << each;
  }
}

}  // namespace
}  // namespace lifeboat
