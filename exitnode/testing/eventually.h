#ifndef LIFEBOAT_EXITNODE_TESTING_EVENTUALLY_H_
#define LIFEBOAT_EXITNODE_TESTING_EVENTUALLY_H_

#include <poll.h>

#include <chrono>
#include <functional>

namespace lifeboat::exitnode {

// Whether `condition` comes true within a few seconds.
inline bool Eventually(const std::function<bool()>& condition) {
  const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(8);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > limit) return false;
    poll(nullptr, 0, 5);
  }
  return true;
}

}  // namespace lifeboat::exitnode

#endif  // LIFEBOAT_EXITNODE_TESTING_EVENTUALLY_H_
