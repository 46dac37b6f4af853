#ifndef LIFEBOAT_BASE_CLOCK_H_
#define LIFEBOAT_BASE_CLOCK_H_

#include <compare>

#include "absl/time/time.h"

namespace lifeboat {

// A moment of CLOCK_BOOTTIME on this machine: monotonic, counts while suspended, and unmoved by
// whoever sets the wall clock. The only time that a decision may use.
class Instant {
 public:
  constexpr Instant() = default;  // the machine's boot
  static constexpr Instant SinceBoot(absl::Duration since_boot) { return Instant(since_boot); }
  constexpr absl::Duration since_boot() const { return since_boot_; }

  friend Instant operator+(Instant a, absl::Duration d) { return Instant(a.since_boot_ + d); }
  friend Instant operator-(Instant a, absl::Duration d) { return Instant(a.since_boot_ - d); }
  friend absl::Duration operator-(Instant a, Instant b) { return a.since_boot_ - b.since_boot_; }
  friend bool operator==(Instant a, Instant b) { return a.since_boot_ == b.since_boot_; }
  friend auto operator<=>(Instant a, Instant b) {
    return a.since_boot_ < b.since_boot_   ? std::strong_ordering::less
           : b.since_boot_ < a.since_boot_ ? std::strong_ordering::greater
                                           : std::strong_ordering::equal;
  }

 private:
  explicit constexpr Instant(absl::Duration since_boot) : since_boot_(since_boot) {}
  absl::Duration since_boot_ = absl::ZeroDuration();
};

// Thread-safe. `WallNow` is for logs, certificates, TSIG and people; it may jump either way.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Instant Now() const = 0;
  virtual absl::Time WallNow() const = 0;
};

class SystemClock final : public Clock {
 public:
  Instant Now() const override;
  absl::Time WallNow() const override;
};

}  // namespace lifeboat

#endif  // LIFEBOAT_BASE_CLOCK_H_
