#ifndef LIFEBOAT_BASE_SHUTDOWN_H_
#define LIFEBOAT_BASE_SHUTDOWN_H_

#include <signal.h>

#include <functional>

namespace lifeboat {

// The signals of a program's life. Make it first in main, before any thread: it blocks SIGTERM,
// SIGINT and SIGHUP for this thread and all that it starts later, and ignores SIGPIPE.
class Shutdown {
 public:
  Shutdown();
  Shutdown(const Shutdown&) = delete;
  Shutdown& operator=(const Shutdown&) = delete;

  // Returns the signal, SIGTERM or SIGINT, that asks the program to end; until then runs `reload`
  // on this thread at each SIGHUP. After the return a second such signal ends the program at once:
  // whoever sends it twice does not want to wait.
  int Wait(const std::function<void()>& reload = [] {});
  // As if SIGTERM had come. From any thread.
  void Request();

 private:
  sigset_t signals_;
};

}  // namespace lifeboat

#endif  // LIFEBOAT_BASE_SHUTDOWN_H_
