#ifndef LIFEBOAT_BASE_MUTEX_H_
#define LIFEBOAT_BASE_MUTEX_H_

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"

#ifndef GUARDED_BY
#define GUARDED_BY(x) ABSL_GUARDED_BY(x)
#endif

namespace lifeboat {

// std::mutex with thread-safety annotations. Not absl::Mutex: its timed waits follow the wall
// clock, and ThreadSanitizer under GCC does not understand it (docs/decisions/004.md).
class ABSL_LOCKABLE Mutex {
 public:
  void Lock() ABSL_EXCLUSIVE_LOCK_FUNCTION() { mutex_.lock(); }
  void Unlock() ABSL_UNLOCK_FUNCTION() { mutex_.unlock(); }

 private:
  friend class CondVar;
  std::mutex mutex_;
};

class ABSL_SCOPED_LOCKABLE MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) ABSL_EXCLUSIVE_LOCK_FUNCTION(mutex) : mutex_(mutex) {
    mutex_.Lock();
  }
  ~MutexLock() ABSL_UNLOCK_FUNCTION() { mutex_.Unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mutex_;
};

// Waits run on the monotonic clock. The caller holds `mutex`, and tests its condition in a loop.
class CondVar {
 public:
  void Wait(Mutex& mutex) {
    std::unique_lock<std::mutex> lock(mutex.mutex_, std::adopt_lock);
    condition_.wait(lock);
    lock.release();
  }
  // Returns false once `limit` has passed without a notification.
  bool WaitFor(Mutex& mutex, absl::Duration limit) {
    std::unique_lock<std::mutex> lock(mutex.mutex_, std::adopt_lock);
    // Until a steady deadline: wait_for of GCC 12 does the same; the bound keeps the sum in range.
    const auto deadline = std::chrono::steady_clock::now() +
                          absl::ToChronoMicroseconds(std::min(limit, absl::Hours(24 * 365)));
    const bool notified = condition_.wait_until(lock, deadline) == std::cv_status::no_timeout;
    lock.release();
    return notified;
  }
  void NotifyOne() { condition_.notify_one(); }
  void NotifyAll() { condition_.notify_all(); }

 private:
  std::condition_variable condition_;
};

}  // namespace lifeboat

#endif  // LIFEBOAT_BASE_MUTEX_H_
