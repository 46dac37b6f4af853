#ifndef LIFEBOAT_CONTROLLER_JOURNAL_JOURNAL_ROWS_H_
#define LIFEBOAT_CONTROLLER_JOURNAL_JOURNAL_ROWS_H_

#include <sqlite3.h>

#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "controller/failover/journal.h"

// What the journal's tables hold, in and out. A person can read them with sqlite3(1): times are
// nanoseconds since 1970, paths "edge" or "exit/nyc", stages as StageName writes them. The service
// without a name is the controller itself.
namespace lifeboat {

constexpr int kJournalVersion = 3;                 // user_version
constexpr int kJournalApplicationId = 0x4c424a52;  // "LBJR"

// Of an empty database.
absl::Status CreateTables(sqlite3* database);

// Makes tables of an older version ours, keeping what they hold.
absl::Status UpgradeTables(sqlite3* database, int64_t version);

// Replaces what stood for that service.
absl::Status PutService(sqlite3* database, const ServiceRecord& record);
// By name. DATA_LOSS: a row that this program would never write.
absl::StatusOr<std::vector<ServiceRecord>> GetServices(sqlite3* database);

// An event that is there already stays as it is. Returns whether it is new.
absl::StatusOr<bool> PutEvent(sqlite3* database, const Event& event);
absl::StatusOr<std::vector<Event>> GetEvents(sqlite3* database, const EventQuery& query);
absl::Status DeleteOldestEvents(sqlite3* database, int64_t count);

}  // namespace lifeboat

#endif  // LIFEBOAT_CONTROLLER_JOURNAL_JOURNAL_ROWS_H_
