#include "controller/journal/sqlite_journal.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/testing/fake_clock.h"
#include "controller/journal/testing/failing_disk.h"
#include "controller/journal/unavailable_journal.h"

namespace lifeboat {
namespace {

constexpr int kAllFromNowOn = 1'000'000;

Event EventOf(int number, const std::string& service = "web") {
  return {.id = absl::StrFormat("%08d", number),
          .at = absl::FromUnixSeconds(1'700'000'000 + number),
          .service = service,
          .kind = "verdict",
          .text = absl::StrCat("event ", number)};
}

Entry EntryOf(int number) {
  Entry entry;
  entry.events = {EventOf(number)};
  entry.record = ServiceRecord{.service = "web", .serves_by_move = absl::StrCat(number)};
  return entry;
}

class SqliteJournalTest : public testing::Test {
 protected:
  SqliteJournalTest() : directory_(testing::TempDir() + "journal_XXXXXX") {
    EXPECT_NE(mkdtemp(directory_.data()), nullptr);
    path_ = directory_ + "/journal.db";
  }
  ~SqliteJournalTest() override {
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }

  std::unique_ptr<SqliteJournal> Open() {
    auto journal = SqliteJournal::Open(path_, clock_);
    EXPECT_TRUE(journal.ok()) << journal.status();
    return journal.ok() ? *std::move(journal) : nullptr;
  }
  absl::Status OpenStatus() { return SqliteJournal::Open(path_, clock_).status(); }
  // The number of the last entry that is there.
  static std::string Last(SqliteJournal& journal) {
    const auto services = journal.Services();
    if (!services.ok()) return services.status().ToString();
    return services->empty() ? "none" : (*services)[0].serves_by_move;
  }

  FakeClock clock_;
  std::string directory_;
  std::string path_;
};

TEST_F(SqliteJournalTest, GivesBackWhatWasRecorded) {
  ServiceRecord moving{.service = "web",
                       .serves = Path::Exit("nyc"),
                       .serves_by_move = "m1",
                       .unproven = true,
                       .paused = true,
                       .paused_reason = "it's night; \"quiet\"",
                       .lingering_exit = "fra",
                       .lingering_until = absl::FromUnixNanos(1'700'000'000'123'456'789),
                       .unacknowledged = "m1",
                       .made_by_itself = {absl::FromUnixNanos(1'700'000'000'123'456'789),
                                          absl::FromUnixSeconds(-7)}};
  moving.move = Move{.id = "m2",
                     .from = Path::Exit("nyc"),
                     .to = Path::Edge(),
                     .stage = Stage::kPulling,
                     .lever = "own",
                     .reason = "clean for 2 h",
                     .requested_by = "person/anna",
                     .forced = true,
                     .missing = "coverage",
                     .begun_at = absl::FromUnixSeconds(-5),
                     .expires_at = absl::InfiniteFuture()};
  Event event = EventOf(1);
  event.alarm = true;
  event.detail = std::string("two\nlines and a \0 byte", 21);
  {
    const auto journal = Open();
    Entry entry{.events = {event}};
    entry.record = moving;
    ASSERT_TRUE(journal->Record(entry).ok());
    entry = {};
    entry.record = ServiceRecord{.service = "api"};
    ASSERT_TRUE(journal->Record(entry).ok());
  }
  const auto journal = Open();
  const std::vector<ServiceRecord> services = journal->Services().value();
  ASSERT_EQ(services.size(), 2u);
  EXPECT_EQ(services[0].service, "api");
  EXPECT_FALSE(services[0].move.has_value());
  EXPECT_TRUE(services[0].serves.is_edge());
  const ServiceRecord& web = services[1];
  EXPECT_EQ(web.serves, moving.serves);
  EXPECT_EQ(web.serves_by_move, moving.serves_by_move);
  EXPECT_TRUE(web.paused);
  EXPECT_EQ(web.paused_reason, moving.paused_reason);
  EXPECT_EQ(web.lingering_exit, moving.lingering_exit);
  EXPECT_EQ(web.lingering_until, moving.lingering_until);
  EXPECT_EQ(web.unacknowledged, "m1");
  EXPECT_EQ(web.made_by_itself, moving.made_by_itself);
  EXPECT_TRUE(web.unproven);
  ASSERT_TRUE(web.move.has_value());
  EXPECT_EQ(web.move->id, "m2");
  EXPECT_EQ(web.move->from, moving.move->from);
  EXPECT_EQ(web.move->to, Path::Edge());
  EXPECT_EQ(web.move->stage, Stage::kPulling);
  EXPECT_EQ(web.move->lever, "own");
  EXPECT_EQ(web.move->reason, moving.move->reason);
  EXPECT_EQ(web.move->requested_by, "person/anna");
  EXPECT_TRUE(web.move->forced);
  EXPECT_EQ(web.move->missing, "coverage");
  EXPECT_EQ(web.move->begun_at, moving.move->begun_at);
  EXPECT_EQ(web.move->expires_at, absl::InfiniteFuture());
  const std::vector<Event> events = journal->Events({}).value();
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].at, event.at);
  EXPECT_EQ(events[0].service, "web");
  EXPECT_EQ(events[0].kind, "verdict");
  EXPECT_TRUE(events[0].alarm);
  EXPECT_EQ(events[0].text, event.text);
  EXPECT_EQ(events[0].detail, event.detail);
}

TEST_F(SqliteJournalTest, RecordsSeveralEntriesTogetherOrNone) {
  const auto journal = Open();
  Entry other = EntryOf(2);
  other.record->service = "blog";
  ASSERT_TRUE(journal->RecordAll({EntryOf(1), other}).ok());
  EXPECT_EQ(journal->Services().value().size(), 2u);
  EXPECT_EQ(journal->Events({}).value().size(), 2u);
  rlimit old;
  getrlimit(RLIMIT_FSIZE, &old);
  signal(SIGXFSZ, SIG_IGN);
  Entry huge = EntryOf(4);
  huge.events[0].text = std::string(4 << 20, 'x');
  const rlimit small{.rlim_cur = 1 << 20, .rlim_max = old.rlim_max};
  setrlimit(RLIMIT_FSIZE, &small);
  EXPECT_FALSE(journal->RecordAll({EntryOf(3), huge}).ok());
  setrlimit(RLIMIT_FSIZE, &old);
  EXPECT_EQ(Last(*journal), "2");  // blog is the first by name
  EXPECT_EQ(journal->Events({}).value().size(), 2u);
}

TEST_F(SqliteJournalTest, KeepsOfADecisionWhatItIsToldToKeep) {
  SqliteJournal::Options options;
  options.keep = [](const Decision& decision) { return "kept of " + decision.service.name; };
  Event event = EventOf(1);
  auto decision = std::make_shared<Decision>();
  decision->service.name = "web";
  event.decision = decision;
  const auto journal = SqliteJournal::Open(path_, clock_, options).value();
  ASSERT_TRUE(journal->Record({.events = {event, EventOf(2)}, .record = {}}).ok());
  const std::vector<Event> events = journal->Events({}).value();
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0].detail, "kept of web");
  EXPECT_EQ(events[0].decision, nullptr);
  EXPECT_EQ(events[1].detail, EventOf(2).detail);
  const std::vector<Event> brief = journal->Events({.brief = true}).value();
  EXPECT_EQ(brief[0].detail, "k") << "enough to tell that there is one";
}

TEST_F(SqliteJournalTest, FindsAnEventByEitherEndOfItsId) {
  const auto journal = Open();
  Entry entry;
  for (const char* id : {"01AAAAXX", "01ABBBYY", "01ABBBXX%"}) {
    entry.events.push_back(EventOf(1));
    entry.events.back().id = id;
  }
  ASSERT_TRUE(journal->Record(entry).ok());
  const auto found = [&](const std::string& end) {
    return journal->Events({.id_end = end}).value().size();
  };
  EXPECT_EQ(found("01AAAAXX"), 1u);
  EXPECT_EQ(found("01AB"), 2u);
  EXPECT_EQ(found("BBYY"), 1u);
  EXPECT_EQ(found("BB"), 0u) << "in the middle";
  EXPECT_EQ(found("%"), 1u) << "no pattern";
  EXPECT_EQ(found("01AAAAXXAAAAAA"), 0u);
}

TEST_F(SqliteJournalTest, KeepsOnlyTheMoveInProgress) {
  const auto journal = Open();
  Entry entry;
  entry.record = ServiceRecord{.service = "web"};
  for (const Stage stage : {Stage::kIntent, Stage::kOpening}) {
    entry.record->move = Move{.id = "m", .stage = stage};
    ASSERT_TRUE(journal->Record(entry).ok());
  }
  EXPECT_EQ(journal->Services().value()[0].move->stage, Stage::kOpening);
  entry.record->move.reset();
  ASSERT_TRUE(journal->Record(entry).ok());
  EXPECT_FALSE(journal->Services().value()[0].move.has_value());
}

TEST_F(SqliteJournalTest, AnswersQueriesWithTheYoungestOldestFirst) {
  const auto journal = Open();
  for (int i = 1; i <= 9; ++i) {
    Entry entry{.events = {EventOf(i, i % 3 == 0 ? "api" : "web")}};
    ASSERT_TRUE(journal->Record(entry).ok());
  }
  const auto ids = [&](const EventQuery& query) {
    std::string all;
    const std::vector<Event> events = journal->Events(query).value();
    for (const Event& event : events) all += event.id.back();
    return all;
  };
  EXPECT_EQ(ids({}), "123456789");
  EXPECT_EQ(ids({.limit = 3}), "789");
  EXPECT_EQ(ids({.limit = 0}), "");
  EXPECT_EQ(ids({.service = "api"}), "369");
  EXPECT_EQ(ids({.service = "api", .limit = 2}), "69");
  EXPECT_EQ(ids({.after_id = "00000007"}), "89");
  EXPECT_EQ(ids({.since = absl::FromUnixSeconds(1'700'000'008)}), "89");
  EXPECT_EQ(ids({.service = "nobody"}), "");
}

TEST_F(SqliteJournalTest, KeepsAnEventOnceAndForgetsTheOldest) {
  const auto journal = SqliteJournal::Open(path_, clock_, {.most_events = 50}).value();
  for (int i = 0; i < 200; ++i) {
    ASSERT_TRUE(journal->Record({.events = {EventOf(i)}}).ok());
    ASSERT_TRUE(journal->Record({.events = {EventOf(i)}}).ok());
  }
  const std::vector<Event> events = journal->Events({}).value();
  ASSERT_EQ(events.size(), 50u);
  EXPECT_EQ(events[0].id, "00000150");
}

TEST_F(SqliteJournalTest, RaisesTheRevisionAtEachStart) {
  EXPECT_EQ(Open()->epoch(), (Epoch{1, 1}));
  EXPECT_EQ(Open()->epoch(), (Epoch{1, 2}));
  {
    const auto journal = Open();
    EXPECT_FALSE(journal->RaiseGeneration(1, EventOf(1)).ok());
    ASSERT_TRUE(journal->RaiseGeneration(7, EventOf(2)).ok());
    EXPECT_EQ(journal->epoch(), (Epoch{7, 3}));
    EXPECT_EQ(journal->Events({}).value().size(), 1u);
  }
  EXPECT_EQ(Open()->epoch(), (Epoch{7, 4}));
}

TEST_F(SqliteJournalTest, AnOlderCopyHasALowerEpoch) {
  Open()->Record(EntryOf(1)).IgnoreError();
  std::filesystem::copy(path_, path_ + ".copy");
  const Epoch later = Open()->epoch();
  std::filesystem::rename(path_ + ".copy", path_);
  std::filesystem::remove(path_ + "-wal");
  EXPECT_EQ(Open()->epoch(), later);  // the same again, not above: others know it already
}

TEST_F(SqliteJournalTest, IsReadableByItsOwnerAlone) {
  path_ = directory_ + "/new/deep/journal.db";
  const auto journal = Open();
  ASSERT_TRUE(journal->Record(EntryOf(1)).ok());
  for (const char* suffix : {"", "-wal", "-shm", ".lock"}) {
    struct stat info;
    ASSERT_EQ(stat((path_ + suffix).c_str(), &info), 0) << suffix;
    EXPECT_EQ(info.st_mode & 0777, 0600u) << suffix;
  }
}

TEST_F(SqliteJournalTest, RefusesASecondController) {
  const auto journal = Open();
  const absl::Status second = OpenStatus();
  EXPECT_EQ(second.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(absl::StrContains(second.message(), "another controller holds")) << second;
  EXPECT_EQ(journal->epoch(), (Epoch{1, 1}));
}

TEST_F(SqliteJournalTest, RefusesANewerVersionAndAnotherProgram) {
  Open();
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open(path_.c_str(), &database), SQLITE_OK);
  sqlite3_exec(database, "PRAGMA user_version = 99", nullptr, nullptr, nullptr);
  absl::Status refused = OpenStatus();
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(absl::StrContains(refused.message(), "written by a newer Lifeboat")) << refused;
  sqlite3_exec(database, "PRAGMA application_id = 5", nullptr, nullptr, nullptr);
  sqlite3_close(database);
  refused = OpenStatus();
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(absl::StrContains(refused.message(), "of another program")) << refused;
}

// The tables as version 1 made them.
constexpr char kVersion1[] = R"(
CREATE TABLE state (id INTEGER PRIMARY KEY CHECK (id = 1), generation INTEGER NOT NULL,
  revision INTEGER NOT NULL, entry INTEGER NOT NULL, checked_at INTEGER NOT NULL,
  ballast BLOB NOT NULL) STRICT;
INSERT INTO state VALUES (1, 3, 7, 40, 0, x'');
CREATE TABLE services (service TEXT PRIMARY KEY, serves TEXT NOT NULL,
  serves_by_move TEXT NOT NULL, paused INTEGER NOT NULL, paused_reason TEXT NOT NULL,
  lingering_exit TEXT NOT NULL, lingering_until INTEGER NOT NULL) STRICT;
INSERT INTO services VALUES ('web', 'exit/nyc', 'm1', 1, 'night', '', 0);
CREATE TABLE moves (service TEXT PRIMARY KEY REFERENCES services, id TEXT NOT NULL,
  from_path TEXT NOT NULL, to_path TEXT NOT NULL, stage TEXT NOT NULL, lever TEXT NOT NULL,
  reason TEXT NOT NULL, requested_by TEXT NOT NULL, forced INTEGER NOT NULL,
  missing TEXT NOT NULL, begun_at INTEGER NOT NULL, expires_at INTEGER NOT NULL) STRICT;
INSERT INTO moves VALUES ('web', 'm2', 'exit/nyc', 'edge', 'PULLING', 'own', 'clean',
  'person/anna', 0, '', 0, 0);
CREATE TABLE events (id TEXT PRIMARY KEY, at INTEGER NOT NULL, service TEXT NOT NULL,
  kind TEXT NOT NULL, alarm INTEGER NOT NULL, text TEXT NOT NULL, detail TEXT NOT NULL) STRICT;
CREATE INDEX events_of_service ON events (service, id);
PRAGMA user_version = 1;
PRAGMA application_id = 0x4c424a52;
)";

// What each later version added to it.
const std::vector<const char*> kUpgrades = {
    "",
    "ALTER TABLE services ADD COLUMN unacknowledged TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE services ADD COLUMN made_by_itself TEXT NOT NULL DEFAULT '';"
    "PRAGMA user_version = 2",
};

TEST_F(SqliteJournalTest, TakesUpAJournalOfEachFormerVersionWithAllThatItHolds) {
  for (const char* upgrade : kUpgrades) {
    std::filesystem::remove(path_);
    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open(path_.c_str(), &database), SQLITE_OK);
    ASSERT_EQ(sqlite3_exec(database, kVersion1, nullptr, nullptr, nullptr), SQLITE_OK)
        << sqlite3_errmsg(database);
    ASSERT_EQ(sqlite3_exec(database, upgrade, nullptr, nullptr, nullptr), SQLITE_OK);
    sqlite3_close(database);
    for (const bool again : {false, true}) {
      const auto journal = Open();
      EXPECT_EQ(journal->epoch(), (Epoch{3, again ? 9u : 8u}));
      const std::vector<ServiceRecord> services = journal->Services().value();
      ASSERT_EQ(services.size(), 1u);
      EXPECT_EQ(services[0].serves, Path::Exit("nyc"));
      EXPECT_EQ(services[0].paused_reason, "night");
      EXPECT_EQ(services[0].move.value().stage, Stage::kPulling);
      EXPECT_EQ(services[0].unacknowledged, again ? "m1" : "");
      EXPECT_EQ(services[0].made_by_itself.size(), again ? 1u : 0u);
      EXPECT_EQ(services[0].unproven, again);
      Entry entry;
      entry.record = services[0];
      entry.record->unacknowledged = "m1";
      entry.record->made_by_itself = {absl::UnixEpoch()};
      entry.record->unproven = true;
      ASSERT_TRUE(journal->Record(entry).ok());
    }
  }
}

TEST_F(SqliteJournalTest, KeepsTheControllersOwnRecord) {
  {
    const auto journal = Open();
    Entry entry;
    entry.record = ServiceRecord{.service = "", .paused = true, .paused_reason = "all hands"};
    ASSERT_TRUE(journal->Record(entry).ok());
  }
  const std::vector<ServiceRecord> records = Open()->Services().value();
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0].service, "");
  EXPECT_TRUE(records[0].paused);
  EXPECT_EQ(records[0].paused_reason, "all hands");
}

TEST_F(SqliteJournalTest, NamesADamagedFile) {
  {
    const auto journal = SqliteJournal::Open(path_, clock_).value();
    for (int i = 0; i < 300; ++i) ASSERT_TRUE(journal->Record(EntryOf(i)).ok());
  }
  const auto overwrite = [this](int offset) {
    std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(offset);
    file << std::string(4096, '\xa5');
  };
  for (const int offset : {3 * 4096, 0}) {  // a table, then the header itself
    overwrite(offset);
    const absl::Status damaged = OpenStatus();
    EXPECT_EQ(damaged.code(), absl::StatusCode::kDataLoss) << damaged;
    EXPECT_TRUE(absl::StrContains(damaged.message(), path_)) << damaged;
    EXPECT_TRUE(absl::StrContains(damaged.message(), "put back the last good copy")) << damaged;
  }
}

TEST_F(SqliteJournalTest, NamesADirectoryItCannotWrite) {
  path_ = "/proc/lifeboat/journal.db";  // root may not either
  const absl::Status refused = OpenStatus();
  EXPECT_EQ(refused.code(), absl::StatusCode::kUnavailable);
  EXPECT_TRUE(absl::StrContains(refused.message(), "/proc/lifeboat")) << refused;
}

TEST_F(SqliteJournalTest, NoticesThatItsFileIsGoneOrExchanged) {
  const auto journal = Open();
  ASSERT_TRUE(journal->Record(EntryOf(1)).ok());
  std::filesystem::rename(path_, path_ + ".aside");
  EXPECT_EQ(journal->Record(EntryOf(2)).code(), absl::StatusCode::kUnavailable);
  std::filesystem::rename(path_ + ".aside", path_);
  EXPECT_TRUE(journal->Record(EntryOf(3)).ok());
  EXPECT_EQ(Last(*journal), "3");
}

TEST_F(SqliteJournalTest, SaysThatTheDiskIsFullAndRecovers) {
  if (mount("tmpfs", directory_.c_str(), "tmpfs", 0, "size=192k") != 0) {
    GTEST_SKIP() << "SKIPPED: mounting a tmpfs is not allowed here: " << strerror(errno);
  }
  {
    const auto journal = Open();
    absl::Status full;
    int recorded = 0;
    Entry entry = EntryOf(0);
    for (; full.ok() && recorded < 1000; ++recorded) {
      entry = EntryOf(recorded);
      entry.events[0].detail = std::string(2000, 'x');
      full = journal->Record(entry);
    }
    EXPECT_EQ(full.code(), absl::StatusCode::kResourceExhausted) << full;
    EXPECT_TRUE(absl::StrContains(full.message(), "make room")) << full;
    EXPECT_EQ(Last(*journal), absl::StrCat(recorded - 2));  // the last that was acknowledged
    EXPECT_FALSE(journal->Check().ok());
    ASSERT_EQ(mount("tmpfs", directory_.c_str(), "tmpfs", MS_REMOUNT, "size=4m"), 0);
    EXPECT_TRUE(journal->Check().ok());
    EXPECT_TRUE(journal->Record(entry).ok());
  }
  EXPECT_EQ(umount2(directory_.c_str(), MNT_DETACH), 0);
}

TEST_F(SqliteJournalTest, TakesAFileSizeLimitForAFullDisk) {
  const auto journal = Open();
  signal(SIGXFSZ, SIG_IGN);
  rlimit before;
  getrlimit(RLIMIT_FSIZE, &before);
  const rlimit small{.rlim_cur = 64 * 1024, .rlim_max = before.rlim_max};
  setrlimit(RLIMIT_FSIZE, &small);
  absl::Status full;
  int recorded = 0;
  for (; full.ok() && recorded < 1000; ++recorded) full = journal->Record(EntryOf(recorded));
  EXPECT_FALSE(journal->Check().ok());
  setrlimit(RLIMIT_FSIZE, &before);
  EXPECT_EQ(full.code(), absl::StatusCode::kResourceExhausted) << full;
  EXPECT_EQ(Last(*journal), absl::StrCat(recorded - 2));
  EXPECT_TRUE(journal->Record(EntryOf(5000)).ok());
  EXPECT_TRUE(journal->Check().ok());
}

TEST_F(SqliteJournalTest, FindsOutWhetherAFailedCommitIsThere) {
  FailingDisk disk;
  const auto journal = Open();
  ASSERT_TRUE(journal->Record(EntryOf(1)).ok());
  // The sync fails after the bytes were written: a new handle finds them, and makes them durable.
  disk.FailSyncs(1);
  EXPECT_TRUE(journal->Record(EntryOf(2)).ok());
  EXPECT_EQ(Last(*journal), "2");
  // The bytes themselves are not taken.
  disk.FailWrites(1);
  const absl::Status absent = journal->Record(EntryOf(3));
  EXPECT_EQ(absent.code(), absl::StatusCode::kUnavailable) << absent;
  EXPECT_EQ(Last(*journal), "2");
  EXPECT_TRUE(journal->Record(EntryOf(4)).ok());
}

TEST_F(SqliteJournalTest, SaysThatAnOutcomeIsUnknown) {
  FailingDisk disk;
  const auto journal = Open();
  ASSERT_TRUE(journal->Record(EntryOf(0)).ok());
  // Nothing can be synced any more, so what can be read may be gone with the power.
  disk.FailSyncs(kAllFromNowOn);
  EXPECT_EQ(journal->Record(EntryOf(1)).code(), absl::StatusCode::kUnknown);
  EXPECT_FALSE(journal->Check().ok());
  disk.FailSyncs(0);
  EXPECT_TRUE(journal->Check().ok());
  // The file cannot be opened any more.
  disk.FailSyncs(1);
  disk.FailOpens(kAllFromNowOn);
  const absl::Status unknown = journal->Record(EntryOf(2));
  EXPECT_EQ(unknown.code(), absl::StatusCode::kUnknown) << unknown;
  EXPECT_EQ(journal->Record(EntryOf(3)).code(), absl::StatusCode::kUnavailable);
  disk.FailOpens(0);
  EXPECT_TRUE(journal->Record(EntryOf(4)).ok());
  EXPECT_EQ(Last(*journal), "4");
}

// Records for ever, and writes each acknowledged number to `pipe`.
[[noreturn]] void RecordUntilKilled(const std::string& path, int first, int pipe) {
  const FakeClock clock;
  const auto journal = SqliteJournal::Open(path, clock);
  if (!journal.ok()) _exit(1);
  for (int number = first;; ++number) {
    if (!(*journal)->Record(EntryOf(number)).ok()) _exit(2);
    if (write(pipe, &number, sizeof(number)) != sizeof(number)) _exit(3);
  }
}

TEST_F(SqliteJournalTest, HoldsEveryAcknowledgedEntryAfterAKill) {
  std::mt19937 random(11);
  int acknowledged = 0;
  for (int round = 0; round < 12; ++round) {
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    const pid_t child = fork();
    if (child == 0) RecordUntilKilled(path_, acknowledged + 2, ends[1]);
    close(ends[1]);
    for (unsigned left = 1 + random() % 60; left > 0; --left) {
      ASSERT_EQ(read(ends[0], &acknowledged, sizeof(int)), ssize_t{sizeof(int)});
    }
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    while (read(ends[0], &acknowledged, sizeof(int)) == sizeof(int)) {
    }
    close(ends[0]);
    const auto journal = Open();
    const int last = std::stoi(Last(*journal));
    // One more may be there than was told of.
    EXPECT_TRUE(last == acknowledged || last == acknowledged + 1) << last << " " << acknowledged;
    EXPECT_EQ(journal->Events({.limit = 1}).value()[0].id, EventOf(last).id);
    acknowledged = last;
  }
}

TEST(UnavailableJournalTest, SaysWhyToEverything) {
  UnavailableJournal journal(absl::DataLossError("torn"));
  EXPECT_EQ(journal.Record({}), absl::DataLossError("torn"));
  EXPECT_EQ(journal.Services().status(), absl::DataLossError("torn"));
  EXPECT_EQ(journal.Check(), absl::DataLossError("torn"));
  EXPECT_EQ(journal.epoch(), Epoch{});
}

}  // namespace
}  // namespace lifeboat
