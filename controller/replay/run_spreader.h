#ifndef LIFEBOAT_CONTROLLER_REPLAY_RUN_SPREADER_H_
#define LIFEBOAT_CONTROLLER_REPLAY_RUN_SPREADER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "controller/health/observation_runs.h"

namespace lifeboat {

// Makes single observations of runs again, all runs' together in the order of time. Holds the runs
// that are under way, and no more.
class RunSpreader {
 public:
  // One observation of a run. `tag` is what it was added with.
  struct One {
    Instant at;
    absl::Time wall;
    size_t tag = 0;
    const ObservationRun* run = nullptr;  // until the next call
  };

  // Runs come in the order in which they began, each before what is later than its beginning is
  // taken. `run` must be possible: see IsPossible.
  void Add(ObservationRun run, size_t tag);
  // When the next observation was made; none: none is left.
  std::optional<Instant> next() const;
  // To be called while there is one.
  One Take();

 private:
  struct UnderWay {
    ObservationRun run;
    size_t tag = 0;
    uint64_t order = 0;  // what falls together goes as it was added
    int64_t taken = 0;
    Instant next;
  };
  using UnderWayPtr = std::unique_ptr<UnderWay>;
  static bool IsLater(const UnderWayPtr& a, const UnderWayPtr& b);

  std::vector<UnderWayPtr> heap_;  // the earliest first
  UnderWayPtr ended_;              // what the last One points to
  uint64_t added_ = 0;
};

// Whether a controller can have recorded such a run: its times and numbers go together.
bool IsPossible(const ObservationRun& run);

}  // namespace lifeboat

#endif  // LIFEBOAT_CONTROLLER_REPLAY_RUN_SPREADER_H_
