#include "controller/journal/sqlite.h"

#include <cerrno>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status.h"

namespace lifeboat {
namespace {

bool IsFull(int code, int system_error) {
  // A quota and a file size limit arrive as I/O errors.
  return (code & 0xff) == SQLITE_FULL || system_error == ENOSPC || system_error == EDQUOT ||
         system_error == EFBIG;
}

// The errno behind the last failure, which SQLite keeps now with the handle, now with the file.
int SystemError(sqlite3* database) {
  if (const int error = sqlite3_system_errno(database); error != 0) return error;
  for (const int which : {SQLITE_FCNTL_JOURNAL_POINTER, SQLITE_FCNTL_FILE_POINTER}) {
    sqlite3_file* file = nullptr;
    sqlite3_file_control(database, "main", which, &file);
    int error = 0;
    if (file == nullptr || file->pMethods == nullptr) continue;
    file->pMethods->xFileControl(file, SQLITE_FCNTL_LAST_ERRNO, &error);
    if (error != 0) return error;
  }
  return 0;
}

}  // namespace

absl::Status SqliteStatus(sqlite3* database, int code) {
  if (code == SQLITE_OK || code == SQLITE_ROW || code == SQLITE_DONE) return absl::OkStatus();
  const char* path = sqlite3_db_filename(database, "main");
  const int primary = code & 0xff;
  // An errno lingers; only these codes come from the system.
  const bool from_system = primary == SQLITE_IOERR || primary == SQLITE_CANTOPEN;
  const int system_error = from_system ? SystemError(database) : 0;
  const std::string what = absl::StrCat(
      path == nullptr ? "the journal" : path, ": ", sqlite3_errmsg(database),
      system_error == 0 ? "" : absl::StrCat(" (", Words(ErrnoStatus(system_error, "system")), ")"));
  if (IsFull(code, system_error)) {
    return absl::ResourceExhaustedError(
        absl::StrCat(what, "; make room on that disk, nothing is acted on until then"));
  }
  if (primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB) {
    return absl::DataLossError(absl::StrCat(
        what,
        "; the file is damaged: keep it aside with its -wal, put back the last good copy "
        "and run `lifeboatctl epoch raise --reason …`"));
  }
  return absl::UnavailableError(what);
}

Statement::Statement(sqlite3* database, const char* sql) : database_(database) {
  sqlite3_stmt* statement = nullptr;
  error_ = sqlite3_prepare_v2(database, sql, -1, &statement, nullptr);
  statement_.reset(statement);
}

Statement& Statement::Bind(int64_t value) {
  if (error_ == SQLITE_OK) error_ = sqlite3_bind_int64(statement_.get(), ++bound_, value);
  return *this;
}

Statement& Statement::Bind(absl::string_view text) {
  if (error_ != SQLITE_OK) return *this;
  // A null pointer would bind NULL.
  error_ = sqlite3_bind_text(statement_.get(), ++bound_, text.empty() ? "" : text.data(),
                             static_cast<int>(text.size()), SQLITE_TRANSIENT);
  return *this;
}

absl::StatusOr<bool> Statement::Step() {
  if (error_ != SQLITE_OK) return SqliteStatus(database_, error_);
  read_ = 0;
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return SqliteStatus(database_, sqlite3_extended_errcode(database_));
}

absl::Status Statement::Run() { return Step().status(); }

int64_t Statement::Int() { return sqlite3_column_int64(statement_.get(), read_++); }

std::string Statement::Text() {
  const auto* text = sqlite3_column_text(statement_.get(), read_);
  const int size = sqlite3_column_bytes(statement_.get(), read_++);
  return text == nullptr ? "" : std::string(reinterpret_cast<const char*>(text), size);
}

absl::Status Execute(sqlite3* database, const char* sql) {
  if (sqlite3_exec(database, sql, nullptr, nullptr, nullptr) == SQLITE_OK) {
    return absl::OkStatus();
  }
  return SqliteStatus(database, sqlite3_extended_errcode(database));
}

absl::StatusOr<int64_t> SelectInt(sqlite3* database, const char* sql) {
  Statement select(database, sql);
  ASSIGN_OR_RETURN(const bool found, select.Step());
  if (!found) return absl::DataLossError(absl::StrCat("nothing is found by: ", sql));
  return select.Int();
}

absl::StatusOr<Transaction> Transaction::Begin(sqlite3* database) {
  RETURN_IF_ERROR(Execute(database, "BEGIN IMMEDIATE"));
  return Transaction(database);
}

Transaction::Transaction(Transaction&& other) noexcept
    : database_(std::exchange(other.database_, nullptr)) {}

Transaction::~Transaction() {
  // Some errors roll back by themselves, after which autocommit is on again.
  if (database_ == nullptr || sqlite3_get_autocommit(database_) != 0) return;
  sqlite3_exec(database_, "ROLLBACK", nullptr, nullptr, nullptr);
}

absl::Status Transaction::Commit() {
  RETURN_IF_ERROR(Execute(database_, "COMMIT"));
  database_ = nullptr;
  return absl::OkStatus();
}

}  // namespace lifeboat
