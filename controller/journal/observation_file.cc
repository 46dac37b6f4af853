#include "controller/journal/observation_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "base/descriptor.h"
#include "base/status.h"

namespace lifeboat {
namespace {

constexpr int kVersion = 1;                 // user_version
constexpr int kApplicationId = 0x4c424f42;  // "LBOB"
constexpr int kBusyMilliseconds = 2000;     // somebody makes a backup

constexpr char kTables[] = R"(
CREATE TABLE sessions (
  session INTEGER PRIMARY KEY,
  began INTEGER NOT NULL  -- nanoseconds since 1970
) STRICT;
CREATE TABLE runs (
  run INTEGER PRIMARY KEY,
  session INTEGER NOT NULL,
  vantage TEXT NOT NULL,
  kind TEXT NOT NULL,
  service TEXT NOT NULL,
  path TEXT NOT NULL,
  panel INTEGER NOT NULL,
  class TEXT NOT NULL,
  http_status INTEGER NOT NULL,
  timing TEXT NOT NULL,
  resolvers_dead INTEGER NOT NULL,
  count INTEGER NOT NULL,
  first INTEGER NOT NULL,       -- nanoseconds since the machine's boot
  last INTEGER NOT NULL,
  first_wall INTEGER NOT NULL,  -- nanoseconds since 1970
  last_wall INTEGER NOT NULL,
  shortest INTEGER NOT NULL,    -- nanoseconds
  longest INTEGER NOT NULL,
  total INTEGER NOT NULL
) STRICT;
CREATE INDEX runs_by_end ON runs (last_wall);
)";

int64_t Nanos(Instant instant) { return absl::ToInt64Nanoseconds(instant.since_boot()); }
Instant ToInstant(int64_t nanos) { return Instant::SinceBoot(absl::Nanoseconds(nanos)); }

absl::StatusOr<Database> Connect(const std::string& path, int flags) {
  sqlite3* raw = nullptr;
  const int opened = sqlite3_open_v2(path.c_str(), &raw, flags | SQLITE_OPEN_NOMUTEX, nullptr);
  Database database(raw);
  if (opened != SQLITE_OK) return SqliteStatus(raw, opened);
  sqlite3_busy_timeout(raw, kBusyMilliseconds);
  return database;
}

absl::Status CheckKind(sqlite3* database, const std::string& path) {
  ASSIGN_OR_RETURN(const int64_t version, SelectInt(database, "PRAGMA user_version"));
  ASSIGN_OR_RETURN(const int64_t application, SelectInt(database, "PRAGMA application_id"));
  if (application != kApplicationId) {
    return absl::FailedPreconditionError(
        absl::StrCat(path, " holds no observations; name the journal beside which they are"));
  }
  if (version > kVersion) {
    return absl::FailedPreconditionError(
        absl::StrCat(path, " was written by a newer Lifeboat (its format is ", version,
                     ", this one knows ", kVersion, "); move it away to begin anew"));
  }
  return absl::OkStatus();
}

absl::Status MakeTables(sqlite3* database) {
  ASSIGN_OR_RETURN(const int64_t tables, SelectInt(database, "SELECT count(*) FROM sqlite_schema"));
  if (tables > 0) return absl::OkStatus();
  ASSIGN_OR_RETURN(Transaction transaction, Transaction::Begin(database));
  RETURN_IF_ERROR(Execute(database, kTables));
  RETURN_IF_ERROR(Execute(database, absl::StrCat("PRAGMA user_version = ", kVersion,
                                                 "; PRAGMA application_id = ", kApplicationId)
                                        .c_str()));
  return transaction.Commit();
}

absl::Status Insert(sqlite3* database, int64_t session, const ObservationRun& run) {
  Statement insert(database,
                   "INSERT INTO runs VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,"
                   " ?, ?)");
  return insert.Bind(session)
      .Bind(run.vantage)
      .Bind(RunKindName(run.kind))
      .Bind(run.service)
      .Bind(run.path.ToString())
      .Bind(run.panel)
      .Bind(ProbeClassName(run.probe_class))
      .Bind(run.http_status)
      .Bind(TimingName(run.timing))
      .Bind(run.resolvers_dead ? 1 : 0)
      .Bind(run.count)
      .Bind(Nanos(run.first))
      .Bind(Nanos(run.last))
      .Bind(absl::ToUnixNanos(run.first_wall))
      .Bind(absl::ToUnixNanos(run.last_wall))
      .Bind(absl::ToInt64Nanoseconds(run.shortest))
      .Bind(absl::ToInt64Nanoseconds(run.longest))
      .Bind(absl::ToInt64Nanoseconds(run.total))
      .Run();
}

absl::Time NewestOf(const std::vector<ObservationRun>& runs) {
  absl::Time newest = absl::InfinitePast();
  for (const ObservationRun& run : runs) newest = std::max(newest, run.last_wall);
  return newest;
}

// The value up to `last` whose name is `text`.
template <typename Enum>
absl::StatusOr<Enum> Named(const std::string& text, Enum last, absl::string_view (*name)(Enum)) {
  for (int i = 0; i <= static_cast<int>(last); ++i) {
    if (text == name(static_cast<Enum>(i))) return static_cast<Enum>(i);
  }
  return absl::DataLossError(absl::StrCat("an observation says \"", text, "\"; it is damaged"));
}

absl::StatusOr<ObservationRun> ReadRun(Statement& row) {
  ObservationRun run;
  run.vantage = row.Text();
  ASSIGN_OR_RETURN(run.kind, Named(row.Text(), RunKind::kDisconnected, RunKindName));
  run.service = row.Text();
  const std::string path = row.Text();
  absl::string_view exit = path;
  run.path = absl::ConsumePrefix(&exit, "exit/") ? Path::Exit(std::string(exit)) : Path::Edge();
  run.panel = static_cast<int>(row.Int());
  ASSIGN_OR_RETURN(run.probe_class, Named(row.Text(), ProbeClass::kBadBody, ProbeClassName));
  run.http_status = static_cast<int>(row.Int());
  ASSIGN_OR_RETURN(run.timing, Named(row.Text(), Timing::kFuture, TimingName));
  run.resolvers_dead = row.Int() != 0;
  run.count = std::max<int64_t>(row.Int(), 1);
  run.first = ToInstant(row.Int());
  run.last = ToInstant(row.Int());
  run.first_wall = absl::FromUnixNanos(row.Int());
  run.last_wall = absl::FromUnixNanos(row.Int());
  run.shortest = absl::Nanoseconds(row.Int());
  run.longest = absl::Nanoseconds(row.Int());
  run.total = absl::Nanoseconds(row.Int());
  return run;
}

}  // namespace

std::string ObservationPath(const std::string& journal_path) {
  return absl::StrCat(journal_path, ".observations");
}

absl::Status ObservationFile::EnsureConnected() {
  int moved = 0;
  if (database_ != nullptr) {
    sqlite3_file_control(database_.get(), "main", SQLITE_FCNTL_HAS_MOVED, &moved);
  }
  if (moved != 0) database_ = nullptr;
  if (database_ != nullptr) return absl::OkStatus();
  {
    // SQLite gives its -wal and -shm the mode of the file.
    const Descriptor file(open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!file.ok()) return ErrnoStatus(errno, absl::StrCat("opening ", path_));
  }
  ASSIGN_OR_RETURN(Database database, Connect(path_, SQLITE_OPEN_READWRITE));
  RETURN_IF_ERROR(MakeTables(database.get()));
  RETURN_IF_ERROR(CheckKind(database.get(), path_));
  RETURN_IF_ERROR(
      Execute(database.get(), "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL"));
  if (session_ == 0 || moved != 0) {
    RETURN_IF_ERROR(Statement(database.get(), "INSERT INTO sessions VALUES (NULL, ?)")
                        .Bind(absl::ToUnixNanos(clock_.WallNow()))
                        .Run());
    session_ = sqlite3_last_insert_rowid(database.get());
  }
  database_ = std::move(database);
  return absl::OkStatus();
}

absl::Status ObservationFile::Append(const std::vector<ObservationRun>& runs) {
  if (runs.empty()) return absl::OkStatus();
  absl::Status appended = TryAppend(runs);
  if (!appended.ok()) database_ = nullptr;
  return appended;
}

absl::Status ObservationFile::TryAppend(const std::vector<ObservationRun>& runs) {
  RETURN_IF_ERROR(EnsureConnected());
  ASSIGN_OR_RETURN(Transaction transaction, Transaction::Begin(database_.get()));
  for (const ObservationRun& run : runs) RETURN_IF_ERROR(Insert(database_.get(), session_, run));
  RETURN_IF_ERROR(DropOldest(NewestOf(runs), runs.size()));
  return transaction.Commit();
}

// A few more than came: the file shrinks in time, no call takes long, and a wall clock that is
// years ahead for a moment does not wipe out the past.
absl::Status ObservationFile::DropOldest(absl::Time newest, size_t came) {
  const int64_t most = 2 * static_cast<int64_t>(came) + 100;
  RETURN_IF_ERROR(Statement(database_.get(),
                            "DELETE FROM runs WHERE run IN (SELECT run FROM runs "
                            "WHERE last_wall < ? ORDER BY last_wall LIMIT ?)")
                      .Bind(absl::ToUnixNanos(newest - limits_.age))
                      .Bind(most)
                      .Run());
  ASSIGN_OR_RETURN(const int64_t used,
                   SelectInt(database_.get(),
                             "SELECT (page_count - freelist_count) * page_size FROM "
                             "pragma_page_count, pragma_freelist_count, pragma_page_size"));
  if (used <= limits_.bytes) return absl::OkStatus();
  return Statement(database_.get(),
                   "DELETE FROM runs WHERE run IN (SELECT run FROM runs ORDER BY run LIMIT ?)")
      .Bind(most)
      .Run();
}

absl::StatusOr<std::vector<RecordedSession>> ReadObservations(const std::string& path,
                                                              absl::Time since) {
  if (access(path.c_str(), R_OK) != 0) {
    return absl::NotFoundError(
        absl::StrCat(path, " cannot be read; a controller keeps what it sees beside its journal"));
  }
  ASSIGN_OR_RETURN(const Database database, Connect(path, SQLITE_OPEN_READONLY));
  RETURN_IF_ERROR(CheckKind(database.get(), path));
  const int64_t from = since == absl::InfinitePast() ? INT64_MIN : absl::ToUnixNanos(since);
  Statement select(database.get(),
                   "SELECT session, began, vantage, kind, service, path, panel, class, http_status,"
                   " timing, resolvers_dead, count, first, last, first_wall, last_wall, shortest,"
                   " longest, total FROM runs JOIN sessions USING (session) WHERE last_wall >= ? "
                   "ORDER BY session, first, run");
  select.Bind(from);
  std::vector<RecordedSession> sessions;
  int64_t present = 0;
  while (true) {
    ASSIGN_OR_RETURN(const bool found, select.Step());
    if (!found) return sessions;
    const int64_t session = select.Int();
    const absl::Time began = absl::FromUnixNanos(select.Int());
    if (sessions.empty() || session != present) sessions.push_back({.began = began, .runs = {}});
    present = session;
    ASSIGN_OR_RETURN(ObservationRun run, ReadRun(select));
    sessions.back().runs.push_back(std::move(run));
  }
}

}  // namespace lifeboat
