#include "controller/health/observation_runs.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace lifeboat {
namespace {

constexpr absl::Duration kSecond = absl::Seconds(1);
constexpr absl::Duration kAgentAhead = absl::Hours(7);
const Instant kStart = Instant::SinceBoot(absl::Hours(1));
const absl::Time kWall = absl::FromUnixSeconds(1'700'000'000);

std::vector<TargetRole> Roles() {
  TargetRole votes{.service = "web", .path = Path::Edge(), .interval = kSecond};
  TargetRole pinned = votes, panel = votes;
  pinned.kind = TargetRole::Kind::kAttributes;
  panel = {.kind = TargetRole::Kind::kPanel, .interval = kSecond};
  return {votes, pinned, panel, panel};
}

class RunCoderTest : public testing::Test {
 protected:
  RunCoderTest() {
    coder_.Connected("ams", (kStart + kAgentAhead).since_boot(), kStart, kWall);
    coder_.TakeEnded(kStart);
  }
  // A probe that ended `at` after the start arrives 300 ms later.
  void See(absl::Duration at, ProbeClass probe_class, uint32_t target = 1, int status = 0,
           absl::Duration latency = absl::Milliseconds(30)) {
    const Instant now = kStart + at + absl::Milliseconds(300);
    coder_.Saw("ams", target,
               {.probe_class = probe_class,
                .http_status = status,
                .latency = latency,
                .ended = (kStart + at + kAgentAhead).since_boot()},
               true, now, kWall + (now - kStart));
  }
  static std::string Words(const std::vector<ObservationRun>& runs) {
    return absl::StrJoin(runs, "; ", [](std::string* out, const ObservationRun& run) {
      absl::StrAppend(out, ProbeClassName(run.probe_class), "x", run.count, " ",
                      absl::FormatDuration(run.first - kStart), "-",
                      absl::FormatDuration(run.last - kStart));
    });
  }

  RunCoder coder_{Roles(), absl::Minutes(5)};
};

TEST_F(RunCoderTest, ARunEndsWhereTheClassOrTheStatusChanges) {
  for (int i = 0; i < 5; ++i) See(i * kSecond, ProbeClass::kOk);
  for (int i = 5; i < 7; ++i) See(i * kSecond, ProbeClass::kHttpEdge, 1, 502);
  See(7 * kSecond, ProbeClass::kHttpEdge, 1, 503);
  EXPECT_EQ(Words(coder_.TakeAll()), "OKx5 0-4s; HTTP_EDGEx2 5s-6s; HTTP_EDGEx1 7s-7s");
}

TEST_F(RunCoderTest, DatesByTheEndOfTheProbeInOurTimeAndForPeople) {
  See(kSecond, ProbeClass::kOk);
  See(2 * kSecond, ProbeClass::kOk);
  const ObservationRun run = coder_.TakeAll().at(0);
  EXPECT_EQ(run.first, kStart + kSecond);
  EXPECT_EQ(run.last_wall, kWall + 2 * kSecond);
}

TEST_F(RunCoderTest, SumsTheLatenciesUp) {
  for (const int latency : {10, 60, 20}) {
    See(latency * kSecond / 10, ProbeClass::kOk, 1, 0, absl::Milliseconds(latency));
  }
  EXPECT_EQ(coder_.TakeAll().at(0).shortest, absl::Milliseconds(10));
  See(10 * kSecond, ProbeClass::kOk, 1, 0, absl::Milliseconds(10));
  See(11 * kSecond, ProbeClass::kOk, 1, 0, absl::Milliseconds(60));
  const ObservationRun run = coder_.TakeAll().at(0);
  EXPECT_EQ(run.longest, absl::Milliseconds(60));
  EXPECT_EQ(run.mean(), absl::Milliseconds(35));
}

TEST_F(RunCoderTest, APauseInThePaceEndsARun) {
  for (int i = 0; i < 5; ++i) See(i * kSecond, ProbeClass::kOk);
  for (int i = 15; i < 18; ++i) See(i * kSecond, ProbeClass::kOk);
  EXPECT_EQ(Words(coder_.TakeAll()), "OKx5 0-4s; OKx3 15s-17s");
}

TEST_F(RunCoderTest, AProbeThatIsMissingIsNotSpreadOverItsGap) {
  See(kSecond, ProbeClass::kOk);
  See(40 * kSecond, ProbeClass::kOk);  // no pace is known yet
  See(41 * kSecond, ProbeClass::kOk);
  See(43 * kSecond, ProbeClass::kOk);
  See(44.4 * kSecond, ProbeClass::kOk);  // a slow one
  EXPECT_EQ(Words(coder_.TakeAll()), "OKx1 1s-1s; OKx2 40s-41s; OKx2 43s-44.4s");
}

TEST_F(RunCoderTest, EndsWhatLastsLongSoThatACrashLosesLittle) {
  for (int i = 0; i <= 299; ++i) See(i * kSecond, ProbeClass::kOk);
  EXPECT_TRUE(coder_.TakeEnded(kStart + 299 * kSecond).empty());
  EXPECT_EQ(Words(coder_.TakeEnded(kStart + 300 * kSecond)), "OKx300 0-4m59s");
}

TEST_F(RunCoderTest, TellsLegsAndPanelTargetsApart) {
  for (uint32_t target = 1; target <= 4; ++target) See(kSecond, ProbeClass::kOk, target);
  const std::vector<ObservationRun> runs = coder_.TakeAll();
  ASSERT_EQ(runs.size(), 4u);
  EXPECT_EQ(runs[0].kind, RunKind::kVotes);
  EXPECT_EQ(runs[1].kind, RunKind::kAttributes);
  EXPECT_EQ(runs[1].service, "web");
  EXPECT_EQ(runs[2].panel, 1);
  EXPECT_EQ(runs[3].panel, 2);
  See(2 * kSecond, ProbeClass::kOk, 0);
  See(2 * kSecond, ProbeClass::kOk, 5);
  EXPECT_TRUE(coder_.TakeAll().empty());
}

TEST_F(RunCoderTest, KeepsApartWhatDidNotCount) {
  const Instant now = kStart + 60 * kSecond;
  const auto see_uncounted = [&](Instant ended) {
    coder_.Saw("ams", 1, {.ended = (ended + kAgentAhead).since_boot()}, false, now, kWall);
  };
  see_uncounted(kStart);
  see_uncounted(now + 30 * kSecond);
  const std::vector<ObservationRun> runs = coder_.TakeAll();
  ASSERT_EQ(runs.size(), 2u);
  EXPECT_EQ(runs[0].timing, Timing::kLate);
  EXPECT_EQ(runs[1].timing, Timing::kFuture);
  EXPECT_EQ(runs[0].first, now);
}

TEST_F(RunCoderTest, RecordsConditionsAndStreams) {
  const auto tell = [&](int second, absl::Duration lag, bool resolvers_dead) {
    coder_.Condition("ams", lag, resolvers_dead, kStart + second * kSecond, kWall);
  };
  tell(1, absl::Milliseconds(3), false);
  tell(2, absl::Milliseconds(9), false);
  tell(3, absl::Milliseconds(900), false);
  tell(4, absl::Milliseconds(9), true);
  coder_.Disconnected("ams", kStart + 5 * kSecond, kWall);
  const std::vector<ObservationRun> runs = coder_.TakeAll();
  ASSERT_EQ(runs.size(), 4u);
  EXPECT_EQ(runs[0].count, 2);
  EXPECT_EQ(runs[1].mean(), absl::Milliseconds(900));
  EXPECT_TRUE(runs[2].resolvers_dead);
  EXPECT_EQ(runs[3].kind, RunKind::kDisconnected);
}

TEST(ObservationRunTest, SpreadsItsObservationsEvenly) {
  const ObservationRun run{.count = 4, .first = kStart, .last = kStart + 6 * kSecond};
  EXPECT_EQ(run.At(0), kStart);
  EXPECT_EQ(run.At(1), kStart + 2 * kSecond);
  EXPECT_EQ(run.At(3), kStart + 6 * kSecond);
}

}  // namespace
}  // namespace lifeboat
