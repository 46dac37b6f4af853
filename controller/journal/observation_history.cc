#include "controller/journal/observation_history.h"

#include <unistd.h>

#include <limits>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "controller/journal/observation_rows.h"

namespace lifeboat {
namespace {

// Endless is as far as a number goes.
int64_t WallNanos(absl::Time time) {
  if (time == absl::InfinitePast()) return std::numeric_limits<int64_t>::min();
  if (time == absl::InfiniteFuture()) return std::numeric_limits<int64_t>::max();
  return absl::ToUnixNanos(time);
}

// SQLite speaks of the journal, which matters more.
absl::Status InOurWords(const std::string& path, const absl::Status& status) {
  if (!absl::IsDataLoss(status)) return status;
  return absl::DataLossError(
      absl::StrCat(path, " is damaged (", Words(status),
                   "); nothing decides by it: move it away, and the controller begins another"));
}

absl::StatusOr<std::vector<RecordedLife>> SelectLives(sqlite3* database, const RecordedSpan& span) {
  Statement select(database,
                   "SELECT session, began, min(first_wall), max(last_wall), max(panel) "
                   "FROM runs JOIN sessions USING (session) "
                   "WHERE last_wall >= ? AND first_wall <= ? GROUP BY session ORDER BY session");
  select.Bind(WallNanos(span.since)).Bind(WallNanos(span.until));
  std::vector<RecordedLife> lives;
  while (true) {
    ASSIGN_OR_RETURN(const bool found, select.Step());
    if (!found) return lives;
    RecordedLife life;
    life.number = select.Int();
    life.began = absl::FromUnixNanos(select.Int());
    life.first = absl::FromUnixNanos(select.Int());
    life.last = absl::FromUnixNanos(select.Int());
    life.panel = static_cast<int>(select.Int());
    lives.push_back(life);
  }
}

}  // namespace

absl::StatusOr<ObservationHistory> ObservationHistory::Open(const std::string& path) {
  if (access(path.c_str(), R_OK) != 0) {
    return absl::NotFoundError(
        absl::StrCat(path,
                     " cannot be read; a controller keeps what agents saw beside its "
                     "journal, for 14 days: name the journal, as who may read it"));
  }
  ASSIGN_OR_RETURN(Database database, ConnectObservations(path, SQLITE_OPEN_READONLY));
  absl::Status usable = CheckObservations(database.get(), path);
  if (usable.ok()) usable = Execute(database.get(), "BEGIN");
  if (!usable.ok()) return InOurWords(path, usable);
  return ObservationHistory(path, std::move(database));
}

absl::StatusOr<std::vector<RecordedLife>> ObservationHistory::Lives(
    const RecordedSpan& span) const {
  auto lives = SelectLives(database_.get(), span);
  if (!lives.ok()) return InOurWords(path_, lives.status());
  return lives;
}

absl::Status ObservationHistory::ForEachRun(
    int64_t life, const RecordedSpan& span,
    absl::FunctionRef<absl::Status(const ObservationRun&)> take) const {
  const std::string sql =
      absl::StrCat("SELECT ", kRunColumns,
                   " FROM runs WHERE session = ? AND last_wall >= ? AND first_wall <= ? "
                   "ORDER BY first, run");
  Statement select(database_.get(), sql.c_str());
  select.Bind(life).Bind(WallNanos(span.since)).Bind(WallNanos(span.until));
  while (true) {
    const absl::StatusOr<bool> found = select.Step();
    if (!found.ok()) return InOurWords(path_, found.status());
    if (!*found) return absl::OkStatus();
    const absl::StatusOr<ObservationRun> run = GetRun(select);
    if (!run.ok()) return InOurWords(path_, run.status());
    RETURN_IF_ERROR(take(*run));
  }
}

}  // namespace lifeboat
