#ifndef LIFEBOAT_CONTROLLER_QUORUM_TOLERANCE_H_
#define LIFEBOAT_CONTROLLER_QUORUM_TOLERANCE_H_

#include "absl/types/span.h"
#include "controller/quorum/quorum_policy.h"
#include "controller/quorum/vote.h"

namespace lifeboat {

struct Tolerance {
  int liars = 0;      // whichever they are, and whoever else is silenced
  bool exact = true;  // false: at least so many; the fleet is too large to try all
};

// How many of `vantages` may lie, with every honest one saying UP unless it is silenced, and still
// not bring about DOWN. All of them, if the policy cannot be met at all. Exact without regions and
// with min_countries 1, unless the weights are wildly different; else up to 12 vantages.
Tolerance LyingVantagesWithstood(const QuorumPolicy& policy, absl::Span<const Vantage> vantages);

}  // namespace lifeboat

#endif  // LIFEBOAT_CONTROLLER_QUORUM_TOLERANCE_H_
