#ifndef LIFEBOAT_CONTROLLER_JOURNAL_OBSERVATION_ROWS_H_
#define LIFEBOAT_CONTROLLER_JOURNAL_OBSERVATION_ROWS_H_

#include <sqlite3.h>

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "controller/health/observation_runs.h"
#include "controller/journal/sqlite.h"

// What the tables of a file of observations hold, in and out.
namespace lifeboat {

// The columns of `runs` that GetRun reads, in its order.
constexpr char kRunColumns[] =
    "vantage, kind, service, path, panel, class, http_status, timing, resolvers_dead, count, first,"
    " last, first_wall, last_wall, shortest, longest, total";

absl::StatusOr<Database> ConnectObservations(const std::string& path, int flags);
// FAILED_PRECONDITION: another program or a newer version wrote it.
absl::Status CheckObservations(sqlite3* database, const std::string& path);
// Of an empty database; of any other nothing.
absl::Status MakeObservationTables(sqlite3* database);

absl::Status PutRun(sqlite3* database, int64_t session, const ObservationRun& run);
// From the columns that stand next in `row`. DATA_LOSS: this program would never write it.
absl::StatusOr<ObservationRun> GetRun(Statement& row);

}  // namespace lifeboat

#endif  // LIFEBOAT_CONTROLLER_JOURNAL_OBSERVATION_ROWS_H_
