#ifndef LIFEBOAT_AGENT_PLAN_ASSIGNMENT_H_
#define LIFEBOAT_AGENT_PLAN_ASSIGNMENT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "agent/knock/knock_spec.h"
#include "agent/plan/plan.h"
#include "proto/lifeboat/v1/agent.pb.h"

namespace lifeboat::agent {

// A controller's Assignments, checked.
struct Assignment {
  uint64_t revision = 0;
  std::vector<NumberedSpec> targets;
  std::vector<KnockSpec> knocks;
  std::vector<std::string> refused;  // what of it cannot be done, and why; the rest is good
};

// INVALID_ARGUMENT only where nothing of it can be used: a revision of 0, too many targets.
absl::StatusOr<Assignment> AssignmentFromProto(const v1::Assignments& assignments);

// One target; `resolvers` are those of its assignments. The error says what is wrong with which
// field.
absl::StatusOr<NumberedSpec> TargetFromProto(const v1::Target& target,
                                             const std::vector<Endpoint>& resolvers);

}  // namespace lifeboat::agent

#endif  // LIFEBOAT_AGENT_PLAN_ASSIGNMENT_H_
