#ifndef LIFEBOAT_BASE_STEADY_TIMERS_H_
#define LIFEBOAT_BASE_STEADY_TIMERS_H_

#include <cstdint>
#include <thread>
#include <utility>

#include "absl/container/btree_map.h"
#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "base/mutex.h"

namespace lifeboat {

// Runs things later, by a clock that nobody sets. Thread-safe.
class SteadyTimers {
 public:
  using Task = absl::AnyInvocable<void()>;
  // When it is due (nanoseconds of the machine's uptime) and a number of its own.
  using Handle = std::pair<int64_t, int64_t>;

  // `clock` outlives the timers.
  explicit SteadyTimers(const Clock& clock);
  // Drops what is not due yet. Not from a task.
  ~SteadyTimers();

  // Runs `task` on the timers' thread once `delay` has passed; it shall be short.
  Handle RunAfter(absl::Duration delay, Task task);
  // Whether the task had not begun and now never will.
  bool Cancel(const Handle& handle);

 private:
  void Run();

  const Clock& clock_;
  Mutex mutex_;
  CondVar changed_;
  absl::btree_map<Handle, Task> tasks_ GUARDED_BY(mutex_);
  int64_t last_number_ GUARDED_BY(mutex_) = 0;
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace lifeboat

#endif  // LIFEBOAT_BASE_STEADY_TIMERS_H_
