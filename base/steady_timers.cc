#include "base/steady_timers.h"

#include <algorithm>

namespace lifeboat {
namespace {

int64_t Nanoseconds(Instant instant) { return absl::ToInt64Nanoseconds(instant.since_boot()); }

}  // namespace

SteadyTimers::SteadyTimers(const Clock& clock) : clock_(clock), thread_([this] { Run(); }) {}

SteadyTimers::~SteadyTimers() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
  }
  changed_.NotifyAll();
  thread_.join();
}

SteadyTimers::Handle SteadyTimers::RunAfter(absl::Duration delay, Task task) {
  MutexLock lock(mutex_);
  const Instant due = clock_.Now() + std::max(delay, absl::ZeroDuration());
  const Handle handle(Nanoseconds(due), ++last_number_);
  tasks_.emplace(handle, std::move(task));
  if (tasks_.begin()->first == handle) changed_.NotifyAll();
  return handle;
}

bool SteadyTimers::Cancel(const Handle& handle) {
  MutexLock lock(mutex_);
  return tasks_.erase(handle) == 1;
}

void SteadyTimers::Run() {
  MutexLock lock(mutex_);
  while (!stopping_) {
    const auto first = tasks_.begin();
    if (first == tasks_.end()) {
      changed_.Wait(mutex_);
      continue;
    }
    const int64_t wait = first->first.first - Nanoseconds(clock_.Now());
    if (wait > 0) {
      // A moment more: the wait rounds down to microseconds, and would spin the last one away.
      changed_.WaitFor(mutex_, absl::Nanoseconds(wait) + absl::Microseconds(1));
      continue;
    }
    Task task = std::move(first->second);
    tasks_.erase(first);
    mutex_.Unlock();
    task();
    task = nullptr;  // what it holds dies without the lock as well
    mutex_.Lock();
  }
}

}  // namespace lifeboat
