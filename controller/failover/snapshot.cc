#include "controller/failover/snapshot.h"

namespace lifeboat {

absl::string_view PhaseName(Phase phase) {
  switch (phase) {
    case Phase::kWarming:
      return "WARMING";
    case Phase::kServingEdge:
      return "SERVING_EDGE";
    case Phase::kIntent:
      return "INTENT";
    case Phase::kApplying:
      return "APPLYING";
    case Phase::kServingExit:
      return "SERVING_EXIT";
    case Phase::kFailingBack:
      return "FAILING_BACK";
    case Phase::kAmnesia:
      return "AMNESIA";
  }
  return "?";
}

}  // namespace lifeboat
