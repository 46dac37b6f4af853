#ifndef LIFEBOAT_CONTROLLER_QUORUM_QUORUM_H_
#define LIFEBOAT_CONTROLLER_QUORUM_QUORUM_H_

#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "controller/quorum/vote.h"

namespace lifeboat {

// How votes become a verdict.
struct QuorumPolicy {
  double share = 0.5;        // of the weight that votes; reaching it is enough
  int min_voters = 3;        // with fewer nobody can see
  int min_asns = 2;          // networks that the voters, and the DOWN voters, must span
  int min_countries = 1;     // countries that the voters must span
  double min_turnout = 0.5;  // share of the configured weight that must vote
  absl::Duration hold = absl::Seconds(10);  // how long DOWN must stand before an intent
};

enum class Verdict { kUp, kDegraded, kDown, kUndecided, kBlind };
absl::string_view VerdictName(Verdict verdict);

// A verdict with the figures that it rests on.
struct Tally {
  Verdict verdict = Verdict::kBlind;
  std::string why;  // in words; for BLIND and UNDECIDED what is missing
  int voters = 0;
  int abstainers = 0;
  int down_voters = 0;
  double weight_configured = 0;
  double weight_voted = 0;
  double weight_down = 0;
  double weight_degraded_or_worse = 0;
  int asns = 0;       // of those who vote
  int countries = 0;  // of those who vote
  int down_asns = 0;  // of those who vote DOWN

  double down_share() const { return weight_voted > 0 ? weight_down / weight_voted : 0; }
  double turnout() const { return weight_configured > 0 ? weight_voted / weight_configured : 0; }
};

// What the vantages hold of one path, together. On kBlind and kUndecided callers keep what is: a
// partition that hides the agents must freeze DNS, never flip it. OSCILLATING counts as DEGRADED.
Tally Count(const QuorumPolicy& policy, const Ballots& ballots);

}  // namespace lifeboat

#endif  // LIFEBOAT_CONTROLLER_QUORUM_QUORUM_H_
