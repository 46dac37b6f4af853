#include "controller/failover/lever_standing.h"

#include <algorithm>
#include <utility>

namespace lifeboat {
namespace {

constexpr int kBadToBelieve = 3;
constexpr int kGoodToTrust = 5;
constexpr absl::Duration kSoon = absl::Seconds(2);
constexpr absl::Duration kPatient = absl::Seconds(30);

bool IsDead(LeverState state) {
  return state == LeverState::kDown || state == LeverState::kFrozen ||
         state == LeverState::kUnauthorized;
}

}  // namespace

void LeverStanding::Take(LeverHealth found, Instant began, double jitter) {
  checks_ = std::min(checks_ + 1, kBadToBelieve);
  Judge(std::move(found));
  next_check_ = began + NextIn(jitter);
}

void LeverStanding::Judge(LeverHealth found) {
  const bool first = health_.state == LeverState::kUnchecked;
  if (found.state == LeverState::kOk) {
    bad_run_ = 0;
    ++good_run_;
    if (first || good_run_ >= kGoodToTrust) health_ = std::move(found);
    if (IsDead(health_.state)) {
      health_ = {LeverState::kErr, "it answers again, and is not relied on yet"};
    }
    return;
  }
  good_run_ = 0;
  ++bad_run_;
  if (first || bad_run_ >= kBadToBelieve) health_ = std::move(found);
}

absl::Duration LeverStanding::NextIn(double jitter) const {
  const bool new_failure =
      bad_run_ > 0 && (health_.state == LeverState::kOk || checks_ < kBadToBelieve);
  if (new_failure) return std::min(usual_, kSoon);
  if (health_.state == LeverState::kOk) return usual_;
  return kPatient * (1 + 0.2 * jitter);
}

}  // namespace lifeboat
