#include "controller/admin/what_if.h"

#include <algorithm>
#include <vector>

#include "absl/functional/function_ref.h"

namespace lifeboat::admin {
namespace {

// Turns the votes that `turns` picks into `kind`, one after another, until the verdict is `enough`.
std::optional<int> TurnsUntil(const PathSnapshot& path, const QuorumPolicy& policy,
                              absl::FunctionRef<bool(VoteKind)> turns, VoteKind kind,
                              absl::FunctionRef<bool(Verdict)> enough) {
  Ballots ballots = path.ballots;
  std::vector<Ballot*> order;
  for (Ballot& ballot : ballots) {
    if (turns(ballot.vote.kind)) order.push_back(&ballot);
  }
  std::stable_sort(order.begin(), order.end(), [](const Ballot* a, const Ballot* b) {
    const bool a_votes = a->vote.kind != VoteKind::kAbstain;
    const bool b_votes = b->vote.kind != VoteKind::kAbstain;
    return a_votes != b_votes ? a_votes : a->vantage.weight > b->vantage.weight;
  });
  int turned = 0;
  while (!enough(Count(policy, ballots).verdict)) {
    if (turned == static_cast<int>(order.size())) return std::nullopt;
    Vote& vote = order[static_cast<size_t>(turned++)]->vote;
    vote = Vote{.kind = kind};
    vote.abstention = kind == VoteKind::kAbstain ? Abstention::kDisconnected : Abstention::kNone;
  }
  return turned;
}

bool Votes(VoteKind kind) { return kind != VoteKind::kAbstain; }

}  // namespace

std::optional<int> TurnsToDown(const PathSnapshot& path, const QuorumPolicy& policy) {
  const auto turns = [](VoteKind kind) { return Votes(kind) && kind != VoteKind::kDown; };
  return TurnsUntil(path, policy, turns, VoteKind::kDown,
                    [](Verdict verdict) { return verdict == Verdict::kDown; });
}

int TurnsFromDown(const PathSnapshot& path, const QuorumPolicy& policy) {
  return TurnsUntil(
             path, policy, [](VoteKind kind) { return kind == VoteKind::kDown; }, VoteKind::kUp,
             [](Verdict verdict) { return verdict != Verdict::kDown; })
      .value_or(0);
}

std::optional<int> TurnsToUp(const PathSnapshot& path, const QuorumPolicy& policy) {
  return TurnsUntil(
      path, policy, [](VoteKind kind) { return kind != VoteKind::kUp; }, VoteKind::kUp,
      [](Verdict verdict) { return verdict == Verdict::kUp; });
}

std::optional<int> TurnsToSight(const PathSnapshot& path, const QuorumPolicy& policy) {
  return TurnsUntil(
      path, policy, [](VoteKind kind) { return !Votes(kind); }, VoteKind::kUp,
      [](Verdict verdict) { return verdict != Verdict::kBlind; });
}

int SilencesToBlind(const PathSnapshot& path, const QuorumPolicy& policy) {
  return TurnsUntil(path, policy, Votes, VoteKind::kAbstain,
                    [](Verdict verdict) { return verdict == Verdict::kBlind; })
      .value_or(0);
}

}  // namespace lifeboat::admin
