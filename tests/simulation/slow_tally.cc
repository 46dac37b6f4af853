#include "tests/simulation/slow_tally.h"

#include <map>
#include <set>
#include <string>

namespace lifeboat {
namespace {

constexpr double kNearly = 1e-6;  // weights are small whole numbers, or halves of them

bool Votes(const Ballot& ballot) { return ballot.vote.kind != VoteKind::kAbstain; }
bool SaysDown(const Ballot& ballot) { return ballot.vote.kind == VoteKind::kDown; }

// A vantage that has long stood against all others counts half where it says DOWN.
double Weight(const Ballot& ballot) {
  return ballot.vote.doubted && SaysDown(ballot) ? ballot.vantage.weight / 2
                                                 : ballot.vantage.weight;
}

struct Sums {
  double configured = 0, turned_out = 0, voted = 0, down = 0, worse = 0;
};

Sums SumUp(const std::vector<const Ballot*>& ballots) {
  Sums sums;
  for (const Ballot* ballot : ballots) {
    sums.configured += ballot->vantage.weight;
    if (!Votes(*ballot)) continue;
    sums.turned_out += ballot->vantage.weight;
    sums.voted += Weight(*ballot);
    if (SaysDown(*ballot)) sums.down += Weight(*ballot);
    if (ballot->vote.kind != VoteKind::kUp) sums.worse += Weight(*ballot);
  }
  return sums;
}

// "Inclusive": as much as the share is enough, nothing is not.
bool Enough(double part, double share, double whole) {
  return part > kNearly && part >= share * whole - kNearly;
}

bool EnoughVoters(const QuorumPolicy& policy, const Ballots& ballots) {
  int voters = 0;
  std::set<uint32_t> asns;
  std::set<std::string> countries;
  double configured = 0, turned_out = 0;
  for (const Ballot& ballot : ballots) {
    configured += ballot.vantage.weight;
    if (!Votes(ballot)) continue;
    ++voters;
    asns.insert(ballot.vantage.asn);
    countries.insert(ballot.vantage.country);
    turned_out += ballot.vantage.weight;
  }
  return voters > 0 && voters >= policy.min_voters &&
         static_cast<int>(asns.size()) >= policy.min_asns &&
         static_cast<int>(countries.size()) >= policy.min_countries &&
         turned_out >= policy.min_turnout * configured - kNearly;
}

std::string Region(const RegionPolicy& policy, const Vantage& vantage) {
  return policy.by == RegionPolicy::By::kCountry ? vantage.country : vantage.continent;
}

// A quorum of quorums: the regions take the place of the vantages.
Sums SumUpRegions(const QuorumPolicy& policy, const Ballots& ballots, int& regions_that_vote) {
  std::map<std::string, std::vector<const Ballot*>> regions;
  for (const Ballot& ballot : ballots) {
    regions[Region(*policy.regions, ballot.vantage)].push_back(&ballot);
  }
  Sums all;
  for (const auto& [name, members] : regions) {
    const Sums sums = SumUp(members);
    if (sums.turned_out <= 0) continue;
    if (sums.turned_out < policy.min_turnout * sums.configured - kNearly) continue;
    const auto weight = policy.regions->weights.find(name);
    const double counts =
        weight == policy.regions->weights.end() ? sums.configured : weight->second;
    ++regions_that_vote;
    all.voted += counts;
    if (Enough(sums.down, policy.share, sums.voted)) all.down += counts;
    if (Enough(sums.worse, policy.share, sums.voted)) all.worse += counts;
  }
  return all;
}

// The part of the DOWN voters' weight for which `sees` holds.
template <typename Predicate>
bool MostDownVoters(const QuorumPolicy& policy, const Ballots& ballots, const Predicate& sees) {
  double down = 0, seen = 0;
  for (const Ballot& ballot : ballots) {
    if (!SaysDown(ballot)) continue;
    down += Weight(ballot);
    if (sees(ballot.vote)) seen += Weight(ballot);
  }
  return Enough(seen, policy.share, down);
}

bool SawTheOriginFail(const Vote& vote) {
  return vote.by_name && vote.by_name->probe_class == ProbeClass::kHttpOrigin;
}

bool NameAloneFails(const Vote& vote) {
  return vote.by_name && !IsGood(vote.by_name->probe_class) && vote.pinned &&
         IsGood(vote.pinned->probe_class);
}

}  // namespace

Verdict SlowTally(const QuorumPolicy& policy, const Ballots& ballots) {
  if (!EnoughVoters(policy, ballots)) return Verdict::kBlind;
  std::vector<const Ballot*> all;
  std::set<uint32_t> down_asns;
  for (const Ballot& ballot : ballots) {
    all.push_back(&ballot);
    if (SaysDown(ballot)) down_asns.insert(ballot.vantage.asn);
  }
  Sums sums = SumUp(all);
  double share = policy.share;
  if (policy.regions) {
    int regions = 0;
    sums = SumUpRegions(policy, ballots, regions);
    if (regions < policy.regions->min_regions) return Verdict::kBlind;
    share = policy.regions->share;
  }
  if (Enough(sums.down, share, sums.voted)) {
    const bool diverse = static_cast<int>(down_asns.size()) >= policy.min_asns;
    return diverse ? Verdict::kDown : Verdict::kUndecided;
  }
  return Enough(sums.worse, share, sums.voted) ? Verdict::kDegraded : Verdict::kUp;
}

Attribution SlowAttribution(const QuorumPolicy& policy, Verdict edge, const Ballots& edge_ballots,
                            const std::vector<Verdict>& exits,
                            const std::vector<const Ballots*>& exit_ballots,
                            const std::vector<ExitFacts>& facts) {
  if (edge != Verdict::kDown) {
    for (const Ballot& ballot : edge_ballots) {
      if (SaysDown(ballot)) return Attribution::kVantage;
    }
    return Attribution::kNone;
  }
  if (MostDownVoters(policy, edge_ballots, NameAloneFails)) return Attribution::kDnsPlane;
  for (const Verdict exit : exits) {
    if (exit == Verdict::kUp || exit == Verdict::kDegraded) return Attribution::kEdge;
  }
  bool any_tunnel = false;
  for (size_t i = 0; i < facts.size(); ++i) {
    if (!facts[i].tunnel_up) continue;
    any_tunnel = true;
    if (facts[i].upstream == Upstream::kRefused) return Attribution::kOrigin;
    if (exits[i] != Verdict::kDown) continue;
    if (MostDownVoters(policy, *exit_ballots[i], SawTheOriginFail)) return Attribution::kOrigin;
  }
  if (MostDownVoters(policy, edge_ballots, SawTheOriginFail)) return Attribution::kOrigin;
  return any_tunnel ? Attribution::kUnknown : Attribution::kEdgeOriginPath;
}

}  // namespace lifeboat
