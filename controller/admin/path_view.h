#ifndef LIFEBOAT_CONTROLLER_ADMIN_PATH_VIEW_H_
#define LIFEBOAT_CONTROLLER_ADMIN_PATH_VIEW_H_

#include <string>

#include "base/clock.h"
#include "controller/failover/snapshot.h"
#include "proto/lifeboat/v1/admin.pb.h"

// One path of a service: who says what of it, and what follows.
namespace lifeboat::admin {

v1::PathView MakePathView(const PathSnapshot& path, const QuorumPolicy& policy, Instant now);

// How many more vantages must say DOWN before the share is reached, the heaviest first; 0: it is
// reached, -1: all who vote would not do.
int MoreDownToReachShare(const PathSnapshot& path, const QuorumPolicy& policy);
// How many of those who say DOWN must turn before the share is lost, the heaviest first.
int TurnsToLoseShare(const PathSnapshot& path, const QuorumPolicy& policy);

}  // namespace lifeboat::admin

#endif  // LIFEBOAT_CONTROLLER_ADMIN_PATH_VIEW_H_
