#include "agent/probe/event_loop.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>

namespace lifeboat::agent {
namespace {

constexpr int kLongestWaitMs = 200;

// Without these two descriptors there is no agent; they are made once, at its start.
int MustOpen(int fd, const char* what) {
  if (fd >= 0) return fd;
  std::perror(what);
  std::abort();
}

}  // namespace

EventLoop::EventLoop(const Clock& clock)
    : clock_(clock),
      epoll_fd_(MustOpen(epoll_create1(EPOLL_CLOEXEC), "epoll_create1")),
      wake_fd_(MustOpen(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd")) {
  Watch(wake_fd_, EPOLLIN, [this](uint32_t) {
    uint64_t count;
    while (read(wake_fd_, &count, sizeof(count)) < 0 && errno == EINTR) {
    }
  });
}

EventLoop::~EventLoop() {
  close(wake_fd_);
  close(epoll_fd_);
}

void EventLoop::Run() {
  std::array<epoll_event, 256> events;
  while (!stopping_) {
    const int ready = epoll_wait(epoll_fd_, events.data(), events.size(), WaitLimitMs());
    if (on_turn_) on_turn_();
    for (int i = 0; i < ready; ++i) Dispatch(events[i]);
    RunPosted();
    RunTimers();
  }
  stopping_ = false;
  RunPosted();
}

void EventLoop::Stop() {
  stopping_ = true;
  Post([] {});
}

void EventLoop::Post(Task task) {
  {
    MutexLock lock(mutex_);
    posted_.push_back(std::move(task));
  }
  const uint64_t one = 1;
  // Can only fail when the counter is full, and then the loop is awake anyway.
  while (write(wake_fd_, &one, sizeof(one)) < 0 && errno == EINTR) {
  }
}

void EventLoop::Watch(int fd, uint32_t events, Ready ready) {
  const bool known = watched_.contains(fd);
  Watched& watched = watched_[fd];
  if (!known) watched.serial = ++last_watch_;
  watched.ready = std::make_shared<Ready>(std::move(ready));
  epoll_event event{};
  event.events = events;
  event.data.u64 = static_cast<uint64_t>(watched.serial) << 32 | static_cast<uint32_t>(fd);
  // The descriptor may have been closed and opened anew behind our back: then it is not in the set.
  if (epoll_ctl(epoll_fd_, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event) < 0) {
    epoll_ctl(epoll_fd_, known ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, fd, &event);
  }
}

void EventLoop::Unwatch(int fd) {
  if (watched_.erase(fd) != 0) epoll_ctl(epoll_fd_, EPOLL_CTL_DEL, fd, nullptr);
}

EventLoop::TimerId EventLoop::At(Instant when, Task task) {
  const TimerId timer{when, ++last_timer_};
  timers_.emplace(timer, std::move(task));
  return timer;
}

void EventLoop::Cancel(TimerId timer) { timers_.erase(timer); }

int EventLoop::WaitLimitMs() const {
  if (timers_.empty()) return kLongestWaitMs;
  const absl::Duration wait = timers_.begin()->first.at - clock_.Now();
  if (wait <= absl::ZeroDuration()) return 0;
  const int64_t rounded_up = absl::ToInt64Milliseconds(wait + absl::Microseconds(999));
  return static_cast<int>(std::min<int64_t>(rounded_up, kLongestWaitMs));
}

void EventLoop::RunPosted() {
  std::vector<Task> tasks;
  {
    MutexLock lock(mutex_);
    tasks.swap(posted_);
  }
  for (const Task& task : tasks) task();
}

void EventLoop::RunTimers() {
  // Only those that exist now: a timer that sets another one for at once must not starve
  // descriptors.
  const uint64_t last = last_timer_;
  const Instant now = clock_.Now();
  for (auto next = timers_.begin(); next != timers_.end() && next->first.at <= now;) {
    if (next->first.serial > last) {
      ++next;
      continue;
    }
    const TimerId timer = next->first;
    const Task task = std::move(next->second);
    timers_.erase(next);
    task();
    next = timers_.upper_bound(timer);
  }
}

void EventLoop::Dispatch(const epoll_event& event) {
  const int fd = static_cast<int>(event.data.u64 & 0xffffffff);
  const auto found = watched_.find(fd);
  if (found == watched_.end() || found->second.serial != event.data.u64 >> 32) return;
  const std::shared_ptr<Ready> ready = found->second.ready;  // it may unwatch itself
  (*ready)(event.events);
}

}  // namespace lifeboat::agent
