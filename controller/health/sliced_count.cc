#include "controller/health/sliced_count.h"

#include <algorithm>
#include <limits>

namespace lifeboat {

// Empties the slices that the window has left behind.
void SlicedCount::ForgetUntil(int64_t slice) {
  for (int64_t next = std::max(newest_ + 1, slice - kSlices + 1); next <= slice; ++next) {
    Slice& old = slices_[static_cast<size_t>(next % kSlices)];
    held_ -= old.results;
    bad_ -= old.bad;
    old = Slice{};
  }
  newest_ = std::max(newest_, slice);
}

void SlicedCount::Push(bool bad, Instant at) {
  const int64_t nanos = absl::ToInt64Nanoseconds(at.since_boot());
  if (nanos >= (newest_ + 1) * slice_ns_) ForgetUntil(nanos / slice_ns_);
  Slice& slice = slices_[static_cast<size_t>(newest_ % kSlices)];
  if (slice.results == std::numeric_limits<uint16_t>::max()) return;
  ++slice.results;
  ++held_;
  slice.bad = static_cast<uint16_t>(slice.bad + bad);
  bad_ += bad;
}

}  // namespace lifeboat
