#ifndef LIFEBOAT_EXITNODE_TUNNEL_RELAY_H_
#define LIFEBOAT_EXITNODE_TUNNEL_RELAY_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "asio/awaitable.hpp"
#include "exitnode/tunnel/socket.h"

namespace lifeboat::exitnode {

// Buffers for copying. A connection borrows one only while it has bytes to move, so that an idle
// one costs none.
class BufferPool {
 public:
  static constexpr size_t kBufferBytes = 64 * 1024;
  using Buffer = std::array<uint8_t, kBufferBytes>;

  std::unique_ptr<Buffer> Take();
  void GiveBack(std::unique_ptr<Buffer> buffer);

 private:
  static constexpr size_t kMostKept = 64;
  std::vector<std::unique_ptr<Buffer>> kept_;
};

// Told of a relay's bytes as they are passed on.
class RelayMeter {
 public:
  virtual ~RelayMeter() = default;
  virtual void OnForward(size_t bytes) = 0;  // from the first socket to the second
  virtual void OnBack(size_t bytes) = 0;     // from the second to the first
};

// How a relay came to its end.
enum class RelayEnd {
  kFirstEnded,   // the first socket was the first to end its side, orderly or not
  kSecondEnded,  // the second was
};

// Copies both ways until both sides have ended. The end of one direction is passed on as such while
// the other goes on (half-close); a broken connection is passed on as a reset. Slow readers slow
// their writers. Both sockets are closed on return, and non-blocking from the start.
asio::awaitable<RelayEnd> Relay(Tcp::socket& first, Tcp::socket& second, BufferPool& buffers,
                                RelayMeter& meter);

}  // namespace lifeboat::exitnode

#endif  // LIFEBOAT_EXITNODE_TUNNEL_RELAY_H_
