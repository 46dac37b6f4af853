#ifndef LIFEBOAT_CONTROLLER_ADMIN_TESTING_SNAPSHOTS_H_
#define LIFEBOAT_CONTROLLER_ADMIN_TESTING_SNAPSHOTS_H_

#include <string>

#include "absl/strings/string_view.h"
#include "controller/failover/snapshot.h"

// Snapshots as the controller would make them, for whoever shows them.
namespace lifeboat::admin {

// The votes of fra, lon, ams and syd on one path, one letter each: U up, D down, G degraded,
// P abstains (panel bad), _ abstains (not connected).
Ballots VotesOf(absl::string_view letters, Instant now);

// A service with those votes on its edge and on its one exit, served by the edge, with the rules as
// the failover core would answer them.
ServiceSnapshot EdgeService(const std::string& name, absl::string_view edge,
                            absl::string_view exit);
// The same, served by exit/nyc since a move.
ServiceSnapshot ExitService(const std::string& name, absl::string_view edge,
                            absl::string_view exit);

// Replaces the rule's answer, and arms or unarms the service accordingly.
void SetRule(ServiceSnapshot& service, absl::string_view rule, bool ok, const std::string& words);
// Makes the edge DOWN for `down_for`.
void CountHold(ServiceSnapshot& service, absl::Duration down_for);
// A move to `to` at `stage`.
void BeginMove(ServiceSnapshot& service, const Path& to, Stage stage);

// A controller with four vantages, exit nyc, lever own and `services`; 2026-11-21 03:12:47 UTC.
Snapshot SnapshotOf(std::vector<ServiceSnapshot> services);

// Services web and git, both well.
Snapshot AllWell();

}  // namespace lifeboat::admin

#endif  // LIFEBOAT_CONTROLLER_ADMIN_TESTING_SNAPSHOTS_H_
