#ifndef LIFEBOAT_CONTROLLER_QUORUM_DISSENT_H_
#define LIFEBOAT_CONTROLLER_QUORUM_DISSENT_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "controller/quorum/quorum_policy.h"
#include "controller/quorum/vote.h"

namespace lifeboat {

// The last hour of one vantage's voting time, as whole slices and one that fills: how much of it
// was spent against the others. Time without a vote is no part of it.
class VotingHour {
 public:
  void Add(absl::Duration span, bool against);
  bool whole() const { return held_ == kSlices; }
  double against_share() const;

 private:
  static constexpr int kSlices = 12;
  static constexpr double kSlice = 3600.0 / kSlices;  // seconds

  std::array<double, kSlices + 1> against_{};  // seconds, by slice
  double filling_ = 0;                         // seconds in the newest slice
  int newest_ = 0;
  int held_ = 0;  // whole slices
};

// Which vantages have long stood against all others on one path: such a one is doubted, its DOWN
// weighs half there. From 0.9 of an hour of its voting time on, until less than half of the last
// hour is left.
//
// To stand against is to say DOWN of a path that serves, or that it serves where it is DOWN, by the
// verdict of all and by that of all others; where the others alone make no quorum there is nobody
// to stand against. So a doubt is born only where it changes no DOWN; it makes the next one harder.
class DissentWatch {
 public:
  // The votes on the path as they stand at `now`; calls come in order, one a minute at least, or
  // what was meanwhile counts for nothing. One ballot for each vantage, always in the same order.
  void See(const QuorumPolicy& policy, const Ballots& ballots, Instant now);
  // The vantage is given by its place among the ballots.
  bool Doubts(size_t vantage) const { return vantage < voters_.size() && voters_[vantage].doubted; }

 private:
  enum class Stance : uint8_t { kNone, kWith, kAgainst };
  struct Voter {
    VoteKind kind = VoteKind::kAbstain;
    Stance stance = Stance::kNone;
    bool doubted = false;
    VotingHour hour;
  };

  // Adds what has passed until `now` to the hours of those who vote.
  void AddTime(Instant now);
  // Ends doubts, and begins them: whether one has changed.
  bool Believe();
  bool Doubt();
  // Who stands where, by the votes as they are now.
  void TakeStances(const QuorumPolicy& policy, const Ballots& ballots);

  std::vector<Voter> voters_;
  std::optional<Instant> seen_at_;
  Instant settled_at_;
};

}  // namespace lifeboat

#endif  // LIFEBOAT_CONTROLLER_QUORUM_DISSENT_H_
