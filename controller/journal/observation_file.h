#ifndef LIFEBOAT_CONTROLLER_JOURNAL_OBSERVATION_FILE_H_
#define LIFEBOAT_CONTROLLER_JOURNAL_OBSERVATION_FILE_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "base/clock.h"
#include "controller/health/observation_writer.h"
#include "controller/journal/sqlite.h"

namespace lifeboat {

// Where the observations of a journal are kept: beside it, in a file of their own. One SQLite file
// has one writer at a time, and no decision shall wait for a pile of observations to reach the
// disk, nor be in one file with what may be damaged without harm.
std::string ObservationPath(const std::string& journal_path);

// Keeps runs in an SQLite file; not synced at each commit, so the last seconds may be lost when the
// machine dies. A person can read it with sqlite3(1).
class ObservationFile final : public ObservationStore {
 public:
  struct Limits {
    absl::Duration age = absl::Hours(14 * 24);
    int64_t bytes = int64_t{200} << 20;
  };
  // Opens nothing yet. `clock` outlives it.
  ObservationFile(std::string path, const Clock& clock, Limits limits)
      : path_(std::move(path)), clock_(clock), limits_(limits) {}
  ObservationFile(std::string path, const Clock& clock)
      : ObservationFile(std::move(path), clock, Limits()) {}

  // Creates the file (mode 0600) where it is missing. After trouble it is opened anew. What is
  // older or more than the limits allow goes, a few runs with each call.
  //   FAILED_PRECONDITION  a newer version or another program wrote it
  //   DATA_LOSS            it is damaged
  //   RESOURCE_EXHAUSTED, UNAVAILABLE  the disk is full or fails
  absl::Status Append(const std::vector<ObservationRun>& runs) override;

 private:
  absl::Status EnsureConnected();
  absl::Status TryAppend(const std::vector<ObservationRun>& runs);
  absl::Status DropOldest(absl::Time newest, size_t came);

  const std::string path_;
  const Clock& clock_;
  const Limits limits_;
  Database database_;    // null: to be opened
  int64_t session_ = 0;  // of this object's life; 0: not begun
};

}  // namespace lifeboat

#endif  // LIFEBOAT_CONTROLLER_JOURNAL_OBSERVATION_FILE_H_
