#ifndef LIFEBOAT_CONTROLLER_DNS_LEVER_STANDING_H_
#define LIFEBOAT_CONTROLLER_DNS_LEVER_STANDING_H_

#include "absl/time/time.h"
#include "controller/failover/lever.h"

namespace lifeboat {

// What a lever is taken for, from what its checks find one after another. A provider on a bad day
// answers now and then, so one result says little: people are told once that it fails, and once
// that it works again. A core.
//
// The first check is believed. After that three bad ones in a row make it what the last of them
// found, and five good ones in a row make it OK. A lever that is DOWN and answers one good check is
// ERR from then on: worth a try, not yet to be relied on.
class LeverStanding {
 public:
  // Takes what one check found.
  void Take(LeverHealth found);
  const LeverHealth& health() const { return health_; }

  // When to check next: `usual` while all is well; twice soon after a first failure, so that it is
  // known within two usual periods; then each 30 to 36 s (`jitter` is 0 to 1), so that a provider
  // that struggles is not asked more than twice a minute.
  absl::Duration NextCheckIn(absl::Duration usual, double jitter) const;

 private:
  LeverHealth health_;
  int bad_run_ = 0;
  int good_run_ = 0;
};

}  // namespace lifeboat

#endif  // LIFEBOAT_CONTROLLER_DNS_LEVER_STANDING_H_
