#ifndef LIFEBOAT_CONTROLLER_ADMIN_WORKER_POOL_H_
#define LIFEBOAT_CONTROLLER_ADMIN_WORKER_POOL_H_

#include <cstddef>
#include <deque>
#include <functional>
#include <thread>
#include <vector>

#include "base/mutex.h"

namespace lifeboat::admin {

// Threads for what may block, so that gRPC's own never do. Thread-safe.
class WorkerPool {
 public:
  WorkerPool(int threads, size_t most_waiting);
  // Does all that waits, then ends.
  ~WorkerPool();

  // False when too much waits already: `job` is not done.
  bool Do(std::function<void()> job);

 private:
  void Run();

  const size_t most_waiting_;
  Mutex mutex_;
  CondVar changed_;
  std::deque<std::function<void()>> waiting_ GUARDED_BY(mutex_);
  bool ending_ GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace lifeboat::admin

#endif  // LIFEBOAT_CONTROLLER_ADMIN_WORKER_POOL_H_
