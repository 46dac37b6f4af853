#ifndef LIFEBOAT_CONTROLLER_FAILOVER_SETTLEMENT_H_
#define LIFEBOAT_CONTROLLER_FAILOVER_SETTLEMENT_H_

#include <string>

#include "controller/failover/epoch.h"
#include "controller/failover/lever.h"
#include "controller/failover/move.h"
#include "controller/failover/ownership.h"
#include "controller/failover/sight.h"

namespace lifeboat {

// What the world says about a service's record in the journal, after a start, a lost answer or a
// conflict.
struct Settlement {
  enum class Kind {
    kAsExpected,  // DNS and journal agree
    kMoved,       // the move in progress has reached DNS: complete it, never judge it again
    kNotMoved,    // it has not: fence off its packet, then judge it again
    kDrift,       // somebody else changed the records: nothing is overwritten blindly
    kAmnesia,     // the world knows an epoch or a move that the journal does not
  };
  Kind kind = Kind::kAsExpected;
  std::string why;      // of kDrift and kAmnesia: what was seen, and what to do
  Ownership ownership;  // as it stands; a default one where there is none
  bool owned = false;   // whether an ownership record exists
};

// Compares what the zone's primary says with what the journal says.
Settlement Settle(const ServiceSettings& settings, const ServiceRecord& record, Epoch ours,
                  const World& world);

}  // namespace lifeboat

#endif  // LIFEBOAT_CONTROLLER_FAILOVER_SETTLEMENT_H_
