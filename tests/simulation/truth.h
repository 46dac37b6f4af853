#ifndef LIFEBOAT_TESTS_SIMULATION_TRUTH_H_
#define LIFEBOAT_TESTS_SIMULATION_TRUTH_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "base/clock.h"
#include "controller/failover/lever.h"

namespace lifeboat {

// What really happened in a world: the storm writes it down, the invariants compare with it. No
// core ever sees it.
struct Truth {
  // A person's switch. Between the wish and its answer nobody knows which side it is on.
  struct Switch {
    bool on = false;
    std::optional<Instant> known_since;
    bool OnFor(absl::Duration span, Instant now) const {
      return on && known_since && now - *known_since >= span;
    }
  };
  struct Service {
    Switch paused;
    std::optional<Instant> acknowledged_at;
    // A person has changed the record behind our back, and nobody has put it right yet.
    bool edited = false;
    Records edit;
    // The one failure of the edge that must lead to a move.
    std::optional<Instant> fails_since;
    std::optional<Instant> fails_until;
    int forced_failbacks = 0;  // asked for, whatever became of it
    std::string way_home;      // what the last person who went home was told
  };
  explicit Truth(size_t services, size_t exits, size_t vantages)
      : services(services), exit_changed(exits), clock_jumped(vantages) {}

  std::vector<Service> services;
  Switch stopped;
  std::vector<Instant> exit_changed;  // when last, by exit
  std::vector<Instant> clock_jumped;  // the agent's, by vantage
  Instant zone_changed;               // servers stuck, silent or free again
  Instant wall_stepped;
  bool restful = true;  // nothing is broken now, as far as the storm goes
};

}  // namespace lifeboat

#endif  // LIFEBOAT_TESTS_SIMULATION_TRUTH_H_
