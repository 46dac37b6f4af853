#include "agent/schedule/lag_window.h"

#include <algorithm>

namespace lifeboat::agent {

void LagWindow::Add(Instant at, absl::Duration late) {
  const Sample sample{at, std::max(late, absl::ZeroDuration())};
  if (ring_.size() < kMost) {
    ring_.push_back(sample);
    return;
  }
  ring_[next_] = sample;
  next_ = (next_ + 1) % kMost;
}

absl::Duration LagWindow::P99(Instant now) const {
  std::vector<absl::Duration> recent;
  recent.reserve(ring_.size());
  for (const Sample& sample : ring_) {
    if (now - sample.at <= Horizon()) recent.push_back(sample.late);
  }
  if (recent.empty()) return absl::ZeroDuration();
  // The smallest rank with at least 99 % of the samples at or below it.
  const size_t rank = (recent.size() * 99 + 99) / 100 - 1;
  std::nth_element(recent.begin(), recent.begin() + rank, recent.end());
  return recent[rank];
}

}  // namespace lifeboat::agent
