#ifndef LIFEBOAT_CONTROLLER_ADMIN_LOOKUP_H_
#define LIFEBOAT_CONTROLLER_ADMIN_LOOKUP_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "controller/failover/controls.h"

namespace lifeboat::admin {

// What people name: a service or an event.

// The event whose id is `end`, or begins or ends so. Of fewer than four characters it is none.
//   NOT_FOUND         without words: there is none
//   INVALID_ARGUMENT  several may be meant
absl::StatusOr<Event> FindEvent(const std::string& end, Controls& controls);

// NOT_FOUND: there is neither the `service`, of those that are `known`, nor the `event`; either may
// be empty where it was not asked for.
absl::Status NoSuchThing(const std::string& service, const std::string& event,
                         const std::vector<std::string>& known);

}  // namespace lifeboat::admin

#endif  // LIFEBOAT_CONTROLLER_ADMIN_LOOKUP_H_
