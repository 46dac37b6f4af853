#include "controller/quorum/dissent.h"

#include <algorithm>
#include <numeric>

#include "controller/quorum/electorate.h"
#include "controller/quorum/quorum.h"

namespace lifeboat {
namespace {

constexpr double kDoubtedFrom = 0.9;
constexpr double kBelievedBelow = 0.5;
constexpr absl::Duration kLongestGap = absl::Minutes(1);
constexpr absl::Duration kSettleEvery = absl::Seconds(30);  // while nothing changes
constexpr double kRounding = 1e-6;

// Whether a path serves; none: nobody can tell.
std::optional<bool> WhetherItServes(Verdict verdict) {
  if (verdict == Verdict::kBlind || verdict == Verdict::kUndecided) return std::nullopt;
  return verdict != Verdict::kDown;
}

}  // namespace

void VotingHour::Add(absl::Duration span, bool against) {
  double left = absl::ToDoubleSeconds(std::min(span, 2 * absl::Hours(1)));
  while (left > 0) {
    const double part = std::min(left, kSlice - filling_);
    left -= part;
    filling_ += part;
    if (against) against_[static_cast<size_t>(newest_)] += part;
    if (filling_ + kRounding < kSlice) break;
    held_ = std::min(held_ + 1, kSlices);
    newest_ = (newest_ + 1) % (kSlices + 1);
    against_[static_cast<size_t>(newest_)] = 0;
    filling_ = 0;
  }
}

double VotingHour::against_share() const {
  const double voted = held_ * kSlice + filling_;
  return voted > 0 ? std::accumulate(against_.begin(), against_.end(), 0.0) / voted : 0;
}

void DissentWatch::See(const QuorumPolicy& policy, const Ballots& ballots, Instant now) {
  if (!seen_at_) settled_at_ = now;
  if (seen_at_ && now - *seen_at_ > kLongestGap) {
    AddTime(*seen_at_);
    settled_at_ = now;
  }
  seen_at_ = now;
  const bool same = voters_.size() == ballots.size() &&
                    std::equal(voters_.begin(), voters_.end(), ballots.begin(),
                               [](const Voter& voter, const Ballot& ballot) {
                                 return voter.kind == ballot.vote.kind;
                               });
  if (same && now - settled_at_ < kSettleEvery) return;
  AddTime(now);
  voters_.resize(ballots.size());
  for (size_t i = 0; i < ballots.size(); ++i) voters_[i].kind = ballots[i].vote.kind;
  if (Believe() || !same) TakeStances(policy, ballots);
  if (Doubt()) TakeStances(policy, ballots);
}

void DissentWatch::AddTime(Instant now) {
  for (Voter& voter : voters_) {
    if (voter.stance == Stance::kNone) continue;
    voter.hour.Add(now - settled_at_, voter.stance == Stance::kAgainst);
  }
  settled_at_ = now;
}

bool DissentWatch::Believe() {
  bool changed = false;
  for (Voter& voter : voters_) {
    if (!voter.doubted || voter.hour.against_share() + kRounding >= kBelievedBelow) continue;
    voter.doubted = false;
    changed = true;
  }
  return changed;
}

// Only who stands against the others as votes are now: a vote that has just turned may be one that
// makes DOWN.
bool DissentWatch::Doubt() {
  bool changed = false;
  for (Voter& voter : voters_) {
    if (voter.doubted || voter.stance != Stance::kAgainst || !voter.hour.whole()) continue;
    voter.doubted = voter.hour.against_share() + kRounding >= kDoubtedFrom;
    changed |= voter.doubted;
  }
  return changed;
}

void DissentWatch::TakeStances(const QuorumPolicy& policy, const Ballots& ballots) {
  std::vector<Standing> standings;
  for (const Voter& voter : voters_) {
    standings.push_back({.kind = voter.kind, .doubted = voter.doubted});
  }
  const Electorate electorate(policy, ballots);
  const std::optional<bool> serves = WhetherItServes(Count(electorate, standings).verdict);
  for (size_t i = 0; i < voters_.size(); ++i) {
    Voter& voter = voters_[i];
    voter.stance = Stance::kNone;
    if (!serves || voter.kind == VoteKind::kAbstain) continue;
    if ((voter.kind != VoteKind::kDown) == *serves) {
      voter.stance = Stance::kWith;
      continue;
    }
    standings[i].kind = VoteKind::kAbstain;  // what do the others say without it?
    if (WhetherItServes(Count(electorate, standings).verdict) == serves)
      voter.stance = Stance::kAgainst;
    standings[i].kind = voter.kind;
  }
}

}  // namespace lifeboat
