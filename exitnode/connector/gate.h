#ifndef LIFEBOAT_EXITNODE_CONNECTOR_GATE_H_
#define LIFEBOAT_EXITNODE_CONNECTOR_GATE_H_

#include <list>
#include <memory>

#include "asio/awaitable.hpp"
#include "asio/steady_timer.hpp"
#include "exitnode/tcp/socket.h"

namespace lifeboat::exitnode {

// Lets so many through at once; the others wait their turn. On one io_context's thread.
class Gate {
 public:
  Gate(const asio::any_io_executor& executor, int most) : executor_(executor), free_(most) {}

  // Must Leave.
  asio::awaitable<void> Enter();
  void Leave();

 private:
  const asio::any_io_executor executor_;
  int free_;
  std::list<std::shared_ptr<asio::steady_timer>> waiting_;  // cancelled when it is their turn
};

}  // namespace lifeboat::exitnode

#endif  // LIFEBOAT_EXITNODE_CONNECTOR_GATE_H_
