#ifndef LIFEBOAT_BASE_BACKOFF_H_
#define LIFEBOAT_BASE_BACKOFF_H_

#include "absl/random/bit_gen_ref.h"
#include "absl/time/time.h"

namespace lifeboat {

// How long to wait before the next try: exponential, with full jitter over the upper half, so that
// a fleet which lost its peer in the same instant does not come back in the same instant.
class Backoff {
 public:
  // `first` and `most` bound the wait before jitter; each failure doubles it.
  Backoff(absl::Duration first, absl::Duration most) : first_(first), most_(most) {}

  // The wait after one more failure: between half of the current bound and all of it.
  absl::Duration Next(absl::BitGenRef random);
  // After a success.
  void Reset() { failures_ = 0; }
  int failures() const { return failures_; }

 private:
  absl::Duration first_;
  absl::Duration most_;
  int failures_ = 0;
};

}  // namespace lifeboat

#endif  // LIFEBOAT_BASE_BACKOFF_H_
