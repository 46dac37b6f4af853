#ifndef LIFEBOAT_CONTROLLER_ADMIN_REMEDIES_H_
#define LIFEBOAT_CONTROLLER_ADMIN_REMEDIES_H_

#include <string>

#include "controller/failover/snapshot.h"

namespace lifeboat::admin {

// What would have to happen for something that holds not to hold any more.
struct Remedy {
  std::string what;      // an event, or a command where `command`
  bool command = false;  // `what` can be typed
};

// For a rule of `service` that is not ok. Never empty, whatever the rule is called.
Remedy RemedyOf(const ServiceSnapshot& service, const RuleAnswer& rule);
// For something that the way back of `service` lacks.
Remedy RemedyOf(const ServiceSnapshot& service, const EvidenceItem& item);

}  // namespace lifeboat::admin

#endif  // LIFEBOAT_CONTROLLER_ADMIN_REMEDIES_H_
