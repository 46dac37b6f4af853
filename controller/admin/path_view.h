#ifndef LIFEBOAT_CONTROLLER_ADMIN_PATH_VIEW_H_
#define LIFEBOAT_CONTROLLER_ADMIN_PATH_VIEW_H_

#include "base/clock.h"
#include "controller/failover/snapshot.h"
#include "proto/lifeboat/v1/admin.pb.h"

// One path of a service: who says what of it, and what follows.
namespace lifeboat::admin {

v1::PathView MakePathView(const PathSnapshot& path, const QuorumPolicy& policy, Instant now);

}  // namespace lifeboat::admin

#endif  // LIFEBOAT_CONTROLLER_ADMIN_PATH_VIEW_H_
