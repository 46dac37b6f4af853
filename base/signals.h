#ifndef LIFEBOAT_BASE_SIGNALS_H_
#define LIFEBOAT_BASE_SIGNALS_H_

#include <functional>

namespace lifeboat {

// The signals that a program is steered by: SIGTERM and SIGINT end it, SIGHUP makes it read its
// configuration anew, SIGPIPE is ignored. Made at the beginning of main, before any thread, so that
// every thread inherits the blocked set and only Wait receives them.
class Signals {
 public:
  Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  // Returns the signal that ends the program; calls `on_hangup` for each SIGHUP meanwhile. After
  // the return one more SIGTERM or SIGINT ends the program at once: whoever sends it twice does not
  // want to wait for a tidy end.
  int Wait(const std::function<void()>& on_hangup) const;
};

}  // namespace lifeboat

#endif  // LIFEBOAT_BASE_SIGNALS_H_
