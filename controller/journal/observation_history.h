#ifndef LIFEBOAT_CONTROLLER_JOURNAL_OBSERVATION_HISTORY_H_
#define LIFEBOAT_CONTROLLER_JOURNAL_OBSERVATION_HISTORY_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "controller/health/observation_runs.h"
#include "controller/journal/sqlite.h"

namespace lifeboat {

// One life of a controller, as far as its observations are still kept.
struct RecordedLife {
  int64_t number = 0;
  absl::Time began;
  absl::Time first, last;  // wall clock of what is kept
  int panel = 0;           // how many control targets were asked
};

// By the wall clock, as people ask.
struct RecordedSpan {
  absl::Time since = absl::InfinitePast();
  absl::Time until = absl::InfiniteFuture();
};

// What an ObservationFile wrote. Reads, and changes nothing; sees the file as it was when it was
// opened, though a controller may be writing meanwhile.
class ObservationHistory {
 public:
  //   NOT_FOUND            there is no such file
  //   FAILED_PRECONDITION  another program or a newer version wrote it
  //   DATA_LOSS            it is damaged; so may the other calls say
  static absl::StatusOr<ObservationHistory> Open(const std::string& path);

  // Those that have runs in `span`, the oldest first.
  absl::StatusOr<std::vector<RecordedLife>> Lives(const RecordedSpan& span) const;
  // Gives the runs of a life that reach into `span` in the order in which they began; one at a time
  // is held. A failure of `take` ends it, and is returned.
  absl::Status ForEachRun(int64_t life, const RecordedSpan& span,
                          absl::FunctionRef<absl::Status(const ObservationRun&)> take) const;

 private:
  ObservationHistory(std::string path, Database database)
      : path_(std::move(path)), database_(std::move(database)) {}

  std::string path_;
  Database database_;
};

}  // namespace lifeboat

#endif  // LIFEBOAT_CONTROLLER_JOURNAL_OBSERVATION_HISTORY_H_
