#ifndef LIFEBOAT_CONTROLLER_ADMIN_STATE_METRICS_H_
#define LIFEBOAT_CONTROLLER_ADMIN_STATE_METRICS_H_

#include "base/metrics.h"
#include "controller/failover/snapshot.h"

namespace lifeboat::admin {

// Sets the gauges that say what `snapshot` says. Labels are names of the configuration and words of
// closed sets.
void SetStateMetrics(const Snapshot& snapshot, prometheus::Registry& registry);

}  // namespace lifeboat::admin

#endif  // LIFEBOAT_CONTROLLER_ADMIN_STATE_METRICS_H_
