#include "base/shutdown.h"

#include <unistd.h>

#include <csignal>

namespace lifeboat {

Shutdown::Shutdown() {
  sigemptyset(&signals_);
  for (const int watched : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals_, watched);
  pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
  std::signal(SIGPIPE, SIG_IGN);  // a peer that hangs up is an error of write(2), not our end
}

int Shutdown::Wait(const std::function<void()>& reload) {
  while (true) {
    int caught = 0;
    if (sigwait(&signals_, &caught) != 0) continue;
    if (caught != SIGHUP) {
      sigset_t deadly;
      sigemptyset(&deadly);
      sigaddset(&deadly, SIGTERM);
      sigaddset(&deadly, SIGINT);
      pthread_sigmask(SIG_UNBLOCK, &deadly, nullptr);
      return caught;
    }
    reload();
  }
}

void Shutdown::Request() { kill(getpid(), SIGTERM); }

}  // namespace lifeboat
