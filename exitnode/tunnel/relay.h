#ifndef LIFEBOAT_EXITNODE_TUNNEL_RELAY_H_
#define LIFEBOAT_EXITNODE_TUNNEL_RELAY_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "asio/awaitable.hpp"
#include "exitnode/tcp/socket.h"

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

// The two sockets of a relay, in the order in which it was given them.
enum class RelaySide { kFirst, kSecond };

// Told of what a relay does, as it does it.
class RelayMeter {
 public:
  virtual ~RelayMeter() = default;
  virtual void OnForward(size_t bytes) = 0;  // passed on from the first socket to the second
  virtual void OnBack(size_t bytes) = 0;     // from the second to the first
  // `side` has ended, orderly or not, and the other had not. Once.
  virtual void OnFirstEnd(RelaySide side) = 0;
};

// Copies both ways until both sides have ended. The end of one direction is passed on as such while
// the other goes on (half-close); a broken connection is passed on as a reset. Slow readers slow
// their writers. Both sockets are closed on return, and non-blocking from the start.
asio::awaitable<void> Relay(Tcp::socket& first, Tcp::socket& second, BufferPool& buffers,
                            RelayMeter& meter);

}  // namespace lifeboat::exitnode

#endif  // LIFEBOAT_EXITNODE_TUNNEL_RELAY_H_
