#ifndef LIFEBOAT_BASE_TESTING_CROWD_H_
#define LIFEBOAT_BASE_TESTING_CROWD_H_

#include <sys/types.h>

#include <cstdint>

namespace lifeboat {

// Idle TCP strangers in a process of their own, so that their descriptors are not the test's. Make
// it before any thread or server: it forks.
class Crowd {
 public:
  Crowd();
  ~Crowd();
  Crowd(const Crowd&) = delete;
  Crowd& operator=(const Crowd&) = delete;

  // Connects `count` times to 127.0.0.1:port from 127.0.9.1, says nothing on any, and keeps them
  // all. Returns how many the kernel connected.
  int Come(uint16_t port, int count);
  // Closes them all.
  void Leave();

 private:
  struct Order {
    uint16_t port;
    int count;  // 0: leave
  };
  [[noreturn]] static void Live(int orders, int answers);
  int Tell(Order order);

  pid_t child_ = -1;
  int orders_ = -1;
  int answers_ = -1;
};

}  // namespace lifeboat

#endif  // LIFEBOAT_BASE_TESTING_CROWD_H_
