#ifndef LIFEBOAT_CONTROLLER_QUORUM_QUORUM_H_
#define LIFEBOAT_CONTROLLER_QUORUM_QUORUM_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "controller/quorum/electorate.h"
#include "controller/quorum/quorum_policy.h"
#include "controller/quorum/vote.h"

namespace lifeboat {

enum class Verdict { kUp, kDegraded, kDown, kUndecided, kBlind };
absl::string_view VerdictName(Verdict verdict);
// Whether visitors are served, be it badly.
inline bool Serves(Verdict verdict) {
  return verdict == Verdict::kUp || verdict == Verdict::kDegraded;
}

// What keeps votes from deciding; the first that applies.
enum class Shortfall {
  kNone,
  kVoters,
  kNetworks,
  kCountries,
  kTurnout,
  kRegions,
  kDownNetworks,  // of the DOWN voters: UNDECIDED; the others make BLIND
};

// A verdict with the figures that it rests on. Plain: to count allocates nothing.
struct Tally {
  Verdict verdict = Verdict::kBlind;
  Shortfall shortfall = Shortfall::kNone;
  int voters = 0;
  int abstainers = 0;
  int down_voters = 0;
  double weight_configured = 0;
  double weight_turned_out = 0;  // of all who vote
  double weight_voted = 0;       // the same, but a doubted DOWN weighs half
  double weight_down = 0;        // likewise
  double weight_degraded_or_worse = 0;
  double weight_down_at_origin = 0;  // of the DOWN voters: the origin itself answered an error
  double weight_down_by_name = 0;    // of the DOWN voters: the pinned address answers well
  int asns = 0;                      // of those who vote
  int countries = 0;                 // of those who vote
  int down_asns = 0;                 // of those who vote DOWN
  int regions = 0;                   // that vote, where the policy is nested
  double regions_weight_voted = 0;   // likewise
  double regions_weight_down = 0;    // likewise

  double down_share() const { return weight_voted > 0 ? weight_down / weight_voted : 0; }
  double turnout() const {
    return weight_configured > 0 ? weight_turned_out / weight_configured : 0;
  }
};

// What the vantages hold of one path, together; one standing for each, in the electorate's order.
// On kBlind and kUndecided callers keep what is: a partition that hides the agents must freeze DNS,
// never flip it. OSCILLATING counts as DEGRADED. Where the policy has regions, each votes as the
// share of its own voters says, or abstains below `min_turnout` of its weight, and the regions'
// votes are counted by their weights.
Tally Count(const Electorate& electorate, absl::Span<const Standing> standings);
// The same where the electorate is not kept.
Tally Count(const QuorumPolicy& policy, const Ballots& ballots);

// How one region votes, where the policy has regions; kBlind: it abstains. For people.
struct RegionVote {
  std::string region;  // empty: the vantages that are of none
  Verdict verdict = Verdict::kBlind;
  double weight = 0;
};
std::vector<RegionVote> CountEachRegion(const QuorumPolicy& policy, const Ballots& ballots);

// Whether `part` reaches `share` of `whole`, inclusive: what is reached on paper is reached here.
bool ReachesShare(double part, double share, double whole);

// The tally in words, for people; for BLIND and UNDECIDED what is missing.
std::string Words(const QuorumPolicy& policy, const Tally& tally);

}  // namespace lifeboat

#endif  // LIFEBOAT_CONTROLLER_QUORUM_QUORUM_H_
