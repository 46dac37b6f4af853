#ifndef LIFEBOAT_CONTROLLER_FAILOVER_LOOK_H_
#define LIFEBOAT_CONTROLLER_FAILOVER_LOOK_H_

#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "controller/failover/exit_commander.h"
#include "controller/failover/failover.h"
#include "controller/failover/sight.h"
#include "controller/failover/vote_source.h"
#include "controller/quorum/dissent.h"

namespace lifeboat {

// What all services of a controller see alike at one moment.
struct Surroundings {
  Instant now;
  absl::Time wall;
  Epoch epoch;
  const std::map<std::string, ExitStatus>& exits;  // by name; who is not in it is not connected
  std::string journal_trouble;
  std::string amnesia;
  std::string stopped;
};

// Everything that one service is judged by: its votes are tallied, its exits' words gathered, the
// cause found. `levers` are the service's, as listed; `dissents` its core's.
Sight Look(const ServiceSettings& settings, const VoteSource& votes, std::vector<LeverSight> levers,
           absl::Span<const DissentWatch> dissents, const Surroundings& around);

// What an exit node knows and a journal in epoch `ours` does not; empty: nothing.
std::string AmnesiaByExits(const std::map<std::string, ExitStatus>& exits, Epoch ours);

// What each exit must have open. An exit of which some service does not know it yet
// is told nothing: what it last obeyed stays in force.
class WantedExits {
 public:
  void Add(const ServiceSettings& settings, const Failover& core);
  std::map<std::string, std::set<std::string>> Take();

 private:
  std::map<std::string, std::set<std::string>> open_;
  std::set<std::string> unknown_;
};

}  // namespace lifeboat

#endif  // LIFEBOAT_CONTROLLER_FAILOVER_LOOK_H_
