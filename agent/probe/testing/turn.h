#ifndef LIFEBOAT_AGENT_PROBE_TESTING_TURN_H_
#define LIFEBOAT_AGENT_PROBE_TESTING_TURN_H_

#include <functional>

#include "absl/time/time.h"
#include "agent/probe/event_loop.h"

namespace lifeboat::agent {

// Runs `loop` until `done` holds, which is asked each millisecond, or for ten seconds. Returns
// whether it holds.
inline bool TurnUntil(EventLoop& loop, const std::function<bool()>& done) {
  const Instant limit = loop.Now() + absl::Seconds(10);
  std::function<void()> look = [&] {
    if (done() || loop.Now() > limit) return loop.Stop();
    loop.At(loop.Now() + absl::Milliseconds(1), look);
  };
  look();
  loop.Run();
  return done();
}

}  // namespace lifeboat::agent

#endif  // LIFEBOAT_AGENT_PROBE_TESTING_TURN_H_
