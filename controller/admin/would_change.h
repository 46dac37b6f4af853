#ifndef LIFEBOAT_CONTROLLER_ADMIN_WOULD_CHANGE_H_
#define LIFEBOAT_CONTROLLER_ADMIN_WOULD_CHANGE_H_

#include <vector>

#include "controller/failover/snapshot.h"
#include "proto/lifeboat/v1/admin.pb.h"

namespace lifeboat::admin {

// What would change a service's course: what the vantages could see, what a person could type.
std::vector<v1::ChangeView> WouldChange(const ServiceSnapshot& service);

}  // namespace lifeboat::admin

#endif  // LIFEBOAT_CONTROLLER_ADMIN_WOULD_CHANGE_H_
