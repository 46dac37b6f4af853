#ifndef LIFEBOAT_CONTROLLER_FAILOVER_LEVER_STANDING_H_
#define LIFEBOAT_CONTROLLER_FAILOVER_LEVER_STANDING_H_

#include "absl/time/time.h"
#include "base/clock.h"
#include "controller/failover/lever.h"

namespace lifeboat {

// What a lever is taken for, from what its checks find one after another, and when it is checked
// next. A provider on a bad day answers now and then, so one result says little: people are told
// once that it fails, and once that it works again. A core.
//
// The first check is believed. After that three bad ones in a row make it what the last of them
// found, and five good ones in a row make it OK. A lever that is DOWN, FROZEN or UNAUTHORIZED and
// answers one good check is ERR from then on: worth a try, not yet to be relied on. The refusal of
// a pull is no check: whoever pulled remembers it for as long as its move goes on.
class LeverStanding {
 public:
  // To be checked at `now` for the first time, and each `usual` while all is well.
  LeverStanding(absl::Duration usual, Instant now) : usual_(usual), next_check_(now) {}

  // Takes what the check that began at `began` found; `jitter` is 0 to 1.
  void Take(LeverHealth found, Instant began, double jitter);
  const LeverHealth& health() const { return health_; }

  // When the next check is to begin: `usual` after the last while all is well; twice soon after a
  // first failure, so that it is known within two usual periods, and that one packet lost at the
  // start holds up nothing; then each 30 to 36 s, so that a provider that struggles is not asked
  // more than twice a minute.
  Instant next_check() const { return next_check_; }

 private:
  void Judge(LeverHealth found);
  absl::Duration NextIn(double jitter) const;

  const absl::Duration usual_;
  Instant next_check_;
  LeverHealth health_{LeverState::kUnchecked, "no check of it has ended yet"};
  int checks_ = 0;  // taken, as far as it matters
  int bad_run_ = 0;
  int good_run_ = 0;
};

}  // namespace lifeboat

#endif  // LIFEBOAT_CONTROLLER_FAILOVER_LEVER_STANDING_H_
