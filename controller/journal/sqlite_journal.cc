#include "controller/journal/sqlite_journal.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "controller/journal/journal_rows.h"

namespace lifeboat {
namespace {

constexpr int kBusyMilliseconds = 2000;  // somebody makes a backup

absl::Status FileTrouble(int error, absl::string_view doing) {
  const std::string words = Words(ErrnoStatus(error, doing));
  if (error == ENOSPC || error == EDQUOT) return absl::ResourceExhaustedError(words);
  return absl::UnavailableError(words);
}

absl::Status MakeDirectory(const std::filesystem::path& directory) {
  std::error_code error;
  if (directory.empty() || std::filesystem::exists(directory, error)) return absl::OkStatus();
  if (std::filesystem::create_directories(directory, error); error) {
    return FileTrouble(error.value(), absl::StrCat("making ", directory.string()));
  }
  std::filesystem::permissions(directory, std::filesystem::perms::owner_all, error);
  return absl::OkStatus();
}

// SQLite gives its -wal and -shm the mode of the file.
absl::Status MakeFile(const std::string& path) {
  const Descriptor file(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!file.ok()) return FileTrouble(errno, absl::StrCat("opening ", path));
  if (fchmod(file.get(), 0600) != 0) return FileTrouble(errno, absl::StrCat("chmod of ", path));
  const std::string parent = std::filesystem::path(path).parent_path().string();
  const Descriptor directory(open(parent.empty() ? "." : parent.c_str(), O_RDONLY | O_CLOEXEC));
  if (fsync(directory.get()) != 0) return FileTrouble(errno, absl::StrCat("syncing ", parent));
  return absl::OkStatus();
}

absl::StatusOr<Descriptor> Lock(const std::string& path) {
  Descriptor lock(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!lock.ok()) return FileTrouble(errno, absl::StrCat("opening ", path));
  if (flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    return absl::FailedPreconditionError(
        absl::StrCat("another controller holds ", path, "; stop it first"));
  }
  return lock;
}

// Makes the tables of an empty database, brings an older version's up to ours; refuses what is not
// ours, untouched.
absl::Status CheckKind(sqlite3* database, const std::string& path) {
  ASSIGN_OR_RETURN(const int64_t version, SelectInt(database, "PRAGMA user_version"));
  ASSIGN_OR_RETURN(const int64_t application, SelectInt(database, "PRAGMA application_id"));
  ASSIGN_OR_RETURN(const int64_t tables, SelectInt(database, "SELECT count(*) FROM sqlite_schema"));
  const bool empty = version == 0 && application == 0 && tables == 0;
  if (!empty && application != kJournalApplicationId) {
    return absl::FailedPreconditionError(
        absl::StrCat(path, " is a database of another program; name another file"));
  }
  if (version > kJournalVersion) {
    return absl::FailedPreconditionError(
        absl::StrCat(path, " was written by a newer Lifeboat (its format is ", version,
                     ", this one knows ", kJournalVersion,
                     "); start that version again, or put back the copy made before the upgrade"));
  }
  if (!empty && version == kJournalVersion) return absl::OkStatus();
  ASSIGN_OR_RETURN(Transaction transaction, Transaction::Begin(database));
  RETURN_IF_ERROR(empty ? CreateTables(database) : UpgradeTables(database, version));
  RETURN_IF_ERROR(
      Execute(database, absl::StrCat("PRAGMA user_version = ", kJournalVersion,
                                     "; PRAGMA application_id = ", kJournalApplicationId)
                            .c_str()));
  return transaction.Commit();
}

absl::Status CheckIntegrity(sqlite3* database, const std::string& path) {
  Statement check(database, "PRAGMA quick_check(1)");
  ASSIGN_OR_RETURN(const bool found, check.Step());
  const std::string words = found ? check.Text() : "no answer";
  if (words == "ok") return absl::OkStatus();
  return absl::DataLossError(
      absl::StrCat(path, ": ", words,
                   "; the file is damaged: keep it aside with its -wal, put back the last good "
                   "copy and run `lifeboatctl epoch raise --reason …`"));
}

// Brings what the log holds into the file itself, synced.
absl::Status Checkpoint(sqlite3* database) {
  Statement checkpoint(database, "PRAGMA wal_checkpoint(TRUNCATE)");
  ASSIGN_OR_RETURN(const bool found, checkpoint.Step());
  if (found && checkpoint.Int() == 0) return absl::OkStatus();
  return absl::UnavailableError("the journal's log could not be brought into its file");
}

absl::StatusOr<Epoch> ReadEpoch(sqlite3* database) {
  Statement select(database, "SELECT generation, revision FROM state");
  ASSIGN_OR_RETURN(const bool found, select.Step());
  if (!found) return absl::DataLossError("the journal has lost its epoch; put back a copy");
  Epoch epoch;
  epoch.generation = static_cast<uint64_t>(select.Int());
  epoch.revision = static_cast<uint64_t>(select.Int());
  return epoch;
}

}  // namespace

absl::StatusOr<std::unique_ptr<SqliteJournal>> SqliteJournal::Open(const std::string& path,
                                                                   const Clock& clock,
                                                                   const Options& options) {
  RETURN_IF_ERROR(MakeDirectory(std::filesystem::path(path).parent_path()));
  ASSIGN_OR_RETURN(Descriptor lock, Lock(path + ".lock"));
  RETURN_IF_ERROR(MakeFile(path));
  std::unique_ptr<SqliteJournal> journal(new SqliteJournal(path, clock, options, std::move(lock)));
  MutexLock guard(journal->mutex_);
  RETURN_IF_ERROR(journal->Begin());
  return journal;
}

absl::Status SqliteJournal::Begin() {
  RETURN_IF_ERROR(Connect());
  RETURN_IF_ERROR(CheckIntegrity(database_.get(), path_));
  RETURN_IF_ERROR(Write(
      [this] { return Execute(database_.get(), "UPDATE state SET revision = revision + 1"); }));
  RETURN_IF_ERROR(Checkpoint(database_.get()));
  ASSIGN_OR_RETURN(epoch_, ReadEpoch(database_.get()));
  return absl::OkStatus();
}

absl::Status SqliteJournal::EnsureConnected() {
  int moved = 0;
  if (database_ != nullptr) {
    sqlite3_file_control(database_.get(), "main", SQLITE_FCNTL_HAS_MOVED, &moved);
  }
  // What is written to a deleted file is gone with the process.
  if (moved != 0) DropHandle();
  return database_ == nullptr ? Connect() : absl::OkStatus();
}

absl::Status SqliteJournal::Connect() {
  sqlite3* raw = nullptr;
  const int opened =
      sqlite3_open_v2(path_.c_str(), &raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
  Database database(raw);
  if (opened != SQLITE_OK) return SqliteStatus(raw, opened);
  sqlite3_busy_timeout(raw, kBusyMilliseconds);
  RETURN_IF_ERROR(CheckKind(raw, path_));
  RETURN_IF_ERROR(Execute(
      raw, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON"));
  ASSIGN_OR_RETURN(entry_, SelectInt(raw, "SELECT entry FROM state"));
  ASSIGN_OR_RETURN(events_, SelectInt(raw, "SELECT count(*) FROM events"));
  database_ = std::move(database);
  const absl::Status ours = CheckStillOurs();
  if (!ours.ok()) DropHandle();
  return ours;
}

// Whoever swaps the file under a running controller must not make it act on another's memory.
absl::Status SqliteJournal::CheckStillOurs() const {
  if (epoch_ == Epoch{}) return absl::OkStatus();  // at the beginning
  ASSIGN_OR_RETURN(const Epoch found, ReadEpoch(database_.get()));
  if (found.revision == epoch_.revision && found.generation >= epoch_.generation) {
    return absl::OkStatus();
  }
  return absl::DataLossError(absl::StrCat(path_, " was exchanged while we ran: it holds epoch ",
                                          found.ToString(), ", ours is ", epoch_.ToString(),
                                          "; restart the controller"));
}

// Without SQLite's own last checkpoint: a failed fsync must not be tried again on the same file
// descriptor, since the second one may succeed with the data lost.
void SqliteJournal::DropHandle() {
  if (database_ == nullptr) return;
  sqlite3_db_config(database_.get(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  database_ = nullptr;
}

absl::Status SqliteJournal::TryWrite(absl::FunctionRef<absl::Status()> body, bool& committing) {
  ASSIGN_OR_RETURN(Transaction transaction, Transaction::Begin(database_.get()));
  RETURN_IF_ERROR(body());
  RETURN_IF_ERROR(Statement(database_.get(), "UPDATE state SET entry = ?").Bind(entry_ + 1).Run());
  committing = true;
  return transaction.Commit();
}

absl::Status SqliteJournal::Write(absl::FunctionRef<absl::Status()> body) {
  bool committing = false;
  const absl::Status written = TryWrite(body, committing);
  if (written.ok()) {
    ++entry_;
    return written;
  }
  if (committing) return Settle(written);
  // A full disk leaves the handle whole; what else went wrong may not have.
  if (!absl::IsResourceExhausted(written)) DropHandle();
  return written;
}

// The commit failed: whether the entry is there, the file must say, through a new handle.
absl::Status SqliteJournal::Settle(const absl::Status& failure) {
  const auto unknown = [&failure](const absl::Status& trouble) {
    return absl::UnknownError(absl::StrCat("the commit failed (", Words(failure),
                                           "), and whether it is there cannot be found out (",
                                           Words(trouble), ")"));
  };
  const int64_t before = entry_;
  if (absl::IsResourceExhausted(failure)) {
    const auto entry = SelectInt(database_.get(), "SELECT entry FROM state");
    if (!entry.ok()) return unknown(entry.status());
    entry_ = *entry;
  } else {
    DropHandle();
    if (const absl::Status connected = Connect(); !connected.ok()) return unknown(connected);
  }
  if (entry_ == before) return failure;
  // It can be read, but perhaps from the system's memory alone.
  const absl::Status durable = Checkpoint(database_.get());
  if (durable.ok()) return durable;
  DropHandle();
  return unknown(durable);
}

absl::Status SqliteJournal::AddEvents(const std::vector<Event>& events, int64_t& count) const {
  for (const Event& event : events) {
    Event kept = event;
    if (event.decision != nullptr) kept.detail = options_.keep(*event.decision);
    ASSIGN_OR_RETURN(const bool is_new, PutEvent(database_.get(), kept));
    count += is_new ? 1 : 0;
  }
  // A few more than came, so that a long history shrinks without ever holding an entry up.
  const int64_t excess = count - options_.most_events;
  const int64_t go = std::min<int64_t>(excess, 2 * static_cast<int64_t>(events.size()) + 8);
  if (go <= 0) return absl::OkStatus();
  count -= go;
  return DeleteOldestEvents(database_.get(), go);
}

absl::Status SqliteJournal::Record(const Entry& entry) { return RecordAll({entry}); }

absl::Status SqliteJournal::RecordAll(const std::vector<Entry>& entries) {
  MutexLock lock(mutex_);
  RETURN_IF_ERROR(EnsureConnected());
  int64_t count = events_;
  RETURN_IF_ERROR(Write([&]() -> absl::Status {
    for (const Entry& entry : entries) {
      RETURN_IF_ERROR(AddEvents(entry.events, count));
      if (entry.record) RETURN_IF_ERROR(PutService(database_.get(), *entry.record));
    }
    return absl::OkStatus();
  }));
  events_ = count;
  return absl::OkStatus();
}

absl::StatusOr<std::vector<ServiceRecord>> SqliteJournal::Services() {
  MutexLock lock(mutex_);
  RETURN_IF_ERROR(EnsureConnected());
  return GetServices(database_.get());
}

absl::StatusOr<std::vector<Event>> SqliteJournal::Events(const EventQuery& query) {
  MutexLock lock(mutex_);
  RETURN_IF_ERROR(EnsureConnected());
  return GetEvents(database_.get(), query);
}

Epoch SqliteJournal::epoch() const {
  MutexLock lock(mutex_);
  return epoch_;
}

absl::Status SqliteJournal::RaiseGeneration(uint64_t generation, const Event& why) {
  MutexLock lock(mutex_);
  if (generation <= epoch_.generation || generation > INT64_MAX) {
    return absl::InvalidArgumentError(absl::StrCat(
        "generation ", generation, " is not above the present one, ", epoch_.generation));
  }
  RETURN_IF_ERROR(EnsureConnected());
  int64_t count = events_;
  RETURN_IF_ERROR(Write([&]() -> absl::Status {
    RETURN_IF_ERROR(AddEvents({why}, count));
    return Statement(database_.get(), "UPDATE state SET generation = ?")
        .Bind(static_cast<int64_t>(generation))
        .Run();
  }));
  events_ = count;
  epoch_.generation = generation;
  return absl::OkStatus();
}

absl::Status SqliteJournal::Check() {
  MutexLock lock(mutex_);
  RETURN_IF_ERROR(EnsureConnected());
  return Write([this] {
    return Statement(database_.get(), "UPDATE state SET checked_at = ?, ballast = zeroblob(32768)")
        .Bind(absl::ToUnixNanos(clock_.WallNow()))
        .Run();
  });
}

}  // namespace lifeboat
