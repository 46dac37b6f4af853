#include "controller/journal/observation_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/descriptor.h"
#include "base/status.h"
#include "controller/journal/observation_rows.h"

namespace lifeboat {
namespace {

absl::Time NewestOf(const std::vector<ObservationRun>& runs) {
  absl::Time newest = absl::InfinitePast();
  for (const ObservationRun& run : runs) newest = std::max(newest, run.last_wall);
  return newest;
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
  ASSIGN_OR_RETURN(Database database, ConnectObservations(path_, SQLITE_OPEN_READWRITE));
  RETURN_IF_ERROR(MakeObservationTables(database.get()));
  RETURN_IF_ERROR(CheckObservations(database.get(), path_));
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
  for (const ObservationRun& run : runs) RETURN_IF_ERROR(PutRun(database_.get(), session_, run));
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

}  // namespace lifeboat
