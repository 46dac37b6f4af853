#ifndef LIFEBOAT_CONTROLLER_FAILOVER_FAILBACK_H_
#define LIFEBOAT_CONTROLLER_FAILOVER_FAILBACK_H_

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "controller/failover/sight.h"
#include "controller/failover/snapshot.h"

namespace lifeboat {

// What the way back to the edge needs, item by item. `up_for` is how long the edge has been UP for
// everybody. Its first minute, or tenth of `settings.clean_for` if that is less, is no evidence: a
// few good answers in a row make it UP, and an edge that still fails now and then gives those too.
std::vector<EvidenceItem> FailbackEvidence(const ServiceSettings& settings, const Sight& sight,
                                           absl::Duration up_for,
                                           const std::string& records_trouble);

bool IsComplete(const std::vector<EvidenceItem>& evidence);

// "clean for: 12 min of 2 h; lever: own is DOWN: …"; empty when complete.
std::string Missing(const std::vector<EvidenceItem>& evidence);

// When all of it will be there if all stays well; InfiniteDuration: nobody can say.
absl::Duration CompleteIn(const std::vector<EvidenceItem>& evidence);

// As `Missing`, of what no force replaces: what a move is made with, such as levers, records, the
// journal. What is seen of the edge is not in it, nor a lever that nobody could check.
std::string MissingMeans(const std::vector<EvidenceItem>& evidence);

}  // namespace lifeboat

#endif  // LIFEBOAT_CONTROLLER_FAILOVER_FAILBACK_H_
