#include "base/signals.h"

#include <signal.h>

namespace lifeboat {
namespace {

sigset_t Steering() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGHUP);
  return signals;
}

}  // namespace

Signals::Signals() {
  const sigset_t signals = Steering();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
}

int Signals::Wait(const std::function<void()>& on_hangup) const {
  const sigset_t signals = Steering();
  for (;;) {
    int received = 0;
    if (sigwait(&signals, &received) != 0) continue;
    if (received != SIGHUP) return received;
    on_hangup();
  }
}

}  // namespace lifeboat
