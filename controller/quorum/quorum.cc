#include "controller/quorum/quorum.h"

#include <cstdint>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace lifeboat {
namespace {

// Weights are sums of doubles from a file; a share that is reached on paper must be reached here.
constexpr double kRounding = 1e-9;

// What keeps the voters from being a quorum; empty: nothing.
std::string Blindness(const QuorumPolicy& policy, const Tally& tally) {
  if (tally.voters < policy.min_voters) {
    return absl::StrCat(tally.voters, " of at least ", policy.min_voters, " vantages vote");
  }
  if (tally.asns < policy.min_asns) {
    return absl::StrCat("the voters sit in ", tally.asns, " of at least ", policy.min_asns,
                        " networks");
  }
  if (tally.countries < policy.min_countries) {
    return absl::StrCat("the voters sit in ", tally.countries, " of at least ",
                        policy.min_countries, " countries");
  }
  if (tally.turnout() + kRounding < policy.min_turnout) {
    return absl::StrFormat("%.0f %% of the weight votes, at least %.0f %% must",
                           100 * tally.turnout(), 100 * policy.min_turnout);
  }
  return "";
}

bool ReachesShare(const QuorumPolicy& policy, const Tally& tally, double weight) {
  return weight > 0 && weight + kRounding >= policy.share * tally.weight_voted;
}

void Judge(const QuorumPolicy& policy, Tally& tally) {
  tally.why = Blindness(policy, tally);
  if (!tally.why.empty()) {
    tally.verdict = Verdict::kBlind;
  } else if (ReachesShare(policy, tally, tally.weight_down)) {
    const bool diverse = tally.down_asns >= policy.min_asns;
    tally.verdict = diverse ? Verdict::kDown : Verdict::kUndecided;
    tally.why = diverse
                    ? absl::StrFormat("share %.2f of %d voters", tally.down_share(), tally.voters)
                    : absl::StrCat("those who say DOWN sit in ", tally.down_asns, " of at least ",
                                   policy.min_asns, " networks");
  } else if (ReachesShare(policy, tally, tally.weight_degraded_or_worse)) {
    tally.verdict = Verdict::kDegraded;
    tally.why = "enough say DEGRADED or worse";
  } else {
    tally.verdict = Verdict::kUp;
    tally.why = absl::StrCat(tally.voters - tally.down_voters, " of ", tally.voters, " say so");
  }
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

Tally Count(const QuorumPolicy& policy, const Ballots& ballots) {
  Tally tally;
  absl::flat_hash_set<uint32_t> asns, down_asns;
  absl::flat_hash_set<absl::string_view> countries;
  for (const auto& [vantage, vote] : ballots) {
    tally.weight_configured += vantage.weight;
    if (vote.kind == VoteKind::kAbstain) {
      ++tally.abstainers;
      continue;
    }
    ++tally.voters;
    tally.weight_voted += vantage.weight;
    asns.insert(vantage.asn);
    countries.insert(vantage.country);
    if (vote.kind != VoteKind::kUp) tally.weight_degraded_or_worse += vantage.weight;
    if (vote.kind == VoteKind::kDown) {
      ++tally.down_voters;
      tally.weight_down += vantage.weight;
      down_asns.insert(vantage.asn);
    }
  }
  tally.asns = static_cast<int>(asns.size());
  tally.countries = static_cast<int>(countries.size());
  tally.down_asns = static_cast<int>(down_asns.size());
  Judge(policy, tally);
  return tally;
}

}  // namespace lifeboat
