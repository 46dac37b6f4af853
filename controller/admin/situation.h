#ifndef LIFEBOAT_CONTROLLER_ADMIN_SITUATION_H_
#define LIFEBOAT_CONTROLLER_ADMIN_SITUATION_H_

#include "absl/strings/string_view.h"
#include "controller/failover/snapshot.h"
#include "proto/lifeboat/v1/admin.pb.h"

// Where a service stands, for people.
namespace lifeboat::admin {

// What a person should be told of a service, the most pressing first. Exactly one of these.
enum class Situation {
  kHeld,         // what serves is DOWN, or there is an intent; a rule holds the move
  kCounting,     // what serves is DOWN, and the hold counts
  kMoving,       // a move to an exit is under way
  kAmnesia,      // nothing is acted on
  kGoingBack,    // a move to the edge is under way
  kBlind,        // too few vantages see what serves
  kUndecided,    // enough say DOWN, but from too few networks
  kServingExit,  // an exit serves, and does so well
  kWarming,
  kDnsTrouble,  // the records are not as expected
  kPaused,
  kUnarmed,
  kDegraded,
  kLingering,  // the edge serves, an exit is still open
  kWell,
};
Situation SituationOf(const ServiceSnapshot& service);

// Whether visitors are not served, as far as the quorum knows: what serves is DOWN.
bool IsFailing(const ServiceSnapshot& service);
v1::Mark MarkOf(const ServiceSnapshot& service);

// What a stage of a move does, for people: "asks every authoritative server".
absl::string_view StageWords(Stage stage);

// Which path serves, or null before anything is known.
const PathSnapshot* ServingPath(const ServiceSnapshot& service);

}  // namespace lifeboat::admin

#endif  // LIFEBOAT_CONTROLLER_ADMIN_SITUATION_H_
