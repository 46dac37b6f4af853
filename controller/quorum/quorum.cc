#include "controller/quorum/quorum.h"

#include <cstdint>
#include <map>
#include <numeric>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "absl/numeric/bits.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace lifeboat {
namespace {

// Weights are sums of doubles from a file; a share that is reached on paper must be reached here.
constexpr double kRounding = 1e-9;

// A set of small numbers. The first 64 are all that most fleets have, so they come first.
class NumberSet {
 public:
  explicit NumberSet(uint32_t size) : more_(size > 64 ? (size - 1) / 64 : 0) {}
  void Add(uint32_t number) {
    (number < 64 ? first_ : more_[number / 64 - 1]) |= uint64_t{1} << (number % 64);
  }
  int size() const {
    return std::accumulate(more_.begin(), more_.end(), absl::popcount(first_),
                           [](int sum, uint64_t word) { return sum + absl::popcount(word); });
  }

 private:
  uint64_t first_ = 0;
  absl::InlinedVector<uint64_t, 4> more_;
};

// What is counted within one region, or within all together.
struct Weights {
  double turned_out = 0;
  double voted = 0;
  double down = 0;
  double degraded_or_worse = 0;

  void Add(const Standing& standing, double weight) {
    const bool is_down = standing.kind == VoteKind::kDown;
    const double counted = is_down && standing.doubted ? weight / 2 : weight;
    turned_out += weight;
    voted += counted;
    if (standing.kind != VoteKind::kUp) degraded_or_worse += counted;
    if (is_down) down += counted;
  }
};

using RegionWeights = absl::InlinedVector<Weights, 8>;

// The regions' votes in the place of the vantages'.
Weights CountRegions(const Electorate& electorate, const RegionWeights& counted, Tally& tally) {
  const QuorumPolicy& policy = electorate.policy();
  Weights all;
  for (size_t i = 0; i < counted.size(); ++i) {
    const Electorate::Region& region = electorate.regions()[i];
    const Weights& votes = counted[i];
    if (votes.turned_out <= 0 ||
        !ReachesShare(votes.turned_out, policy.min_turnout, region.weight_configured)) {
      continue;
    }
    ++tally.regions;
    all.voted += region.weight;
    if (ReachesShare(votes.down, policy.share, votes.voted)) all.down += region.weight;
    if (ReachesShare(votes.degraded_or_worse, policy.share, votes.voted)) {
      all.degraded_or_worse += region.weight;
    }
  }
  tally.regions_weight_voted = all.voted;
  tally.regions_weight_down = all.down;
  return all;
}

Shortfall Blindness(const QuorumPolicy& policy, const Tally& tally) {
  if (tally.voters < policy.min_voters || tally.voters == 0) return Shortfall::kVoters;
  if (tally.asns < policy.min_asns) return Shortfall::kNetworks;
  if (tally.countries < policy.min_countries) return Shortfall::kCountries;
  if (tally.turnout() + kRounding < policy.min_turnout) return Shortfall::kTurnout;
  if (policy.regions && tally.regions < policy.regions->min_regions) return Shortfall::kRegions;
  return Shortfall::kNone;
}

void Judge(const QuorumPolicy& policy, const Weights& votes, Tally& tally) {
  const double share = policy.regions ? policy.regions->share : policy.share;
  tally.shortfall = Blindness(policy, tally);
  if (tally.shortfall != Shortfall::kNone) {
    tally.verdict = Verdict::kBlind;
  } else if (ReachesShare(votes.down, share, votes.voted)) {
    const bool diverse = tally.down_asns >= policy.min_asns;
    tally.verdict = diverse ? Verdict::kDown : Verdict::kUndecided;
    if (!diverse) tally.shortfall = Shortfall::kDownNetworks;
  } else {
    const bool degraded = ReachesShare(votes.degraded_or_worse, share, votes.voted);
    tally.verdict = degraded ? Verdict::kDegraded : Verdict::kUp;
  }
}

void TakeDown(const Standing& standing, double weight, Tally& tally) {
  ++tally.down_voters;
  if (standing.by_name == ProbeClass::kHttpOrigin) tally.weight_down_at_origin += weight;
  if (standing.by_name && !IsGood(*standing.by_name) && standing.pinned &&
      IsGood(*standing.pinned)) {
    tally.weight_down_by_name += weight;
  }
}

std::string Lacks(const QuorumPolicy& policy, const Tally& tally) {
  switch (tally.shortfall) {
    case Shortfall::kNone:
      return "";
    case Shortfall::kVoters:
      return absl::StrCat(tally.voters, " of at least ", policy.min_voters, " vantages vote");
    case Shortfall::kNetworks:
      return absl::StrCat("the voters sit in ", tally.asns, " of at least ", policy.min_asns,
                          " networks");
    case Shortfall::kCountries:
      return absl::StrCat("the voters sit in ", tally.countries, " of at least ",
                          policy.min_countries, " countries");
    case Shortfall::kTurnout:
      return absl::StrFormat("%.0f %% of the weight votes, at least %.0f %% must",
                             100 * tally.turnout(), 100 * policy.min_turnout);
    case Shortfall::kRegions:
      return absl::StrCat(tally.regions, " of at least ",
                          policy.regions ? policy.regions->min_regions : 0, " regions vote");
    case Shortfall::kDownNetworks:
      return absl::StrCat("those who say DOWN sit in ", tally.down_asns, " of at least ",
                          policy.min_asns, " networks");
  }
  return "?";
}

}  // namespace

absl::string_view VerdictName(Verdict verdict) {
  switch (verdict) {
    case Verdict::kUp:
      return "UP";
    case Verdict::kDegraded:
      return "DEGRADED";
    case Verdict::kDown:
      return "DOWN";
    case Verdict::kUndecided:
      return "UNDECIDED";
    case Verdict::kBlind:
      return "BLIND";
  }
  return "?";
}

bool ReachesShare(double part, double share, double whole) {
  return part > 0 && part + kRounding >= share * whole;
}

Tally Count(const Electorate& electorate, absl::Span<const Standing> standings) {
  Tally tally;
  Weights all;
  NumberSet networks(electorate.networks()), down_networks(electorate.networks());
  NumberSet countries(electorate.countries());
  RegionWeights regions(electorate.regions().size());
  for (size_t i = 0; i < standings.size() && i < electorate.electors().size(); ++i) {
    const Standing& standing = standings[i];
    const Electorate::Elector& elector = electorate.electors()[i];
    tally.weight_configured += elector.weight;
    if (standing.kind == VoteKind::kAbstain) {
      ++tally.abstainers;
      continue;
    }
    ++tally.voters;
    networks.Add(elector.network);
    countries.Add(elector.country);
    all.Add(standing, elector.weight);
    if (!regions.empty()) regions[elector.region].Add(standing, elector.weight);
    if (standing.kind == VoteKind::kDown) {
      down_networks.Add(elector.network);
      TakeDown(standing, standing.doubted ? elector.weight / 2 : elector.weight, tally);
    }
  }
  tally.asns = networks.size();
  tally.countries = countries.size();
  tally.down_asns = down_networks.size();
  tally.weight_turned_out = all.turned_out;
  tally.weight_voted = all.voted;
  tally.weight_down = all.down;
  tally.weight_degraded_or_worse = all.degraded_or_worse;
  const QuorumPolicy& policy = electorate.policy();
  Judge(policy, policy.regions ? CountRegions(electorate, regions, tally) : all, tally);
  return tally;
}

Tally Count(const QuorumPolicy& policy, const Ballots& ballots) {
  absl::InlinedVector<Standing, 16> standings;
  for (const Ballot& ballot : ballots) standings.push_back(StandingOf(ballot.vote));
  return Count(Electorate(policy, ballots), standings);
}

std::vector<RegionVote> CountEachRegion(const QuorumPolicy& policy, const Ballots& ballots) {
  std::vector<RegionVote> votes;
  if (!policy.regions) return votes;
  std::map<std::string, Ballots> by_region;
  for (const Ballot& ballot : ballots) {
    by_region[RegionOf(*policy.regions, ballot.vantage)].push_back(ballot);
  }
  // Within a region only the share and the turnout are asked for.
  const QuorumPolicy within{
      .share = policy.share, .min_voters = 1, .min_asns = 1, .min_turnout = policy.min_turnout};
  for (const auto& [region, of_region] : by_region) {
    const Tally tally = Count(within, of_region);
    const auto named = policy.regions->weights.find(region);
    const bool is_named = named != policy.regions->weights.end();
    votes.push_back({.region = region,
                     .verdict = tally.verdict,
                     .weight = is_named ? named->second : tally.weight_configured});
  }
  return votes;
}

std::string Words(const QuorumPolicy& policy, const Tally& tally) {
  switch (tally.verdict) {
    case Verdict::kBlind:
    case Verdict::kUndecided:
      return Lacks(policy, tally);
    case Verdict::kDown:
      if (!policy.regions) {
        return absl::StrFormat("share %.2f of %d voters", tally.down_share(), tally.voters);
      }
      return absl::StrFormat("share %.2f of %d regions, %.2f of %d voters",
                             tally.regions_weight_down / tally.regions_weight_voted, tally.regions,
                             tally.down_share(), tally.voters);
    case Verdict::kDegraded:
      return "enough say DEGRADED or worse";
    case Verdict::kUp:
      return absl::StrCat(tally.voters - tally.down_voters, " of ", tally.voters, " say so");
  }
  return "?";
}

}  // namespace lifeboat
