#include "base/backoff.h"

#include <algorithm>

#include "absl/random/distributions.h"

namespace lifeboat {

absl::Duration Backoff::Next(absl::BitGenRef random) {
  constexpr int kMostDoublings = 30;  // past this every sensible `most` is reached
  const int doublings = std::min(failures_++, kMostDoublings);
  const absl::Duration bound = std::min(most_, first_ * (int64_t{1} << doublings));
  return bound * absl::Uniform(random, 0.5, 1.0);
}

}  // namespace lifeboat
