#ifndef LIFEBOAT_CONTROLLER_FAILOVER_RULES_H_
#define LIFEBOAT_CONTROLLER_FAILOVER_RULES_H_

#include <string>
#include <vector>

#include "controller/failover/sight.h"
#include "controller/failover/snapshot.h"

namespace lifeboat {

// What a move is asked about besides what is seen.
struct Proposal {
  Path from;
  Path to;                  // an exit
  bool by_person = false;   // then neither verdict, hold nor attribution bind it
  absl::Duration down_for;  // how long `from` has been DOWN; zero: it is not
  bool paused = false;
  std::string paused_reason;
  std::string records_trouble;  // why DNS cannot be trusted to be as expected; empty: it is
};

// Every safety rule's answer on `proposal`, in the order in which they are told to people. The move
// may go on only if all are ok; the first that is not is the reason to HOLD.
std::vector<RuleAnswer> Judge(const ServiceSettings& settings, const Proposal& proposal,
                              const Sight& sight);

// Whether it speaks of the failure, not of the readiness to move.
bool IsAboutTheFailure(const RuleAnswer& answer);

// The first answer that is not ok, or null.
const RuleAnswer* FirstHolder(const std::vector<RuleAnswer>& answers);

// The lever to pull: the first that is OK, else the first that was not checked yet; null: none.
const LeverSight* UsableLever(const Sight& sight);

}  // namespace lifeboat

#endif  // LIFEBOAT_CONTROLLER_FAILOVER_RULES_H_
