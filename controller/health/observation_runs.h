#ifndef LIFEBOAT_CONTROLLER_HEALTH_OBSERVATION_RUNS_H_
#define LIFEBOAT_CONTROLLER_HEALTH_OBSERVATION_RUNS_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "controller/health/vantage_health.h"
#include "controller/quorum/path.h"
#include "controller/quorum/vote.h"

namespace lifeboat {

// What a run is about: a leg that a vantage probes, or the vantage itself.
enum class RunKind { kVotes, kAttributes, kPanel, kCondition, kConnected, kDisconnected };
absl::string_view RunKindName(RunKind kind);  // "VOTES", "CONDITION", …

// Whether an observation counted when it came: fresh ones do.
enum class Timing { kFresh, kLate, kFuture };
absl::string_view TimingName(Timing timing);  // "FRESH", …

// Like observations of one leg of one vantage, one after another at an even pace: within a
// run no vote goes stale.
struct ObservationRun {
  std::string vantage;
  RunKind kind = RunKind::kVotes;
  std::string service;  // of the legs that vote or attribute
  Path path;            // likewise
  int panel = 0;        // which control target, from 1; 0: none
  ProbeClass probe_class = ProbeClass::kOk;
  int http_status = 0;
  Timing timing = Timing::kFresh;
  bool resolvers_dead = false;  // of kCondition
  int64_t count = 1;
  Instant first;  // when the probe ended, in our time
  Instant last;
  absl::Time first_wall;  // for people: it may jump
  absl::Time last_wall;
  absl::Duration shortest;  // latency of the probes; of kCondition, the lag
  absl::Duration longest;
  absl::Duration total;

  absl::Duration mean() const { return total / count; }
  // When the n-th of its observations, from 0, was made: they are spread evenly.
  Instant At(int64_t n) const {
    return count < 2 ? first : first + (last - first) * n / (count - 1);
  }
};

// Makes runs of observations. A core. A run ends where the class changes, the pace breaks, or when
// it has lasted long enough, so that a crash loses no more than that.
class RunCoder {
 public:
  // Targets are numbered from 1 in the order of `roles`.
  RunCoder(const std::vector<TargetRole>& roles, absl::Duration longest_run);

  void Connected(const std::string& vantage, absl::Duration agent_since_boot, Instant now,
                 absl::Time wall);
  void Disconnected(const std::string& vantage, Instant now, absl::Time wall);
  void Condition(const std::string& vantage, absl::Duration lag, bool resolvers_dead, Instant now,
                 absl::Time wall);
  void Saw(const std::string& vantage, uint32_t target, const Seen& seen, bool counted, Instant now,
           absl::Time wall);

  // The runs that ended since the last call, and those that have lasted long enough.
  std::vector<ObservationRun> TakeEnded(Instant now);
  // All, also what goes on.
  std::vector<ObservationRun> TakeAll();

 private:
  struct Seat {                                       // of a vantage
    absl::Duration offset;                            // its clock less ours, as when it connected
    std::vector<std::optional<ObservationRun>> open;  // by target; the condition at 0
  };

  Seat& SeatOf(const std::string& vantage);
  // Lengthens the open run by `next`, or else begins one; true: it has begun. A gap of more than
  // `most` ends the run that is open; zero: its pace says what is too long.
  bool Add(std::optional<ObservationRun>& open, ObservationRun next, absl::Duration most);
  void End(std::optional<ObservationRun>& open);

  std::vector<ObservationRun> legs_;  // what is constant of each target's runs
  std::vector<absl::Duration> gaps_;  // likewise: the longest within a run
  const absl::Duration longest_run_;
  std::map<std::string, Seat> seats_;
  std::vector<ObservationRun> ended_;
};

}  // namespace lifeboat

#endif  // LIFEBOAT_CONTROLLER_HEALTH_OBSERVATION_RUNS_H_
