#ifndef LIFEBOAT_CONTROLLER_ADMIN_WHAT_IF_H_
#define LIFEBOAT_CONTROLLER_ADMIN_WHAT_IF_H_

#include <optional>

#include "controller/failover/snapshot.h"

// What it would take to change a verdict, found by counting the changed votes as the quorum itself
// does: whatever its thresholds are, they are respected. Pure.
namespace lifeboat::admin {

// How many of those who vote, the heaviest first, would have to turn DOWN for the verdict DOWN;
// none: all of them would not do.
std::optional<int> TurnsToDown(const PathSnapshot& path, const QuorumPolicy& policy);
// How many of those who say DOWN, the heaviest first, would have to turn UP until it is not DOWN.
int TurnsFromDown(const PathSnapshot& path, const QuorumPolicy& policy);
// How many of those who do not say UP, voters before abstainers, would have to for the verdict UP.
std::optional<int> TurnsToUp(const PathSnapshot& path, const QuorumPolicy& policy);
// How many abstainers, the heaviest first, would have to vote for a verdict; none: all would not
// do.
std::optional<int> TurnsToSight(const PathSnapshot& path, const QuorumPolicy& policy);
// How many voters, the heaviest first, would have to fall silent for nobody to see; 0: it is so.
int SilencesToBlind(const PathSnapshot& path, const QuorumPolicy& policy);

}  // namespace lifeboat::admin

#endif  // LIFEBOAT_CONTROLLER_ADMIN_WHAT_IF_H_
