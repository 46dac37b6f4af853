#ifndef LIFEBOAT_CONTROLLER_FAILOVER_CHANGES_H_
#define LIFEBOAT_CONTROLLER_FAILOVER_CHANGES_H_

#include <string>
#include <vector>

#include "controller/failover/snapshot.h"

namespace lifeboat {

// Something that happened to a part of the house, not to a service's life.
struct ChangeNote {
  std::string service;  // empty: of no service in particular
  std::string kind;     // "agent", "exit", "lever", "journal", "clock", "failback"
  bool alarm = false;
  std::string text;
};

// What people should know has changed from `before` to `after`: who came and went, what began to
// abstain, who is doubted, tunnels, levers, the journal, a way back that became open.
std::vector<ChangeNote> TellChanges(const Snapshot& before, const Snapshot& after);

}  // namespace lifeboat

#endif  // LIFEBOAT_CONTROLLER_FAILOVER_CHANGES_H_
