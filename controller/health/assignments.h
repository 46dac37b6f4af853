#ifndef LIFEBOAT_CONTROLLER_HEALTH_ASSIGNMENTS_H_
#define LIFEBOAT_CONTROLLER_HEALTH_ASSIGNMENTS_H_

#include <string>
#include <vector>

#include "controller/config/config.h"
#include "controller/health/echo_check.h"
#include "controller/health/vantage_health.h"
#include "proto/lifeboat/v1/agent.pb.h"

namespace lifeboat {

// What the configuration wants probed: the same targets, numbered alike, for every vantage.
struct ProbePlan {
  std::vector<TargetRole> roles;          // target n is roles[n − 1]
  std::vector<EchoTarget> echoes;         // likewise
  lifeboat::v1::Assignments assignments;  // without source addresses
};
ProbePlan PlanProbes(const config::Config& config);

// The plan's assignments for one vantage: from its source address.
lifeboat::v1::Assignments AssignmentsFor(const ProbePlan& plan,
                                         const config::VantageSettings& vantage);

}  // namespace lifeboat

#endif  // LIFEBOAT_CONTROLLER_HEALTH_ASSIGNMENTS_H_
