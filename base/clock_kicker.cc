#include "base/clock_kicker.h"

#include "grpc/grpc.h"

// gRPC's own way to wake its timer thread, exported by the libgrpc of Debian 12 (1.51), the only
// one that Lifeboat runs with. Setting an Alarm is not enough: that wakes the thread only when it
// comes before all other timers, and so never once one of those is overdue.
void grpc_kick_poller();

namespace lifeboat {
namespace {

constexpr absl::Duration kBetweenKicks = absl::Milliseconds(250);

}  // namespace

ClockKicker::ClockKicker() {
  grpc_init();  // the timer thread lives from here on
  thread_ = std::thread([this] { Run(); });
}

ClockKicker::~ClockKicker() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
  }
  stop_.NotifyAll();
  thread_.join();
  grpc_shutdown();
}

void ClockKicker::Run() {
  MutexLock lock(mutex_);
  while (!stopping_) {
    stop_.WaitFor(mutex_, kBetweenKicks);
    grpc_kick_poller();
  }
}

}  // namespace lifeboat
