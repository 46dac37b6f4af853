#ifndef LIFEBOAT_BASE_CLOCK_H_
#define LIFEBOAT_BASE_CLOCK_H_

#include <compare>
#include <cstdint>
#include <limits>

#include "absl/time/time.h"

namespace lifeboat {

// A moment of CLOCK_BOOTTIME on this machine: monotonic, counts while suspended, and unmoved by
// whoever sets the wall clock. The only time that a decision may use.
//
// Whole nanoseconds in 8 bytes, because an installation keeps a million of them and compares them
// with each observation. What lies more than 292 years off is infinitely far, and stays so.
class Instant {
 public:
  constexpr Instant() = default;  // the machine's boot
  static Instant SinceBoot(absl::Duration since_boot) {
    return Instant(absl::ToInt64Nanoseconds(since_boot));
  }
  absl::Duration since_boot() const { return Span(nanos_); }

  friend Instant operator+(Instant a, absl::Duration d) {
    return Instant(Sum(a.nanos_, absl::ToInt64Nanoseconds(d)));
  }
  // Not `a + -d`: the conversion of a negative span takes several times as long.
  friend Instant operator-(Instant a, absl::Duration d) {
    return Instant(Sum(a.nanos_, Negated(absl::ToInt64Nanoseconds(d))));
  }
  friend absl::Duration operator-(Instant a, Instant b) {
    // To a moment that is infinitely far it is so from everywhere.
    const int64_t back = Negated(b.nanos_);
    return Span(IsFar(back) ? back : Sum(a.nanos_, back));
  }
  friend auto operator<=>(Instant a, Instant b) = default;

 private:
  static constexpr int64_t kPast = std::numeric_limits<int64_t>::min();
  static constexpr int64_t kFuture = std::numeric_limits<int64_t>::max();

  explicit constexpr Instant(int64_t nanos) : nanos_(nanos) {}
  static constexpr bool IsFar(int64_t nanos) { return nanos == kPast || nanos == kFuture; }
  static constexpr int64_t Negated(int64_t nanos) {
    if (nanos == kPast) return kFuture;
    return nanos == kFuture ? kPast : -nanos;
  }
  static constexpr int64_t Sum(int64_t a, int64_t b) {
    int64_t sum = 0;
    if (IsFar(a)) return a;
    if (IsFar(b)) return b;
    return __builtin_add_overflow(a, b, &sum) ? (a < 0 ? kPast : kFuture) : sum;
  }
  static constexpr absl::Duration Span(int64_t nanos) {
    if (nanos == kFuture) return absl::InfiniteDuration();
    return nanos == kPast ? -absl::InfiniteDuration() : absl::Nanoseconds(nanos);
  }

  int64_t nanos_ = 0;
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
