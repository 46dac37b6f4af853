#ifndef LIFEBOAT_BASE_CLOCK_KICKER_H_
#define LIFEBOAT_BASE_CLOCK_KICKER_H_

#include <thread>

#include "base/mutex.h"

namespace lifeboat {

// Keeps gRPC's deadlines, alarms and keep-alives going when the wall clock is set back: gRPC 1.51
// waits for them on the wall clock, and would sleep as long as the step was
// (docs/decisions/006.md). Its timer thread is made to look at the time anew four times a second,
// so that a timer is late by at most that. One in each process that speaks gRPC, for as long as it
// does.
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
