#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>

#include "controller/failover/testing/failover_harness.h"

// A walk at random through verdicts, outcomes, crashes and commands. The harness checks after every
// step: no pull before its intent is in the journal, none to an exit that is not UP and open, none
// to the edge by itself, no move twice, no exit dark while DNS points at it.
namespace lifeboat {
namespace {

using ::testing::IsEmpty;

class RandomWorld {
 public:
  explicit RandomWorld(uint64_t seed) : world_({"nyc", "ams"}, seed), random_(seed) {
    world_.settings.intent_expires_after = absl::Seconds(30);
    world_.settings.exit_stays_open = absl::Seconds(20);
    world_.settings.safety.moves_per_day = static_cast<int>(3 + seed % 8);
  }

  void Walk(int steps) {
    world_.on_point = [this](const std::string& point) {
      // After the last judgement only the outcome counts.
      if (point != "recorded:PULLING" && Chance(10)) HappenInTheMiddle();
    };
    for (int i = 0; i < steps; ++i) {
      if (Chance(8)) Happen();
      world_.Tick(absl::Milliseconds(50 * (1 + Pick(6))));
      if (!world_.crashed() && Chance(2)) Command();
    }
  }
  // Everything is well again, and stays so.
  void Heal() {
    world_.on_point = [](const std::string&) {};
    world_.CrashAt({});
    world_.edge = "UUU";
    for (auto& [name, exit] : world_.exits) exit = FakeExit{.open = exit.open};
    world_.attribution.reset();
    world_.dns_answers = true;
    world_.lever_health = {LeverState::kOk, ""};
    world_.lever.ForgetNextPulls();
    world_.journal.FailNext(0, absl::OkStatus());
    for (const std::string server : {"ns1.test. 192.0.2.1:53", "ns2.test. 192.0.2.2:53"}) {
      world_.zone.Lag(server, false);
    }
    world_.stopped.clear();
    world_.Tick();
    world_.SetPaused(false).IgnoreError();
  }
  FailoverHarness& world() { return world_; }

 private:
  int Pick(int below) { return static_cast<int>(random_() % below); }
  bool Chance(int percent) { return Pick(100) < percent; }
  std::string Votes() {
    static const char* const kVotes[] = {"UUU", "UUU", "DDD", "DDD", "DDU", "U__",
                                         "___", "gUU", "ggU", "DUU", "OOO"};
    return kVotes[Pick(std::size(kVotes))];
  }
  FakeExit& AnyExit() { return world_.exits[Chance(50) ? "nyc" : "ams"]; }

  void Happen() {
    switch (Pick(12)) {
      case 0:
      case 1:
      case 2:
        world_.edge = Votes();
        break;
      case 3:
        AnyExit().votes = Votes();
        break;
      case 4:
        AnyExit().votes = "UUU";
        break;
      case 5:
        HappenToAnExit();
        break;
      case 6:
        HappenToDns();
        break;
      case 7:
        NextPull();
        break;
      case 8:
        world_.CrashAt({1 + Pick(12)});
        break;
      case 9:
        HappenToTheJournal();
        break;
      case 10:
        if (!world_.lost.empty()) world_.Deliver(world_.lost[Pick(world_.lost.size())]);
        break;
      case 11:
        world_.attribution.reset();
        if (Chance(30)) world_.attribution = Attribution::kOrigin;
        break;
    }
  }

  void HappenInTheMiddle() {
    switch (Pick(5)) {
      case 0:
        world_.edge = Votes();
        break;
      case 1:
        AnyExit().votes = Votes();
        break;
      case 2:
        world_.SetPaused(Chance(20)).IgnoreError();
        break;
      case 3:
        HappenToDns();
        break;
      case 4:
        RaiseEpoch();
        break;
    }
  }

  void RaiseEpoch() {
    const uint64_t generation = world_.journal.epoch().generation + 1;
    if (world_.journal.RaiseGeneration(generation, Event{}).ok()) world_.core().EpochRaised();
  }

  void HappenToAnExit() {
    FakeExit& exit = AnyExit();
    exit.opens = Chance(90);
    exit.serves_strangers = Chance(90);
    exit.connected = Chance(90);
    exit.tunnel_up = Chance(90);
    exit.visitors = Pick(3);
  }

  void HappenToDns() {
    world_.dns_answers = Chance(80);
    world_.lever_health.state = Chance(90) ? LeverState::kOk : LeverState::kDown;
    world_.zone.Lag("ns2.test. 192.0.2.2:53", Chance(20));
  }

  void NextPull() {
    const bool applied = Chance(50);
    if (Chance(50)) {
      world_.lever.NextPull({PullOutcome::kUnknown, absl::UnknownError("no answer")}, applied);
    } else {
      world_.lever.NextPull({PullOutcome::kRefused, absl::UnavailableError("SERVFAIL")}, false);
    }
  }

  void HappenToTheJournal() {
    if (Chance(70)) {
      world_.journal.FailNext(Pick(5), absl::ResourceExhaustedError("the disk is full"));
    } else {
      world_.journal.LoseNextAnswer(absl::UnknownError("commit lost"));
    }
  }

  void Command() {
    switch (Pick(12)) {
      case 0:
      case 1:
        return world_.MoveToExit(Chance(50) ? "nyc" : "ams").IgnoreError();
      case 2:
      case 3:
      case 4:
        return world_.MoveToEdge(Chance(50)).IgnoreError();
      case 5:
        return world_.SetPaused(true).IgnoreError();
      case 6:
        world_.stopped = Chance(30) ? "all hands" : "";
        return;
      case 7:
        return world_.Acknowledge().IgnoreError();
      default:
        return world_.SetPaused(false).IgnoreError();
    }
  }

  FailoverHarness world_;
  std::mt19937_64 random_;
};

TEST(FailoverPropertyTest, KeepsItsPromisesWhateverHappensAndEndsInAgreement) {
  int moves = 0, restarts = 0;
  // Other seeds: --gtest_random_seed=N. Not UnitTest::random_seed(), which is drawn from the clock
  // where none is given.
  const uint64_t first = 1000 * static_cast<uint64_t>(GTEST_FLAG_GET(random_seed)) + 1;
  for (uint64_t seed = first; seed < first + 30; ++seed) {
    RandomWorld random(seed);
    FailoverHarness& world = random.world();
    for (int round = 0; round < 4; ++round) {
      random.Walk(800);
      random.Heal();
      ASSERT_TRUE(world.RunUntilQuiet()) << "seed " << seed << " round " << round << "\n"
                                         << world.History(30);
      world.SetPaused(false).IgnoreError();
      if (round == 1) world.Tick(absl::Hours(25));  // the budget is whole again
      world.Run(absl::Seconds(5));
      ASSERT_THAT(world.TroubleAtRest(), IsEmpty()) << "seed " << seed << " round " << round << "\n"
                                                    << world.History(30);
    }
    moves += world.applied_moves;
    restarts += world.restarts;
  }
  EXPECT_GT(moves, 120) << "the walk avoids what it is to try";
  EXPECT_GT(restarts, 150);
}

}  // namespace
}  // namespace lifeboat
