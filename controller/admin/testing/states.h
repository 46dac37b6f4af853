#ifndef LIFEBOAT_CONTROLLER_ADMIN_TESTING_STATES_H_
#define LIFEBOAT_CONTROLLER_ADMIN_TESTING_STATES_H_

#include <functional>
#include <vector>

#include "controller/failover/snapshot.h"

namespace lifeboat::admin {

// A state that an operator can meet.
struct State {
  const char* name;  // of its golden file
  std::function<Snapshot()> snapshot;
};
const std::vector<State>& AllStates();

}  // namespace lifeboat::admin

#endif  // LIFEBOAT_CONTROLLER_ADMIN_TESTING_STATES_H_
