#include "controller/failover/errands.h"

#include <utility>

namespace lifeboat {

Errands::~Errands() {
  std::vector<std::thread> threads;
  {
    MutexLock lock(mutex_);
    ending_ = true;
    threads.swap(threads_);
    changed_.NotifyAll();
  }
  for (std::thread& thread : threads) thread.join();
}

void Errands::Do(std::function<void()> job) {
  MutexLock lock(mutex_);
  if (ending_) return;
  waiting_.push_back(std::move(job));
  if (idle_ < waiting_.size() && threads_.size() < most_threads_) {
    threads_.emplace_back([this] { Run(); });
  }
  changed_.NotifyOne();
}

void Errands::Run() {
  for (;;) {
    std::function<void()> job;
    {
      MutexLock lock(mutex_);
      ++idle_;
      while (waiting_.empty() && !ending_) changed_.Wait(mutex_);
      --idle_;
      if (ending_) return;
      job = std::move(waiting_.front());
      waiting_.pop_front();
    }
    job();
  }
}

}  // namespace lifeboat
