#ifndef LIFEBOAT_CONTROLLER_JOURNAL_SQLITE_H_
#define LIFEBOAT_CONTROLLER_JOURNAL_SQLITE_H_

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

// SQLite in the words of this project: owners, and a Status for every code.
namespace lifeboat {

// One prepared statement, bound from left to right:
//   Statement insert(database, "INSERT INTO t VALUES (?, ?)");
//   RETURN_IF_ERROR(insert.Bind(7).Bind("text").Run());
// An error made while preparing or binding is told by the next Step or Run.
class Statement {
 public:
  Statement(sqlite3* database, const char* sql);

  Statement& Bind(int64_t value);
  Statement& Bind(absl::string_view text);

  // True: there is a row to read. False: done.
  absl::StatusOr<bool> Step();
  // For what returns no rows.
  absl::Status Run();

  // The columns of the row, from left to right.
  int64_t Int();
  std::string Text();

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  sqlite3* const database_;
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  int bound_ = 0;
  int read_ = 0;
  int error_ = SQLITE_OK;
};

struct CloseDatabase {
  void operator()(sqlite3* database) const { sqlite3_close_v2(database); }
};
using Database = std::unique_ptr<sqlite3, CloseDatabase>;

// What the last failure of `database` means to a journal:
//   RESOURCE_EXHAUSTED  the disk is full             DATA_LOSS  the file is damaged
//   UNAVAILABLE         anything else that may pass
// The message names the file and what to do.
absl::Status SqliteStatus(sqlite3* database, int code);

// Runs statements that return nothing.
absl::Status Execute(sqlite3* database, const char* sql);
// The one number that `sql` selects.
absl::StatusOr<int64_t> SelectInt(sqlite3* database, const char* sql);

// A transaction that is rolled back unless it was committed.
class Transaction {
 public:
  static absl::StatusOr<Transaction> Begin(sqlite3* database);
  ~Transaction();
  Transaction(Transaction&& other) noexcept;
  Transaction& operator=(Transaction&&) = delete;

  absl::Status Commit();

 private:
  explicit Transaction(sqlite3* database) : database_(database) {}
  sqlite3* database_;  // null once it is over
};

}  // namespace lifeboat

#endif  // LIFEBOAT_CONTROLLER_JOURNAL_SQLITE_H_
