#ifndef LIFEBOAT_CONTROLLER_FAILOVER_LEVER_CHECKS_H_
#define LIFEBOAT_CONTROLLER_FAILOVER_LEVER_CHECKS_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/time.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "controller/failover/lever.h"
#include "controller/failover/lever_standing.h"

namespace lifeboat {

// Checks levers when their LeverStanding asks for it, each on a thread of its own: a check that
// hangs holds up neither a pull nor the checks of other levers. Thread-safe.
class LeverChecks {
 public:
  // Levers and clock outlive it. Each lever is checked at once, then each `usual` while it works.
  // `on_news` is called on threads of the checks whenever a lever is taken for something else.
  // `seed` feeds the jitter.
  LeverChecks(const std::vector<Lever*>& levers, absl::Duration usual, const Clock& clock,
              uint64_t seed, std::function<void()> on_news);
  // Waits for the checks under way.
  ~LeverChecks();

  // What `lever`, one of those given, is taken for.
  LeverHealth HealthOf(const Lever& lever) const;

 private:
  struct Seat {
    Lever* lever;
    LeverStanding standing;   // guarded by mutex_
    std::mt19937_64 random;   // its thread alone
    std::thread thread = {};  // begun last
  };

  void Run(Seat& seat);
  // False once the end has come.
  bool AwaitNextCheck(const Seat& seat);

  const Clock& clock_;
  const std::function<void()> on_news_;
  mutable Mutex mutex_;
  CondVar ended_;
  bool ending_ GUARDED_BY(mutex_) = false;
  std::vector<std::unique_ptr<Seat>> seats_;  // constant after construction
};

}  // namespace lifeboat

#endif  // LIFEBOAT_CONTROLLER_FAILOVER_LEVER_CHECKS_H_
