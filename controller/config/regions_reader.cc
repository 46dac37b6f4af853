#include "controller/config/regions_reader.h"

#include <cmath>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace lifeboat::config {
namespace {

constexpr int kDefaultMinRegions = 2;

// The regions that the vantages are in.
std::set<std::string> RegionsOf(const Reading& reading, const std::string& key,
                                const RegionPolicy& policy,
                                const std::vector<VantageSettings>& vantages) {
  std::set<std::string> regions;
  std::vector<std::string> nowhere;
  for (const VantageSettings& vantage : vantages) {
    const std::string& region = RegionOf(policy, vantage.vantage);
    if (region.empty()) {
      nowhere.push_back(vantage.vantage.name);
    } else {
      regions.insert(region);
    }
  }
  if (!nowhere.empty()) {
    reading.findings.Error(
        key, absl::StrCat("no continent is given for ", absl::StrJoin(nowhere, ", "),
                          ": regions by continent want `continent:` of every vantage"));
  }
  return regions;
}

void ReadWeights(const Reading& reading, const std::string& key, const v1::RegionsConfig& proto,
                 const std::set<std::string>& regions, RegionPolicy& policy) {
  for (int i = 0; i < proto.weights_size(); ++i) {
    const v1::RegionWeight& weight = proto.weights(i);
    const std::string at = Key(Key(key, "weights"), i);
    if (!regions.contains(weight.region())) {
      reading.findings.Error(
          Key(at, "region"),
          absl::StrCat("no vantage is in region \"", weight.region(), "\"; there are ",
                       absl::StrJoin(regions, ", "),
                       DidYouMean(weight.region(), {regions.begin(), regions.end()})));
    } else if (!std::isfinite(weight.weight()) || weight.weight() <= 0) {
      reading.findings.Error(
          Key(at, "weight"),
          absl::StrCat("weight ", weight.weight(), " of region ", weight.region(),
                       " is not above 0; leave a region out to let its vantages weigh for it"));
    } else if (!policy.weights.emplace(weight.region(), weight.weight()).second) {
      reading.findings.Error(Key(at, "region"), absl::StrCat("region ", weight.region(),
                                                             " has a weight already; keep one"));
    }
  }
}

void ReadMinRegions(const Reading& reading, const std::string& key, const v1::RegionsConfig& proto,
                    size_t regions, RegionPolicy& policy) {
  const std::string at = Key(key, "min_regions");
  const bool given = reading.findings.Given(at);
  policy.min_regions =
      given ? static_cast<int>(std::min(proto.min_regions(), 1'000'000u)) : kDefaultMinRegions;
  if (policy.min_regions < 1) {
    reading.findings.Error(at, "min_regions 0: with no region that votes nobody sees; at least 1");
  } else if (regions < static_cast<size_t>(policy.min_regions)) {
    reading.findings.Error(
        at, absl::StrCat("min_regions ", policy.min_regions, given ? "" : " (the default)",
                         " can never be met: the vantages are in ", regions,
                         regions == 1 ? " region" : " regions", "; add some or lower it"));
  }
}

}  // namespace

RegionPolicy ReadRegions(const Reading& reading, const std::string& key,
                         const v1::RegionsConfig& proto, double quorum_share,
                         const std::vector<VantageSettings>& vantages) {
  RegionPolicy policy{.by = proto.by() == v1::REGION_BY_COUNTRY ? RegionPolicy::By::kCountry
                                                                : RegionPolicy::By::kContinent,
                      .share = quorum_share,
                      .min_regions = kDefaultMinRegions,
                      .weights = {}};
  if (proto.share() > 0 && proto.share() <= 1) {
    policy.share = proto.share();
  } else if (reading.findings.Given(Key(key, "share"))) {
    reading.findings.Error(Key(key, "share"),
                           absl::StrCat(proto.share(), " is no share: above 0, at most 1"));
  }
  const std::set<std::string> regions = RegionsOf(reading, key, policy, vantages);
  ReadWeights(reading, key, proto, regions, policy);
  ReadMinRegions(reading, key, proto, regions.size(), policy);
  return policy;
}

}  // namespace lifeboat::config
