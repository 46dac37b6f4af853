#ifndef LIFEBOAT_CONTROLLER_QUORUM_ELECTORATE_H_
#define LIFEBOAT_CONTROLLER_QUORUM_ELECTORATE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "controller/quorum/quorum_policy.h"
#include "controller/quorum/vote.h"

namespace lifeboat {

// What a tally must know of the configured vantages besides their votes: prepared once, because
// votes are counted far more often than vantages are configured. Networks, countries and regions
// are numbered from 0.
class Electorate {
 public:
  struct Elector {
    double weight = 0;
    uint32_t network = 0;
    uint32_t country = 0;
    uint32_t region = 0;
  };
  struct Region {
    double weight = 0;             // among the regions
    double weight_configured = 0;  // of its vantages together
  };

  // In the order of the configuration.
  Electorate(const QuorumPolicy& policy, absl::Span<const Vantage> vantages);
  // Those who cast the ballots.
  Electorate(const QuorumPolicy& policy, const Ballots& ballots);

  const QuorumPolicy& policy() const { return policy_; }
  const std::vector<Elector>& electors() const { return electors_; }
  const std::vector<Region>& regions() const { return regions_; }  // empty without regions
  uint32_t networks() const { return networks_; }
  uint32_t countries() const { return countries_; }

 private:
  template <typename VantageAt>
  void Enrol(size_t size, const VantageAt& vantage_at);

  QuorumPolicy policy_;
  std::vector<Elector> electors_;
  std::vector<Region> regions_;
  uint32_t networks_ = 0;
  uint32_t countries_ = 0;
};

// Which region a vantage is of; empty: of none that is named.
const std::string& RegionOf(const RegionPolicy& policy, const Vantage& vantage);

}  // namespace lifeboat

#endif  // LIFEBOAT_CONTROLLER_QUORUM_ELECTORATE_H_
