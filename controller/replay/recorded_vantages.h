#ifndef LIFEBOAT_CONTROLLER_REPLAY_RECORDED_VANTAGES_H_
#define LIFEBOAT_CONTROLLER_REPLAY_RECORDED_VANTAGES_H_

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "absl/time/time.h"
#include "base/clock.h"
#include "controller/failover/vote_source.h"
#include "controller/health/observation_runs.h"
#include "controller/health/vantage_health.h"
#include "controller/replay/run_spreader.h"

namespace lifeboat {

// The vantages of one life of a controller, as they vote by what was recorded of them and by rules
// of today. For one thread.
class RecordedVantages final : public VoteSource {
 public:
  // `roles` says what was probed and how it is judged; its first leg of the panel stands for all.
  RecordedVantages(std::vector<Vantage> vantages, std::vector<TargetRole> roles);

  // Another life begins, in which `panel` control targets are asked. Nobody has seen anything yet.
  void Begin(int panel);

  // Whose observations a run holds, and of what; nothing where either is not configured.
  struct Place {
    size_t vantage = 0;
    uint32_t target = 0;  // 0: the vantage itself
  };
  std::optional<Place> PlaceOf(const ObservationRun& run) const;
  bool Knows(const std::string& vantage) const { return seats_.contains(vantage); }
  // Takes one observation, in the order of time. Returns whether a vote may have changed.
  bool Take(const RunSpreader::One& one, Place place);

  // The number of the target whose probes vote on `path`; 0: none does.
  uint32_t VotingTarget(const std::string& service, const Path& path) const;
  // One for each vantage, as Ballots: cheap.
  std::vector<Standing> StandingsAt(uint32_t target, Instant now) const;
  // Nothing changes any more once nobody was heard of for so long.
  absl::Duration longest_silence() const;

  Ballots BallotsOn(const std::string& service, const Path& path, Instant now) const override;
  std::vector<VantageSnapshot> Vantages(Instant now) const override;

 private:
  using Leg = std::tuple<RunKind, std::string, Path, int>;

  bool TakeProbe(const ObservationRun& run, Place place, Instant now);

  const std::vector<Vantage> vantages_;
  const std::vector<TargetRole> legs_;  // without the panel
  const std::optional<TargetRole> panel_;
  std::map<std::string, size_t> seats_;
  std::vector<TargetRole> roles_;      // of this life
  std::map<Leg, uint32_t> targets_;    // likewise, from 1
  std::deque<VantageHealth> healths_;  // by seat; never moved: they point into themselves
  uint64_t connections_ = 0;
};

}  // namespace lifeboat

#endif  // LIFEBOAT_CONTROLLER_REPLAY_RECORDED_VANTAGES_H_
