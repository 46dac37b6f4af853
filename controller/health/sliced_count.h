#ifndef LIFEBOAT_CONTROLLER_HEALTH_SLICED_COUNT_H_
#define LIFEBOAT_CONTROLLER_HEALTH_SLICED_COUNT_H_

#include <array>
#include <cstdint>

#include "base/clock.h"

namespace lifeboat {

// How many results came within a window that slides by sixteenths, and how many were bad. It holds
// at most 65,535 results a sixteenth; more say nothing more.
class SlicedCount {
 public:
  explicit SlicedCount(absl::Duration window)
      : slice_ns_(absl::ToInt64Nanoseconds(window / kSlices)) {}

  void Push(bool bad, Instant at);
  int held() const { return held_; }
  int bad() const { return bad_; }

 private:
  static constexpr int kSlices = 16;
  struct Slice {
    uint16_t results = 0;
    uint16_t bad = 0;
  };
  void ForgetUntil(int64_t slice);

  int64_t slice_ns_;
  int64_t newest_ = 0;  // number of the newest slice, counted from boot
  int held_ = 0;
  int bad_ = 0;
  std::array<Slice, kSlices> slices_;
};

}  // namespace lifeboat

#endif  // LIFEBOAT_CONTROLLER_HEALTH_SLICED_COUNT_H_
