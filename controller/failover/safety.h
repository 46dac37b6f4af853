#ifndef LIFEBOAT_CONTROLLER_FAILOVER_SAFETY_H_
#define LIFEBOAT_CONTROLLER_FAILOVER_SAFETY_H_

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/time/time.h"

namespace lifeboat {

// A window in which nothing moves by itself: work is going on, and failures are expected. By the
// wall clock, from its begin to just before its end.
struct MaintenanceWindow {
  absl::Time begin;  // once; or, where it is weekly, any begin of it
  absl::Time end;    // above `begin`, and less than a week later where it is weekly
  bool weekly = false;
  std::string reason;
  bool break_on_global = false;  // move all the same where the edge fails everywhere

  // When it closes, if it is open at `at`.
  std::optional<absl::Time> OpenUntil(absl::Time at) const;
};

// What a move of one service must respect, whatever the votes say.
struct SafetySettings {
  int moves_per_day = 4;   // by itself, within 24 h
  bool unblocked = false;  // move again by itself although nobody has acknowledged the last move
  absl::Duration min_validity = absl::Hours(24);  // of the certificate that the exit serves
  bool edge_login = false;                        // visitors log in at the edge
  bool parity = false;                            // and the exits demand the same
  std::vector<MaintenanceWindow> maintenance;     // the service's own, and the controller's
  std::string edge_provider;                      // empty: not told
  std::set<uint32_t> edge_asns;                   // networks of the edge
  std::set<std::string> levers_of_edge;           // names of those that the edge's provider runs
};

}  // namespace lifeboat

#endif  // LIFEBOAT_CONTROLLER_FAILOVER_SAFETY_H_
