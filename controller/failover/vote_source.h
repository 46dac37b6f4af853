#ifndef LIFEBOAT_CONTROLLER_FAILOVER_VOTE_SOURCE_H_
#define LIFEBOAT_CONTROLLER_FAILOVER_VOTE_SOURCE_H_

#include <string>
#include <vector>

#include "base/clock.h"
#include "controller/failover/snapshot.h"
#include "controller/quorum/path.h"
#include "controller/quorum/vote.h"

namespace lifeboat {

// Where votes come from. Thread-safe.
class VoteSource {
 public:
  virtual ~VoteSource() = default;
  // One ballot for each configured vantage, in the order of the configuration.
  virtual Ballots BallotsOn(const std::string& service, const Path& path, Instant now) const = 0;
  virtual std::vector<VantageSnapshot> Vantages(Instant now) const = 0;
};

}  // namespace lifeboat

#endif  // LIFEBOAT_CONTROLLER_FAILOVER_VOTE_SOURCE_H_
