#include "base/signals.h"

#include <signal.h>

#include <initializer_list>

namespace lifeboat {
namespace {

sigset_t SetOf(std::initializer_list<int> members) {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int member : members) sigaddset(&signals, member);
  return signals;
}

}  // namespace

Signals::Signals() {
  const sigset_t steering = SetOf({SIGTERM, SIGINT, SIGHUP});
  pthread_sigmask(SIG_BLOCK, &steering, nullptr);
  signal(SIGPIPE, SIG_IGN);  // a peer that hangs up is an error of write(2), not our end
}

int Signals::Wait(const std::function<void()>& on_hangup) const {
  const sigset_t steering = SetOf({SIGTERM, SIGINT, SIGHUP});
  while (true) {
    int received = 0;
    if (sigwait(&steering, &received) != 0) continue;
    if (received == SIGHUP) {
      on_hangup();
      continue;
    }
    const sigset_t ending = SetOf({SIGTERM, SIGINT});
    pthread_sigmask(SIG_UNBLOCK, &ending, nullptr);
    return received;
  }
}

}  // namespace lifeboat
