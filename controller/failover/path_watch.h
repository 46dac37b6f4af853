#ifndef LIFEBOAT_CONTROLLER_FAILOVER_PATH_WATCH_H_
#define LIFEBOAT_CONTROLLER_FAILOVER_PATH_WATCH_H_

#include <optional>

#include "absl/time/time.h"
#include "base/clock.h"
#include "controller/quorum/quorum.h"

namespace lifeboat {

// For how long a path has been what it is, on this controller's own clock and in its own life:
// after a restart evidence is gathered anew.
class PathWatch {
 public:
  // Takes the verdict as it is at `now`; calls may come at any pace, in order.
  // `blemished`: somebody sees less than UP, although the verdict is.
  void See(Verdict verdict, Instant now, bool blemished = false) {
    if (verdict != verdict_) since_ = now;
    verdict_ = verdict;
    Mark(verdict == Verdict::kDown, down_since_, now);
    Mark(verdict == Verdict::kUp && !blemished, clean_since_, now);
  }
  Verdict verdict() const { return verdict_.value_or(Verdict::kBlind); }
  absl::Duration verdict_for(Instant now) const { return now - since_; }
  // How long it has been DOWN without a break; zero unless it is. UNDECIDED and BLIND are a break:
  // a hold counts only what a quorum saw.
  absl::Duration down_for(Instant now) const { return Since(down_since_, now); }
  // How long it has been UP for everybody, without a break: nothing less counts as evidence.
  absl::Duration clean_for(Instant now) const { return Since(clean_since_, now); }

 private:
  static void Mark(bool holds, std::optional<Instant>& since, Instant now) {
    if (!holds) {
      since.reset();
    } else if (!since) {
      since = now;
    }
  }
  static absl::Duration Since(const std::optional<Instant>& since, Instant now) {
    return since ? now - *since : absl::ZeroDuration();
  }

  std::optional<Verdict> verdict_;
  Instant since_;
  std::optional<Instant> down_since_;
  std::optional<Instant> clean_since_;
};

}  // namespace lifeboat

#endif  // LIFEBOAT_CONTROLLER_FAILOVER_PATH_WATCH_H_
