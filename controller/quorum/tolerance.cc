#include "controller/quorum/tolerance.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <set>
#include <vector>

#include "absl/numeric/bits.h"
#include "controller/quorum/quorum.h"

namespace lifeboat {
namespace {

constexpr size_t kTriedWhole = 12;     // vantages whose 3^n ways to vote are all tried
constexpr size_t kMostSums = 1 << 16;  // of honest weights that are followed
constexpr size_t kRegionsTriedWhole = 16;
constexpr double kGrain = 1e-7;  // weights that differ less weigh the same

using Electors = std::vector<Electorate::Elector>;

// ------------------------------------------------------------------------ one quorum, by thought
//
// Of all sets of so many liars that span the networks which DOWN must, one outweighs every other,
// one by one: the sets are the bases of a matroid (so many of different networks, and as many
// others as are left), so taking the heaviest that still fits finds it. With it every attack of
// another set succeeds: the liar that is not in it changes places with one that is at least as
// heavy, which gives DOWN no less and the honest no more weight.

struct Camps {
  Electors liars;
  Electors honest;
};

Camps HeaviestLiars(const Electors& by_weight, size_t liars, size_t min_asns) {
  Camps camps;
  std::set<uint32_t> networks;
  for (const Electorate::Elector& elector : by_weight) {
    const size_t spanned = networks.size() + (networks.contains(elector.network) ? 0 : 1);
    const bool fits = camps.liars.size() < liars &&
                      camps.liars.size() + 1 - std::min(spanned, min_asns) + min_asns <= liars;
    if (fits) networks.insert(elector.network);
    (fits ? camps.liars : camps.honest).push_back(elector);
  }
  return camps;
}

// What honest voters can weigh together, and the most of them that weigh it. False: too much to
// follow.
bool SumsOf(const Electors& honest, double most, std::map<int64_t, int>& sums) {
  sums[0] = 0;
  for (const Electorate::Elector& elector : honest) {
    const int64_t weight = std::llround(elector.weight / kGrain);
    std::vector<std::pair<int64_t, int>> more;
    for (const auto& [sum, voters] : sums) {
      if (static_cast<double>(sum + weight) * kGrain <= most + kGrain) {
        more.emplace_back(sum + weight, voters + 1);
      }
    }
    for (const auto& [sum, voters] : more) sums[sum] = std::max(sums[sum], voters);
    if (sums.size() > kMostSums) return false;
  }
  return true;
}

// Whether `liars` of them can bring about DOWN.
bool CanForceDown(const QuorumPolicy& policy, const Electors& by_weight, int liars, bool& exact) {
  const auto min_asns = static_cast<size_t>(std::max(policy.min_asns, 0));
  const Camps camps = HeaviestLiars(by_weight, static_cast<size_t>(liars), min_asns);
  if (static_cast<int>(camps.liars.size()) < liars) return false;
  double lying = 0, all = 0;
  for (const Electorate::Elector& elector : camps.liars) lying += elector.weight;
  for (const Electorate::Elector& elector : by_weight) all += elector.weight;
  std::map<int64_t, int> sums;
  if (!SumsOf(camps.honest, lying / policy.share - lying, sums)) {
    exact = false;
    return true;
  }
  return std::any_of(sums.begin(), sums.end(), [&](const auto& honest) {
    const double voted = lying + static_cast<double>(honest.first) * kGrain;
    return liars + honest.second >= policy.min_voters &&
           ReachesShare(voted, policy.min_turnout, all) && ReachesShare(lying, policy.share, voted);
  });
}

Tolerance ThinkThrough(const QuorumPolicy& policy, Electors electors) {
  std::stable_sort(electors.begin(), electors.end(),
                   [](const auto& a, const auto& b) { return a.weight > b.weight; });
  const int all = static_cast<int>(electors.size());
  Tolerance tolerance{.liars = all, .exact = policy.min_countries <= 1};
  for (int liars = std::max(policy.min_asns, 1); liars <= all; ++liars) {
    if (!CanForceDown(policy, electors, liars, tolerance.exact)) continue;
    tolerance.liars = liars - 1;
    break;
  }
  return tolerance;
}

// ----------------------------------------------------------------------- anything, by trying all

Tolerance TryAll(const Electorate& electorate) {
  const auto vantages = static_cast<int>(electorate.electors().size());
  const uint32_t everyone = (uint32_t{1} << vantages) - 1;
  std::vector<Standing> standings(vantages);
  Tolerance tolerance{.liars = vantages, .exact = true};
  for (uint32_t liars = 1; liars <= everyone && everyone != 0; ++liars) {
    if (absl::popcount(liars) > tolerance.liars) continue;
    const uint32_t honest = everyone & ~liars;
    for (uint32_t heard = honest;; heard = (heard - 1) & honest) {
      for (int i = 0; i < vantages; ++i) {
        standings[i].kind = liars >> i & 1   ? VoteKind::kDown
                            : heard >> i & 1 ? VoteKind::kUp
                                             : VoteKind::kAbstain;
      }
      if (Count(electorate, standings).verdict == Verdict::kDown) {
        tolerance.liars = std::min(tolerance.liars, absl::popcount(liars) - 1);
        break;
      }
      if (heard == 0) break;
    }
  }
  return tolerance;
}

// -------------------------------------------------------------------- many regions, from below

// The least liars that make one region say DOWN, all its honest vantages silenced as far as its
// turnout allows.
int LiarsToTurn(const QuorumPolicy& policy, std::vector<double> weights) {
  std::sort(weights.rbegin(), weights.rend());
  double all = 0, lying = 0;
  for (const double weight : weights) all += weight;
  for (size_t i = 0; i < weights.size(); ++i) {
    lying += weights[i];
    if (ReachesShare(lying, policy.share, std::max(lying, policy.min_turnout * all))) {
      return static_cast<int>(i) + 1;
    }
  }
  return static_cast<int>(weights.size());
}

// Whether the regions of `down`, and no more others than must vote, make DOWN.
bool RegionsForceDown(const RegionPolicy& policy, const std::vector<Electorate::Region>& regions,
                      uint32_t down) {
  double weight_down = 0, weight_up = 0;
  std::vector<double> others;
  for (size_t i = 0; i < regions.size(); ++i) {
    if (down >> i & 1) {
      weight_down += regions[i].weight;
    } else {
      others.push_back(regions[i].weight);
    }
  }
  std::sort(others.begin(), others.end());
  const int wanted = std::max(policy.min_regions - absl::popcount(down), 0);
  if (wanted > static_cast<int>(others.size())) return false;
  for (int i = 0; i < wanted; ++i) weight_up += others[i];
  return ReachesShare(weight_down, policy.share, weight_down + weight_up);
}

Tolerance BoundFromBelow(const Electorate& electorate) {
  const QuorumPolicy& policy = electorate.policy();
  const std::vector<Electorate::Region>& regions = electorate.regions();
  std::vector<std::vector<double>> weights(regions.size());
  for (const auto& elector : electorate.electors()) {
    weights[elector.region].push_back(elector.weight);
  }
  std::vector<int> liars_to_turn;
  for (const auto& of_region : weights) liars_to_turn.push_back(LiarsToTurn(policy, of_region));
  auto least = static_cast<int>(electorate.electors().size()) + 1;
  if (regions.size() > kRegionsTriedWhole) {
    least = *std::min_element(liars_to_turn.begin(), liars_to_turn.end());
  } else {
    for (uint32_t down = 1; down < uint32_t{1} << regions.size(); ++down) {
      int liars = 0;
      for (size_t i = 0; i < regions.size(); ++i) liars += down >> i & 1 ? liars_to_turn[i] : 0;
      if (liars < least && RegionsForceDown(*policy.regions, regions, down)) least = liars;
    }
  }
  return {.liars = std::max(least, policy.min_asns) - 1, .exact = false};
}

}  // namespace

Tolerance LyingVantagesWithstood(const QuorumPolicy& policy, absl::Span<const Vantage> vantages) {
  const Electorate electorate(policy, vantages);
  const bool plain = !policy.regions && policy.min_countries <= 1;
  if (!plain && vantages.size() <= kTriedWhole) return TryAll(electorate);
  return policy.regions ? BoundFromBelow(electorate) : ThinkThrough(policy, electorate.electors());
}

}  // namespace lifeboat
