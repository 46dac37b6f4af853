#ifndef LIFEBOAT_CONTROLLER_FAILOVER_TESTING_DOOR_H_
#define LIFEBOAT_CONTROLLER_FAILOVER_TESTING_DOOR_H_

#include "base/mutex.h"

namespace lifeboat {

// A door at which threads wait until the test opens it. Thread-safe.
class Door {
 public:
  explicit Door(bool open) : open_(open) {}
  void Open(bool open = true) {
    MutexLock lock(mutex_);
    open_ = open;
    changed_.NotifyAll();
  }
  void Pass() {
    MutexLock lock(mutex_);
    ++came_;
    changed_.NotifyAll();
    while (!open_) changed_.Wait(mutex_);
  }
  // Until so many have come, whether they passed or still wait.
  void AwaitComers(int n) {
    MutexLock lock(mutex_);
    while (came_ < n) changed_.Wait(mutex_);
  }
  int came() const {
    MutexLock lock(mutex_);
    return came_;
  }

 private:
  mutable Mutex mutex_;
  CondVar changed_;
  bool open_ GUARDED_BY(mutex_);
  int came_ GUARDED_BY(mutex_) = 0;
};

}  // namespace lifeboat

#endif  // LIFEBOAT_CONTROLLER_FAILOVER_TESTING_DOOR_H_
