#ifndef LIFEBOAT_BASE_CLOCK_KICKER_H_
#define LIFEBOAT_BASE_CLOCK_KICKER_H_

#include <thread>

#include "base/clock.h"
#include "base/mutex.h"

namespace lifeboat {

// Keeps gRPC going when the wall clock is set back: gRPC 1.51 waits on the wall clock, and would
// sleep as long as the step was (docs/decisions/006.md). Deadlines, alarms, keep-alives: its timer
// thread is made to look at the time anew four times a second, so they are late by at most that.
// Reconnection: gRPC's event engine gets timers of ours. One in each process that speaks gRPC; made
// before the first channel or server, and ends after the last.
class ClockKicker {
 public:
  ClockKicker();
  ~ClockKicker();
  ClockKicker(const ClockKicker&) = delete;
  ClockKicker& operator=(const ClockKicker&) = delete;

 private:
  void Run();

  Mutex mutex_;
  CondVar stop_;
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace lifeboat

#endif  // LIFEBOAT_BASE_CLOCK_KICKER_H_
