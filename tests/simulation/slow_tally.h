#ifndef LIFEBOAT_TESTS_SIMULATION_SLOW_TALLY_H_
#define LIFEBOAT_TESTS_SIMULATION_SLOW_TALLY_H_

#include <vector>

#include "controller/quorum/attribution.h"
#include "controller/quorum/quorum.h"
#include "controller/quorum/quorum_policy.h"
#include "controller/quorum/vote.h"

namespace lifeboat {

// What the design's sentences on the tally say, one after another, and nothing of the code that is
// under test.
Verdict SlowTally(const QuorumPolicy& policy, const Ballots& ballots);

// Likewise of the attribution. `edge` and `exits` hold verdicts by SlowTally, in the order of
// `facts`.
Attribution SlowAttribution(const QuorumPolicy& policy, Verdict edge, const Ballots& edge_ballots,
                            const std::vector<Verdict>& exits,
                            const std::vector<const Ballots*>& exit_ballots,
                            const std::vector<ExitFacts>& facts);

}  // namespace lifeboat

#endif  // LIFEBOAT_TESTS_SIMULATION_SLOW_TALLY_H_
