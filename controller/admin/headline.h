#ifndef LIFEBOAT_CONTROLLER_ADMIN_HEADLINE_H_
#define LIFEBOAT_CONTROLLER_ADMIN_HEADLINE_H_

#include <string>
#include <vector>

#include "controller/failover/snapshot.h"
#include "proto/lifeboat/v1/admin.pb.h"

namespace lifeboat::admin {

// Is anything wrong, and do I have to act? `services` in the order in which they are told, worst
// first. Sets mark, headline, troubles and next_command.
void SetHeadline(const Snapshot& snapshot, const std::vector<const ServiceSnapshot*>& services,
                 v1::StatusView& view);

}  // namespace lifeboat::admin

#endif  // LIFEBOAT_CONTROLLER_ADMIN_HEADLINE_H_
