#ifndef LIFEBOAT_CONTROLLER_FAILOVER_ERRANDS_H_
#define LIFEBOAT_CONTROLLER_FAILOVER_ERRANDS_H_

#include <cstddef>
#include <deque>
#include <functional>
#include <thread>
#include <vector>

#include "base/mutex.h"

namespace lifeboat {

// Does jobs that may block for seconds side by side. Threads begin as they are needed and stay.
// Thread-safe.
class Errands {
 public:
  explicit Errands(size_t most_threads) : most_threads_(most_threads) {}
  // Finishes the jobs under way, drops those that wait.
  ~Errands();

  void Do(std::function<void()> job);

 private:
  void Run();

  const size_t most_threads_;
  Mutex mutex_;
  CondVar changed_;
  std::deque<std::function<void()>> waiting_ GUARDED_BY(mutex_);
  size_t idle_ GUARDED_BY(mutex_) = 0;  // threads
  bool ending_ GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_ GUARDED_BY(mutex_);
};

}  // namespace lifeboat

#endif  // LIFEBOAT_CONTROLLER_FAILOVER_ERRANDS_H_
