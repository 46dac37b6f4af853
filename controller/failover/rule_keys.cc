#include "controller/failover/rule_keys.h"

#include <algorithm>
#include <iterator>

namespace lifeboat {

absl::string_view KeyOfRule(absl::string_view rule) {
  static constexpr struct {
    absl::string_view rule, key;
  } kKeys[] = {
      {"verdict", "quorum"},
      {"hold", "quorum.hold"},
      {"still failing", "filter"},
      {"maintenance", "maintenance"},
      {"moves per day", "safety.moves_per_day"},
      {"acknowledged", "safety.unblocked"},
      {"parity", "safety.parity"},
      {"shared fate", "exits"},
      {"target up", "quorum"},
      {"exit connected", "exits"},
      {"tunnel up", "tunnel"},
      {"certificate", "safety.min_validity"},
      {"lever", "levers"},
      {"records", "edge.records"},
  };
  const auto* const found = std::find_if(std::begin(kKeys), std::end(kKeys),
                                         [rule](const auto& one) { return one.rule == rule; });
  return found == std::end(kKeys) ? "" : found->key;
}

void NameKeys(const KeyPlaces& places, std::vector<RuleAnswer>& answers) {
  for (RuleAnswer& answer : answers) {
    answer.key = answer.ok ? "" : std::string(KeyOfRule(answer.name));
    const auto place = places.find(answer.key);
    answer.place = place == places.end() ? "" : place->second;
  }
}

}  // namespace lifeboat
