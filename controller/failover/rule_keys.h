#ifndef LIFEBOAT_CONTROLLER_FAILOVER_RULE_KEYS_H_
#define LIFEBOAT_CONTROLLER_FAILOVER_RULE_KEYS_H_

#include <map>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "controller/failover/snapshot.h"

namespace lifeboat {

// Which key of a service's configuration sets the rule of that name: "quorum.hold". Empty: none, as
// of a pause.
absl::string_view KeyOfRule(absl::string_view rule);

// By key, where the configuration gives it: "controller.yaml:14". A default stands nowhere.
using KeyPlaces = std::map<std::string, std::string>;

// Writes beside each answer that holds which key sets it, and where that is given.
void NameKeys(const KeyPlaces& places, std::vector<RuleAnswer>& answers);

}  // namespace lifeboat

#endif  // LIFEBOAT_CONTROLLER_FAILOVER_RULE_KEYS_H_
