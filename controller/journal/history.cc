#include "controller/journal/history.h"

#include <unistd.h>

#include <fstream>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "controller/journal/journal_rows.h"
#include "controller/journal/sqlite.h"

namespace lifeboat {
namespace {

constexpr int kBusyMilliseconds = 2000;  // somebody makes a backup

// A file of another kind: SQLite itself would call it damaged.
bool IsForeign(const std::string& path) {
  constexpr absl::string_view kMagic("SQLite format 3\0", 16);
  std::string head(kMagic.size(), ' ');
  std::ifstream file(path, std::ios::binary);
  file.read(head.data(), static_cast<std::streamsize>(head.size()));
  return file.gcount() > 0 && head != kMagic;
}

absl::Status NoJournal(const std::string& path) {
  return absl::FailedPreconditionError(
      absl::StrCat(path, " is no journal of a controller; its configuration names it in journal"));
}

absl::Status CheckKind(sqlite3* database, const std::string& path) {
  ASSIGN_OR_RETURN(const int64_t application, SelectInt(database, "PRAGMA application_id"));
  if (application != kJournalApplicationId) return NoJournal(path);
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
  if (IsForeign(path)) return NoJournal(path);
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
