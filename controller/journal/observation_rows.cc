#include "controller/journal/observation_rows.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
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

// The value up to `last` whose name is `text`.
template <typename Enum>
absl::StatusOr<Enum> Named(const std::string& text, Enum last, absl::string_view (*name)(Enum)) {
  for (int i = 0; i <= static_cast<int>(last); ++i) {
    if (text == name(static_cast<Enum>(i))) return static_cast<Enum>(i);
  }
  return absl::DataLossError(absl::StrCat("an observation says \"", text, "\"; it is damaged"));
}

}  // namespace

absl::StatusOr<Database> ConnectObservations(const std::string& path, int flags) {
  sqlite3* raw = nullptr;
  const int opened = sqlite3_open_v2(path.c_str(), &raw, flags | SQLITE_OPEN_NOMUTEX, nullptr);
  Database database(raw);
  if (opened != SQLITE_OK) return SqliteStatus(raw, opened);
  sqlite3_busy_timeout(raw, kBusyMilliseconds);
  return database;
}

absl::Status CheckObservations(sqlite3* database, const std::string& path) {
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

absl::Status MakeObservationTables(sqlite3* database) {
  ASSIGN_OR_RETURN(const int64_t tables, SelectInt(database, "SELECT count(*) FROM sqlite_schema"));
  if (tables > 0) return absl::OkStatus();
  ASSIGN_OR_RETURN(Transaction transaction, Transaction::Begin(database));
  RETURN_IF_ERROR(Execute(database, kTables));
  RETURN_IF_ERROR(Execute(database, absl::StrCat("PRAGMA user_version = ", kVersion,
                                                 "; PRAGMA application_id = ", kApplicationId)
                                        .c_str()));
  return transaction.Commit();
}

absl::Status PutRun(sqlite3* database, int64_t session, const ObservationRun& run) {
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

absl::StatusOr<ObservationRun> GetRun(Statement& row) {
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
  run.count = row.Int();
  run.first = ToInstant(row.Int());
  run.last = ToInstant(row.Int());
  run.first_wall = absl::FromUnixNanos(row.Int());
  run.last_wall = absl::FromUnixNanos(row.Int());
  run.shortest = absl::Nanoseconds(row.Int());
  run.longest = absl::Nanoseconds(row.Int());
  run.total = absl::Nanoseconds(row.Int());
  return run;
}

}  // namespace lifeboat
