#include "controller/journal/journal_rows.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "base/status.h"
#include "controller/journal/sqlite.h"

namespace lifeboat {
namespace {

constexpr char kTables[] = R"(
CREATE TABLE state (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  generation INTEGER NOT NULL,
  revision INTEGER NOT NULL,
  entry INTEGER NOT NULL,       -- the number of the last transaction
  checked_at INTEGER NOT NULL,  -- when a write was last tried
  ballast BLOB NOT NULL         -- as large as an entry may be, so that the try means something
) STRICT;
INSERT INTO state VALUES (1, 1, 0, 0, 0, x'');

CREATE TABLE services (
  service TEXT PRIMARY KEY,
  serves TEXT NOT NULL,
  serves_by_move TEXT NOT NULL,
  paused INTEGER NOT NULL,
  paused_reason TEXT NOT NULL,
  lingering_exit TEXT NOT NULL,
  lingering_until INTEGER NOT NULL,
  unacknowledged TEXT NOT NULL DEFAULT '',
  made_by_itself TEXT NOT NULL DEFAULT '',  -- times, with commas between them
  unproven INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE moves (  -- in progress, at most one a service
  service TEXT PRIMARY KEY REFERENCES services,
  id TEXT NOT NULL,
  from_path TEXT NOT NULL,
  to_path TEXT NOT NULL,
  stage TEXT NOT NULL,
  lever TEXT NOT NULL,
  reason TEXT NOT NULL,
  requested_by TEXT NOT NULL,
  forced INTEGER NOT NULL,
  missing TEXT NOT NULL,
  begun_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT;

CREATE TABLE events (
  id TEXT PRIMARY KEY,
  at INTEGER NOT NULL,
  service TEXT NOT NULL,
  kind TEXT NOT NULL,
  alarm INTEGER NOT NULL,
  text TEXT NOT NULL,
  detail TEXT NOT NULL
) STRICT;
CREATE INDEX events_of_service ON events (service, id);
)";

// What version 2 added.
constexpr char kUpgradeTo2[] = R"(
ALTER TABLE services ADD COLUMN unacknowledged TEXT NOT NULL DEFAULT '';
ALTER TABLE services ADD COLUMN made_by_itself TEXT NOT NULL DEFAULT '';
)";

// What version 3 added.
constexpr char kUpgradeTo3[] = R"(
ALTER TABLE services ADD COLUMN unproven INTEGER NOT NULL DEFAULT 0;
)";

int64_t ToNanos(absl::Time time) {
  if (time == absl::InfinitePast()) return std::numeric_limits<int64_t>::min();
  if (time == absl::InfiniteFuture()) return std::numeric_limits<int64_t>::max();
  return absl::ToUnixNanos(time);
}

absl::Time FromNanos(int64_t nanos) {
  if (nanos == std::numeric_limits<int64_t>::min()) return absl::InfinitePast();
  if (nanos == std::numeric_limits<int64_t>::max()) return absl::InfiniteFuture();
  return absl::FromUnixNanos(nanos);
}

std::string TimesToText(const std::vector<absl::Time>& times) {
  return absl::StrJoin(
      times, ",", [](std::string* out, absl::Time time) { absl::StrAppend(out, ToNanos(time)); });
}

absl::StatusOr<std::vector<absl::Time>> ParseTimes(absl::string_view text) {
  std::vector<absl::Time> times;
  for (const absl::string_view part : absl::StrSplit(text, ',', absl::SkipEmpty())) {
    int64_t nanos = 0;
    if (!absl::SimpleAtoi(part, &nanos)) {
      return absl::DataLossError(absl::StrCat("the journal holds \"", part, "\" for a time"));
    }
    times.push_back(FromNanos(nanos));
  }
  return times;
}

absl::StatusOr<Path> ParsePath(absl::string_view text) {
  if (text == "edge") return Path::Edge();
  if (absl::ConsumePrefix(&text, "exit/") && !text.empty()) return Path::Exit(std::string(text));
  return absl::DataLossError(absl::StrCat("the journal holds \"", text, "\" for a path"));
}

absl::StatusOr<Stage> ParseStage(absl::string_view text) {
  for (int i = 0; i <= static_cast<int>(Stage::kCancelled); ++i) {
    if (text == StageName(static_cast<Stage>(i))) return static_cast<Stage>(i);
  }
  return absl::DataLossError(absl::StrCat("the journal holds \"", text, "\" for a stage"));
}

absl::Status PutMove(sqlite3* database, const std::string& service, const Move& move) {
  Statement insert(database, "INSERT INTO moves VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  return insert.Bind(service)
      .Bind(move.id)
      .Bind(move.from.ToString())
      .Bind(move.to.ToString())
      .Bind(StageName(move.stage))
      .Bind(move.lever)
      .Bind(move.reason)
      .Bind(move.requested_by)
      .Bind(move.forced ? 1 : 0)
      .Bind(move.missing)
      .Bind(ToNanos(move.begun_at))
      .Bind(ToNanos(move.expires_at))
      .Run();
}

// From the columns that stand next in `row`.
absl::StatusOr<Move> ReadMove(Statement& row) {
  Move move;
  move.id = row.Text();
  ASSIGN_OR_RETURN(move.from, ParsePath(row.Text()));
  ASSIGN_OR_RETURN(move.to, ParsePath(row.Text()));
  ASSIGN_OR_RETURN(move.stage, ParseStage(row.Text()));
  move.lever = row.Text();
  move.reason = row.Text();
  move.requested_by = row.Text();
  move.forced = row.Int() != 0;
  move.missing = row.Text();
  move.begun_at = FromNanos(row.Int());
  move.expires_at = FromNanos(row.Int());
  return move;
}

absl::StatusOr<ServiceRecord> ReadService(Statement& row) {
  ServiceRecord record;
  record.service = row.Text();
  ASSIGN_OR_RETURN(record.serves, ParsePath(row.Text()));
  record.serves_by_move = row.Text();
  record.paused = row.Int() != 0;
  record.paused_reason = row.Text();
  record.lingering_exit = row.Text();
  record.lingering_until = FromNanos(row.Int());
  record.unacknowledged = row.Text();
  ASSIGN_OR_RETURN(record.made_by_itself, ParseTimes(row.Text()));
  record.unproven = row.Int() != 0;
  if (row.Int() != 0) {
    ASSIGN_OR_RETURN(record.move, ReadMove(row));
  }
  return record;
}

}  // namespace

absl::Status CreateTables(sqlite3* database) { return Execute(database, kTables); }

absl::Status UpgradeTables(sqlite3* database, int64_t version) {
  if (version < 2) RETURN_IF_ERROR(Execute(database, kUpgradeTo2));
  return version < 3 ? Execute(database, kUpgradeTo3) : absl::OkStatus();
}

absl::Status PutService(sqlite3* database, const ServiceRecord& record) {
  RETURN_IF_ERROR(
      Statement(database, "DELETE FROM moves WHERE service = ?").Bind(record.service).Run());
  Statement replace(database, "REPLACE INTO services VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  RETURN_IF_ERROR(replace.Bind(record.service)
                      .Bind(record.serves.ToString())
                      .Bind(record.serves_by_move)
                      .Bind(record.paused ? 1 : 0)
                      .Bind(record.paused_reason)
                      .Bind(record.lingering_exit)
                      .Bind(ToNanos(record.lingering_until))
                      .Bind(record.unacknowledged)
                      .Bind(TimesToText(record.made_by_itself))
                      .Bind(record.unproven ? 1 : 0)
                      .Run());
  return record.move ? PutMove(database, record.service, *record.move) : absl::OkStatus();
}

absl::StatusOr<std::vector<ServiceRecord>> GetServices(sqlite3* database) {
  Statement select(database,
                   "SELECT services.*, moves.id IS NOT NULL, moves.id, from_path, to_path, stage,"
                   " lever, reason, requested_by, forced, missing, begun_at, expires_at "
                   "FROM services LEFT JOIN moves USING (service) ORDER BY service");
  std::vector<ServiceRecord> records;
  while (true) {
    ASSIGN_OR_RETURN(const bool found, select.Step());
    if (!found) return records;
    ASSIGN_OR_RETURN(ServiceRecord record, ReadService(select));
    records.push_back(std::move(record));
  }
}

absl::StatusOr<bool> PutEvent(sqlite3* database, const Event& event) {
  Statement insert(database,
                   "INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING");
  RETURN_IF_ERROR(insert.Bind(event.id)
                      .Bind(ToNanos(event.at))
                      .Bind(event.service)
                      .Bind(event.kind)
                      .Bind(event.alarm ? 1 : 0)
                      .Bind(event.text)
                      .Bind(event.detail)
                      .Run());
  return sqlite3_changes(database) > 0;
}

absl::StatusOr<std::vector<Event>> GetEvents(sqlite3* database, const EventQuery& query) {
  std::string sql = absl::StrCat("SELECT id, at, service, kind, alarm, text, ",
                                 query.brief ? "substr(detail, 1, 1)" : "detail",
                                 " FROM events WHERE id > ? AND at >= ?");
  if (!query.service.empty()) absl::StrAppend(&sql, " AND service = ?");
  if (!query.id_end.empty()) {
    absl::StrAppend(&sql, " AND (substr(id, 1, length(?)) = ? OR substr(id, -length(?)) = ?)");
  }
  absl::StrAppend(&sql, " ORDER BY id DESC LIMIT ?");
  Statement select(database, sql.c_str());
  select.Bind(query.after_id).Bind(ToNanos(query.since));
  if (!query.service.empty()) select.Bind(query.service);
  for (int i = 0; i < 4 && !query.id_end.empty(); ++i) select.Bind(query.id_end);
  select.Bind(std::max(query.limit, 0));
  std::vector<Event> events;
  while (true) {
    ASSIGN_OR_RETURN(const bool found, select.Step());
    if (!found) break;
    Event event;
    event.id = select.Text();
    event.at = FromNanos(select.Int());
    event.service = select.Text();
    event.kind = select.Text();
    event.alarm = select.Int() != 0;
    event.text = select.Text();
    event.detail = select.Text();
    events.push_back(std::move(event));
  }
  std::reverse(events.begin(), events.end());
  return events;
}

absl::Status DeleteOldestEvents(sqlite3* database, int64_t count) {
  Statement remove(database,
                   "DELETE FROM events WHERE id IN (SELECT id FROM events ORDER BY id LIMIT ?)");
  return remove.Bind(count).Run();
}

}  // namespace lifeboat
