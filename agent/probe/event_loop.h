#ifndef LIFEBOAT_AGENT_PROBE_EVENT_LOOP_H_
#define LIFEBOAT_AGENT_PROBE_EVENT_LOOP_H_

#include <sys/epoll.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/flat_hash_map.h"
#include "base/clock.h"
#include "base/mutex.h"

namespace lifeboat::agent {

// One thread's descriptors and timers (docs/decisions/009.md). All but Post and Stop belong to the
// thread that calls Run, or to the owner before and after it. Callbacks may watch, unwatch, set and
// cancel whatever they like, themselves included.
class EventLoop {
 public:
  using Ready = std::function<void(uint32_t events)>;  // EPOLLIN, EPOLLOUT, EPOLLERR, EPOLLHUP
  using Task = std::function<void()>;

  // A timer to be cancelled; good for one use, and harmless afterwards.
  struct TimerId {
    Instant at;
    uint64_t serial = 0;  // 0: none
    friend auto operator<=>(const TimerId&, const TimerId&) = default;
  };

  explicit EventLoop(const Clock& clock);
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  // Until Stop, and again until the next one. What was posted before Stop has run by its return.
  void Run();
  // Thread-safe.
  void Stop();
  // Runs `task` in the loop, soon. Thread-safe.
  void Post(Task task);

  // Calls `ready` whenever `fd` is ready for `events` (level triggered); replaces an earlier watch.
  void Watch(int fd, uint32_t events, Ready ready);
  // Before `fd` is closed, or just after.
  void Unwatch(int fd);

  TimerId At(Instant when, Task task);
  void Cancel(TimerId timer);

  // Called at the head of each turn, at least every 200 ms.
  void OnTurn(Task task) { on_turn_ = std::move(task); }

  Instant Now() const { return clock_.Now(); }

 private:
  struct Watched {
    uint32_t serial = 0;  // tells a descriptor from an earlier one of the same number
    std::shared_ptr<Ready> ready;
  };

  int WaitLimitMs() const;
  void RunPosted();
  void RunTimers();
  void Dispatch(const epoll_event& event);

  const Clock& clock_;
  const int epoll_fd_;
  const int wake_fd_;
  absl::flat_hash_map<int, Watched> watched_;
  uint32_t last_watch_ = 0;
  absl::btree_map<TimerId, Task> timers_;
  uint64_t last_timer_ = 0;
  Task on_turn_;
  std::atomic<bool> stopping_{false};

  Mutex mutex_;
  std::vector<Task> posted_ GUARDED_BY(mutex_);
};

}  // namespace lifeboat::agent

#endif  // LIFEBOAT_AGENT_PROBE_EVENT_LOOP_H_
