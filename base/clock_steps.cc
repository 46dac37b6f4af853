#include "base/clock_steps.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <utility>

namespace lifeboat {
namespace {

// Far in the future: the timer is only there to be cancelled by whoever sets the clock.
int Arm(const Descriptor& timer) {
  const itimerspec never{.it_interval = {}, .it_value = {.tv_sec = int64_t{1} << 40, .tv_nsec = 0}};
  return timerfd_settime(timer.get(), TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &never, nullptr);
}

}  // namespace

ClockSteps::ClockSteps(const Clock& clock, std::function<void(absl::Duration)> on_step)
    : clock_(clock),
      on_step_(std::move(on_step)),
      timer_(timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK)),
      stop_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      wall_minus_boot_(WallMinusBoot()) {
  if (!timer_.ok() || !stop_.ok() || Arm(timer_) != 0) return;
  thread_ = std::thread([this] { Run(); });
}

ClockSteps::~ClockSteps() {
  if (!watching()) return;
  eventfd_write(stop_.get(), 1);
  thread_.join();
}

void ClockSteps::Run() {
  std::array<pollfd, 2> waits = {pollfd{stop_.get(), POLLIN, 0}, {timer_.get(), POLLIN, 0}};
  while (true) {
    if (poll(waits.data(), waits.size(), -1) < 0) continue;  // a signal
    if (waits[0].revents != 0) return;
    uint64_t expirations;
    const bool stepped =
        read(timer_.get(), &expirations, sizeof(expirations)) < 0 && errno == ECANCELED;
    Arm(timer_);
    if (!stepped) continue;
    const absl::Duration before = std::exchange(wall_minus_boot_, WallMinusBoot());
    on_step_(wall_minus_boot_ - before);
  }
}

absl::Duration ClockSteps::WallMinusBoot() const {
  return clock_.WallNow() - absl::UnixEpoch() - clock_.Now().since_boot();
}

}  // namespace lifeboat
