#include "controller/journal/observation_file.h"

#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "base/testing/fake_clock.h"
#include "controller/journal/observation_history.h"

namespace lifeboat {
namespace {

ObservationRun RunOf(int second) {
  return {.vantage = "ams",
          .kind = RunKind::kVotes,
          .service = "web",
          .path = Path::Exit("nyc"),
          .probe_class = ProbeClass::kHttpEdge,
          .http_status = 502,
          .count = 3,
          .first = Instant::SinceBoot(absl::Seconds(second)),
          .last = Instant::SinceBoot(absl::Seconds(second + 2)),
          .first_wall = absl::FromUnixSeconds(1'700'000'000 + second),
          .last_wall = absl::FromUnixSeconds(1'700'000'002 + second),
          .shortest = absl::Milliseconds(1),
          .longest = absl::Milliseconds(9),
          .total = absl::Milliseconds(12)};
}

class ObservationFileTest : public testing::Test {
 protected:
  ObservationFileTest() : directory_(testing::TempDir() + "observations_XXXXXX") {
    EXPECT_NE(mkdtemp(directory_.data()), nullptr);
    path_ = directory_ + "/journal.db.observations";
  }
  ~ObservationFileTest() override {
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }
  struct Session {
    absl::Time began;
    std::vector<ObservationRun> runs;
  };
  absl::StatusOr<std::vector<Session>> TryRead(absl::Time since = absl::InfinitePast()) {
    const RecordedSpan span{.since = since};
    ASSIGN_OR_RETURN(const ObservationHistory history, ObservationHistory::Open(path_));
    ASSIGN_OR_RETURN(const std::vector<RecordedLife> lives, history.Lives(span));
    std::vector<Session> sessions;
    for (const RecordedLife& life : lives) {
      sessions.push_back({.began = life.began, .runs = {}});
      const auto take = [&sessions](const ObservationRun& run) {
        sessions.back().runs.push_back(run);
        return absl::OkStatus();
      };
      RETURN_IF_ERROR(history.ForEachRun(life.number, span, take));
    }
    return sessions;
  }
  std::vector<Session> Read(absl::Time since = absl::InfinitePast()) {
    auto sessions = TryRead(since);
    EXPECT_TRUE(sessions.ok()) << sessions.status();
    return sessions.ok() ? *std::move(sessions) : std::vector<Session>();
  }
  void Edit(const std::string& sql) {
    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open(path_.c_str(), &database), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK);
    sqlite3_close(database);
  }

  FakeClock clock_;
  std::string directory_;
  std::string path_;
};

TEST_F(ObservationFileTest, GivesBackWhatItWasGiven) {
  ObservationFile file(path_, clock_);
  ObservationRun condition{.vantage = "fra",
                           .kind = RunKind::kCondition,
                           .timing = Timing::kLate,
                           .resolvers_dead = true,
                           .first = Instant::SinceBoot(absl::Seconds(5)),
                           .last = Instant::SinceBoot(absl::Seconds(5)),
                           .first_wall = RunOf(5).first_wall,
                           .last_wall = RunOf(5).first_wall};
  condition.panel = 2;
  ASSERT_TRUE(file.Append({condition, RunOf(2)}).ok());
  const auto sessions = Read();  // while it is open
  ASSERT_EQ(sessions.size(), 1u);
  ASSERT_EQ(sessions[0].runs.size(), 2u);
  const ObservationRun& run = sessions[0].runs[0];  // in the order of their beginning
  EXPECT_EQ(run.vantage, "ams");
  EXPECT_EQ(run.path, Path::Exit("nyc"));
  EXPECT_EQ(run.probe_class, ProbeClass::kHttpEdge);
  EXPECT_EQ(run.http_status, 502);
  EXPECT_EQ(run.count, 3);
  EXPECT_EQ(run.first, RunOf(2).first);
  EXPECT_EQ(run.last, RunOf(2).last);
  EXPECT_EQ(run.last_wall, RunOf(2).last_wall);
  EXPECT_EQ(run.longest, absl::Milliseconds(9));
  EXPECT_EQ(run.mean(), absl::Milliseconds(4));
  const ObservationRun& other = sessions[0].runs[1];
  EXPECT_EQ(other.kind, RunKind::kCondition);
  EXPECT_EQ(other.timing, Timing::kLate);
  EXPECT_TRUE(other.resolvers_dead);
  EXPECT_EQ(other.panel, 2);
  struct stat status;
  ASSERT_EQ(stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
}

TEST_F(ObservationFileTest, KeepsTheLivesOfControllersApart) {
  ASSERT_TRUE(ObservationFile(path_, clock_).Append({RunOf(1)}).ok());
  clock_.Advance(absl::Hours(1));
  ASSERT_TRUE(ObservationFile(path_, clock_).Append({RunOf(7200)}).ok());
  const auto sessions = Read();
  ASSERT_EQ(sessions.size(), 2u);
  EXPECT_EQ(sessions[1].began - sessions[0].began, absl::Hours(1));
  EXPECT_EQ(Read(RunOf(7200).first_wall).size(), 1u);
}

TEST_F(ObservationFileTest, DropsWhatIsTooOld) {
  ObservationFile file(path_, clock_, {.age = absl::Minutes(10), .bytes = 1 << 30});
  for (int minute = 0; minute < 30; ++minute) {
    ASSERT_TRUE(file.Append({RunOf(minute * 60)}).ok());
  }
  const auto sessions = Read();
  ASSERT_EQ(sessions[0].runs.size(), 11u);
  EXPECT_EQ(sessions[0].runs[0].first, RunOf(19 * 60).first);
}

TEST_F(ObservationFileTest, DropsTheOldestWhereItGrowsTooLarge) {
  ObservationFile file(path_, clock_, {.age = absl::Hours(24 * 365), .bytes = 256 << 10});
  for (int batch = 0; batch < 60; ++batch) {
    std::vector<ObservationRun> runs;
    for (int i = 0; i < 100; ++i) runs.push_back(RunOf(batch * 100 + i));
    ASSERT_TRUE(file.Append(runs).ok());
  }
  EXPECT_LT(std::filesystem::file_size(path_), 512u << 10);
  const auto sessions = Read();
  EXPECT_GT(sessions[0].runs.size(), 500u);
  EXPECT_GT(sessions[0].runs.front().first, RunOf(0).first);
  EXPECT_EQ(sessions[0].runs.back().first, RunOf(5999).first);
}

TEST_F(ObservationFileTest, AClockYearsAheadDoesNotWipeOutThePast) {
  ObservationFile file(path_, clock_);
  std::vector<ObservationRun> runs;
  for (int i = 0; i < 1000; ++i) runs.push_back(RunOf(i));
  ASSERT_TRUE(file.Append(runs).ok());
  ASSERT_TRUE(file.Append({RunOf(100'000'000)}).ok());
  EXPECT_GT(Read()[0].runs.size(), 800u);
}

TEST_F(ObservationFileTest, RefusesWhatIsNotItsOwnAndComesBackWhenThatIsMovedAway) {
  ObservationFile file(path_, clock_);
  Edit("CREATE TABLE theirs (x)");
  const absl::Status foreign = file.Append({RunOf(1)});
  EXPECT_EQ(foreign.code(), absl::StatusCode::kFailedPrecondition) << foreign;
  std::filesystem::rename(path_, path_ + ".theirs");
  EXPECT_TRUE(file.Append({RunOf(1)}).ok());
  EXPECT_EQ(Read().size(), 1u);

  Edit("PRAGMA user_version = 99");
  const absl::Status newer = ObservationFile(path_, clock_).Append({RunOf(1)});
  EXPECT_TRUE(absl::StrContains(newer.message(), "newer Lifeboat")) << newer;
}

TEST_F(ObservationFileTest, SaysWhatCannotBeRead) {
  EXPECT_TRUE(absl::IsNotFound(TryRead().status()));
  std::ofstream(path_) << std::string(5000, 'x');
  EXPECT_FALSE(TryRead().ok());
  EXPECT_FALSE(ObservationFile(path_, clock_).Append({RunOf(1)}).ok());
}

TEST_F(ObservationFileTest, GivesWhatReachesIntoASpanOfTheWallClock) {
  ObservationFile file(path_, clock_);
  for (int second = 0; second < 100; second += 10) {
    ASSERT_TRUE(file.Append({RunOf(second)}).ok());
  }
  auto history = ObservationHistory::Open(path_);
  ASSERT_TRUE(history.ok()) << history.status();
  const RecordedSpan span{.since = RunOf(20).last_wall, .until = RunOf(50).first_wall};
  const auto lives = history->Lives(span);
  ASSERT_TRUE(lives.ok() && lives->size() == 1u) << lives.status();
  EXPECT_EQ(lives->front().first, RunOf(20).first_wall);
  EXPECT_EQ(lives->front().last, RunOf(50).last_wall);
  std::vector<Instant> begun;
  const auto take = [&begun](const ObservationRun& run) {
    begun.push_back(run.first);
    return absl::OkStatus();
  };
  EXPECT_TRUE(history->ForEachRun(lives->front().number, span, take).ok());
  ASSERT_EQ(begun.size(), 4u);
  EXPECT_EQ(begun.front(), RunOf(20).first);
  EXPECT_EQ(begun.back(), RunOf(50).first);
  const auto later = history->Lives({.since = RunOf(200).first_wall});
  EXPECT_TRUE(later.ok() && later->empty());
}

TEST_F(ObservationFileTest, IsReadAsItWasWhenItWasOpened) {
  ObservationFile file(path_, clock_);
  ASSERT_TRUE(file.Append({RunOf(1)}).ok());
  auto history = ObservationHistory::Open(path_);
  ASSERT_TRUE(history.ok()) << history.status();
  ASSERT_EQ(history->Lives({})->size(), 1u);
  ASSERT_TRUE(file.Append({RunOf(500)}).ok()) << "a reader holds up no controller";
  EXPECT_EQ(history->Lives({})->front().last, RunOf(1).last_wall);
  EXPECT_EQ(Read()[0].runs.size(), 2u);
}

TEST_F(ObservationFileTest, EndsReadingWhereTheReaderHasSeenEnough) {
  ObservationFile file(path_, clock_);
  ASSERT_TRUE(file.Append({RunOf(1), RunOf(9)}).ok());
  auto history = ObservationHistory::Open(path_);
  ASSERT_TRUE(history.ok()) << history.status();
  int taken = 0;
  const auto take = [&taken](const ObservationRun&) {
    ++taken;
    return absl::CancelledError("enough");
  };
  EXPECT_TRUE(absl::IsCancelled(history->ForEachRun(1, {}, take)));
  EXPECT_EQ(taken, 1);
}

TEST_F(ObservationFileTest, SaysOfADamagedFileWhatToDo) {
  std::ofstream(path_) << std::string(5000, 'x');
  const absl::Status damaged = TryRead().status();
  EXPECT_TRUE(absl::IsDataLoss(damaged)) << damaged;
  EXPECT_TRUE(absl::StrContains(damaged.message(), "move it away")) << damaged;
}

TEST_F(ObservationFileTest, RefusesARowThatItWouldNeverWrite) {
  ASSERT_TRUE(ObservationFile(path_, clock_).Append({RunOf(1)}).ok());
  Edit("UPDATE runs SET class = 'GOOD'");
  EXPECT_TRUE(absl::IsDataLoss(TryRead().status()));
}

}  // namespace
}  // namespace lifeboat
