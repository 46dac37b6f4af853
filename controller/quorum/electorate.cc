#include "controller/quorum/electorate.h"

#include <algorithm>

namespace lifeboat {
namespace {

// The place of `value` among `known`, to which it is added if it is new. Vantages are few.
template <typename Value>
uint32_t NumberOf(std::vector<Value>& known, const Value& value) {
  const auto found = std::find(known.begin(), known.end(), value);
  const auto number = static_cast<uint32_t>(found - known.begin());
  if (found == known.end()) known.push_back(value);
  return number;
}

}  // namespace

const std::string& RegionOf(const RegionPolicy& policy, const Vantage& vantage) {
  return policy.by == RegionPolicy::By::kCountry ? vantage.country : vantage.continent;
}

Electorate::Electorate(const QuorumPolicy& policy, absl::Span<const Vantage> vantages)
    : policy_(policy) {
  std::vector<uint32_t> networks;
  std::vector<std::string> countries, regions;
  for (const Vantage& vantage : vantages) {
    Elector elector{.weight = vantage.weight,
                    .network = NumberOf(networks, vantage.asn),
                    .country = NumberOf(countries, vantage.country)};
    if (policy.regions) {
      elector.region = NumberOf(regions, RegionOf(*policy.regions, vantage));
      regions_.resize(regions.size());
      regions_[elector.region].weight_configured += vantage.weight;
    }
    electors_.push_back(elector);
  }
  for (size_t i = 0; i < regions_.size(); ++i) {
    const auto named = policy.regions->weights.find(regions[i]);
    regions_[i].weight =
        named == policy.regions->weights.end() ? regions_[i].weight_configured : named->second;
  }
  networks_ = static_cast<uint32_t>(networks.size());
  countries_ = static_cast<uint32_t>(countries.size());
}

}  // namespace lifeboat
