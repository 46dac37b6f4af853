#ifndef LIFEBOAT_CONTROLLER_QUORUM_QUORUM_POLICY_H_
#define LIFEBOAT_CONTROLLER_QUORUM_QUORUM_POLICY_H_

#include <map>
#include <optional>
#include <string>

#include "absl/time/time.h"

namespace lifeboat {

// A quorum of quorums: vantages are counted within their region, then the regions.
struct RegionPolicy {
  enum class By { kContinent, kCountry };
  By by = By::kContinent;
  double share = 0.5;   // of the regions' weight that votes; reaching it is enough
  int min_regions = 2;  // with fewer that vote nobody can see
  // A region that is not named weighs what its vantages weigh together.
  std::map<std::string, double> weights;
};

// How votes become a verdict.
struct QuorumPolicy {
  double share = 0.5;        // of the weight that votes; reaching it is enough
  int min_voters = 3;        // with fewer nobody can see
  int min_asns = 2;          // networks that the voters, and the DOWN voters, must span
  int min_countries = 1;     // countries that the voters must span
  double min_turnout = 0.5;  // share of the configured weight that must vote
  absl::Duration hold = absl::Seconds(10);  // how long DOWN must stand before an intent
  std::optional<RegionPolicy> regions;      // none: every vantage counts alike, wherever it is
};

}  // namespace lifeboat

#endif  // LIFEBOAT_CONTROLLER_QUORUM_QUORUM_POLICY_H_
