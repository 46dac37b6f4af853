#include "controller/journal/history.h"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <filesystem>
#include <fstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/testing/fake_clock.h"
#include "controller/journal/sqlite_journal.h"

namespace lifeboat {
namespace {

class HistoryTest : public testing::Test {
 protected:
  HistoryTest() : directory_(testing::TempDir() + "history_XXXXXX") {
    EXPECT_NE(mkdtemp(directory_.data()), nullptr);
    path_ = directory_ + "/journal.db";
  }
  ~HistoryTest() override {
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }
  // Has a controller tell that `count` things happened, one a second.
  std::unique_ptr<Journal> Write(int count) {
    auto journal = SqliteJournal::Open(path_, clock_);
    EXPECT_TRUE(journal.ok()) << journal.status();
    for (int i = 0; i < count; ++i) {
      Entry entry;
      entry.events = {{.id = absl::StrCat("000", i),
                       .at = absl::FromUnixSeconds(1000 + i),
                       .service = "web",
                       .kind = "verdict",
                       .text = "edge is DOWN"}};
      EXPECT_TRUE((*journal)->Record(entry).ok());
    }
    return *std::move(journal);
  }

  FakeClock clock_;
  std::string directory_;
  std::string path_;
};

TEST_F(HistoryTest, ReadsWhileAControllerWrites) {
  const std::unique_ptr<Journal> journal = Write(3);
  auto events = ReadHistory(path_, {.since = absl::FromUnixSeconds(1001)});
  ASSERT_TRUE(events.ok()) << events.status();
  ASSERT_EQ(events->size(), 2u);
  EXPECT_EQ(events->front().at, absl::FromUnixSeconds(1001));
  EXPECT_EQ(events->front().kind, "verdict");
  EXPECT_TRUE(ReadHistory(path_, {.service = "git"})->empty());
  EXPECT_TRUE(journal->Check().ok());
}

TEST_F(HistoryTest, ChangesNothing) {
  const Epoch before = Write(1)->epoch();
  ASSERT_TRUE(ReadHistory(path_, {}).ok());
  EXPECT_EQ(Write(0)->epoch().revision, before.revision + 1) << "only a start raises it";
}

TEST_F(HistoryTest, SaysWhatCannotBeRead) {
  EXPECT_TRUE(absl::IsNotFound(ReadHistory(path_, {}).status()));
  EXPECT_FALSE(std::filesystem::exists(path_)) << "it makes no journal";
  std::ofstream(path_) << std::string("SQLite format 3\0", 16) << std::string(5000, 'x');
  EXPECT_TRUE(absl::IsDataLoss(ReadHistory(path_, {}).status()));
}

TEST_F(HistoryTest, CallsAFileOfAnotherKindNoJournalRatherThanDamaged) {
  for (const std::string& text : {std::string("services: []\n"), std::string(5000, 'x')}) {
    std::ofstream(path_) << text;
    const absl::Status foreign = ReadHistory(path_, {}).status();
    EXPECT_TRUE(absl::IsFailedPrecondition(foreign)) << foreign;
    EXPECT_TRUE(absl::StrContains(foreign.message(), "is no journal")) << foreign;
  }
}

TEST_F(HistoryTest, RefusesWhatIsNoJournalOrANewerOne) {
  std::ofstream(path_) << "";
  const absl::Status foreign = ReadHistory(path_, {}).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(foreign)) << foreign;
  std::filesystem::remove(path_);
  Write(1).reset();
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open(path_.c_str(), &database), SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(database, "PRAGMA user_version = 99", nullptr, nullptr, nullptr),
            SQLITE_OK);
  sqlite3_close(database);
  const absl::Status newer = ReadHistory(path_, {}).status();
  EXPECT_TRUE(absl::StrContains(newer.message(), "newer Lifeboat")) << newer;
}

}  // namespace
}  // namespace lifeboat
