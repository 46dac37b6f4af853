#ifndef LIFEBOAT_CONTROLLER_HEALTH_OBSERVATION_H_
#define LIFEBOAT_CONTROLLER_HEALTH_OBSERVATION_H_

#include "absl/status/statusor.h"
#include "controller/health/vantage_health.h"
#include "proto/lifeboat/v1/agent.pb.h"

namespace lifeboat {

// The checked value of an observation from the wire. INVALID_ARGUMENT where it makes no sense: no
// or an unknown class, a negative time, a class that its own fields gainsay, oversized text. What
// only the target can gainsay is VantageHealth::Check's.
absl::StatusOr<Seen> FromProto(const lifeboat::v1::Observation& observation);

}  // namespace lifeboat

#endif  // LIFEBOAT_CONTROLLER_HEALTH_OBSERVATION_H_
