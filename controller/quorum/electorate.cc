#include "controller/quorum/electorate.h"

#include <algorithm>

#include "absl/container/inlined_vector.h"
#include "absl/strings/string_view.h"

namespace lifeboat {
namespace {

// What is known so far, each at its number.
template <typename Value>
using Numbers = absl::InlinedVector<Value, 16>;

// The place of `value` among `known`, to which it is added if it is new. Vantages are few.
template <typename Value>
uint32_t NumberOf(Numbers<Value>& known, const Value& value) {
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
  Enrol(vantages.size(), [vantages](size_t i) -> const Vantage& { return vantages[i]; });
}

Electorate::Electorate(const QuorumPolicy& policy, const Ballots& ballots) : policy_(policy) {
  Enrol(ballots.size(), [&ballots](size_t i) -> const Vantage& { return ballots[i].vantage; });
}

template <typename VantageAt>
void Electorate::Enrol(size_t size, const VantageAt& vantage_at) {
  Numbers<uint32_t> networks;
  Numbers<absl::string_view> countries, regions;
  electors_.reserve(size);
  for (size_t i = 0; i < size; ++i) {
    const Vantage& vantage = vantage_at(i);
    Elector elector{.weight = vantage.weight,
                    .network = NumberOf(networks, vantage.asn),
                    .country = NumberOf(countries, absl::string_view(vantage.country))};
    if (policy_.regions) {
      const absl::string_view region = RegionOf(*policy_.regions, vantage);
      elector.region = NumberOf(regions, region);
      regions_.resize(regions.size());
      regions_[elector.region].weight_configured += vantage.weight;
    }
    electors_.push_back(elector);
  }
  for (size_t i = 0; i < regions_.size(); ++i) {
    const auto named = policy_.regions->weights.find(std::string(regions[i]));
    regions_[i].weight =
        named == policy_.regions->weights.end() ? regions_[i].weight_configured : named->second;
  }
  networks_ = static_cast<uint32_t>(networks.size());
  countries_ = static_cast<uint32_t>(countries.size());
}

}  // namespace lifeboat
