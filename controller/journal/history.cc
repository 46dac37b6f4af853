#include "controller/journal/history.h"

#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "controller/journal/journal_rows.h"
#include "controller/journal/sqlite.h"

namespace lifeboat {
namespace {

constexpr int kBusyMilliseconds = 2000;  // somebody makes a backup

absl::Status CheckKind(sqlite3* database, const std::string& path) {
  ASSIGN_OR_RETURN(const int64_t application, SelectInt(database, "PRAGMA application_id"));
  if (application != kJournalApplicationId) {
    return absl::FailedPreconditionError(absl::StrCat(
        path, " is no journal of a controller; its configuration names it in journal"));
  }
  ASSIGN_OR_RETURN(const int64_t version, SelectInt(database, "PRAGMA user_version"));
  if (version <= kJournalVersion) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat(path, " was written by a newer Lifeboat (its format is ", version,
                   ", this one knows ", kJournalVersion, "); read it with that version"));
}

}  // namespace

absl::StatusOr<std::vector<Event>> ReadHistory(const std::string& path, const EventQuery& query) {
  if (access(path.c_str(), R_OK) != 0) {
    return absl::NotFoundError(absl::StrCat(path, " cannot be read; name a controller's journal"));
  }
  sqlite3* raw = nullptr;
  const int opened =
      sqlite3_open_v2(path.c_str(), &raw, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, nullptr);
  const Database database(raw);
  if (opened != SQLITE_OK) return SqliteStatus(raw, opened);
  sqlite3_busy_timeout(raw, kBusyMilliseconds);
  RETURN_IF_ERROR(CheckKind(raw, path));
  return GetEvents(raw, query);
}

}  // namespace lifeboat
