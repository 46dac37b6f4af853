#ifndef LIFEBOAT_CONTROLLER_QUORUM_TESTING_BALLOTS_H_
#define LIFEBOAT_CONTROLLER_QUORUM_TESTING_BALLOTS_H_

#include <cstdint>
#include <string>

#include "controller/quorum/vote.h"

namespace lifeboat {

// One character per vantage: U up, g degraded, O oscillating, D down, _ abstains. Vantages sit in
// networks 1, 2, 3 … unless `asns` says otherwise, one digit each.
inline Ballots ParseBallots(const std::string& votes, const std::string& asns = "123456789") {
  Ballots ballots;
  for (size_t i = 0; i < votes.size(); ++i) {
    Ballot ballot;
    ballot.vantage = {.name = std::string(1, static_cast<char>('a' + i)),
                      .weight = 1,
                      .asn = static_cast<uint32_t>(asns[i] - '0'),
                      .country = std::string(1, asns[i]),
                      .continent = ""};
    ballot.vote.kind = votes[i] == 'U'   ? VoteKind::kUp
                       : votes[i] == 'g' ? VoteKind::kDegraded
                       : votes[i] == 'O' ? VoteKind::kOscillating
                       : votes[i] == 'D' ? VoteKind::kDown
                                         : VoteKind::kAbstain;
    ballots.push_back(ballot);
  }
  return ballots;
}

}  // namespace lifeboat

#endif  // LIFEBOAT_CONTROLLER_QUORUM_TESTING_BALLOTS_H_
