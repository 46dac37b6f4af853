#ifndef LIFEBOAT_BASE_TESTING_FAKE_CLOCK_H_
#define LIFEBOAT_BASE_TESTING_FAKE_CLOCK_H_

#include "base/clock.h"
#include "base/mutex.h"

namespace lifeboat {

// A clock that moves only when told. Thread-safe.
class FakeClock final : public Clock {
 public:
  Instant Now() const override {
    MutexLock lock(mutex_);
    return now_;
  }
  absl::Time WallNow() const override {
    MutexLock lock(mutex_);
    return wall_;
  }
  void Advance(absl::Duration by) {
    MutexLock lock(mutex_);
    now_ = now_ + by;
    wall_ += by;
  }
  // Steps the wall clock alone, as NTP or a person would.
  void StepWall(absl::Duration by) {
    MutexLock lock(mutex_);
    wall_ += by;
  }

 private:
  mutable Mutex mutex_;
  Instant now_ GUARDED_BY(mutex_) = Instant::SinceBoot(absl::Hours(1));
  absl::Time wall_ GUARDED_BY(mutex_) = absl::FromUnixSeconds(1'700'000'000);
};

}  // namespace lifeboat

#endif  // LIFEBOAT_BASE_TESTING_FAKE_CLOCK_H_
