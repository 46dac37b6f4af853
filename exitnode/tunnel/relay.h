#ifndef LIFEBOAT_EXITNODE_TUNNEL_RELAY_H_
#define LIFEBOAT_EXITNODE_TUNNEL_RELAY_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "asio/awaitable.hpp"
#include "exitnode/tcp/socket.h"
#include "exitnode/tunnel/loan_pool.h"
#include "exitnode/tunnel/splice_pipe.h"

namespace lifeboat::exitnode {

// What all relays of one thread have in common. A direction borrows only while it has bytes to
// move, so that an idle one costs neither; where none is left it gets on with what it has.
class RelayPools {
 public:
  static constexpr size_t kBufferBytes = 64 * 1024;
  using Buffer = std::array<uint8_t, kBufferBytes>;

  // At most so many are out at once: 32 MB of buffers, and 64 MB in pipes if every one is full.
  explicit RelayPools(size_t most_buffers = 512, size_t most_pipes = 256);

  LoanPool<Buffer> buffers;
  LoanPool<SplicePipe> pipes;
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

// Passes bytes on both ways until both sides have ended: copies them, and splices them in a
// direction while there is always more. The end of one direction is passed on as such while the
// other goes on (half-close); a broken connection is passed on as a reset. Slow readers slow their
// writers. Both sockets are closed on return, and non-blocking from the start.
asio::awaitable<void> Relay(Tcp::socket& first, Tcp::socket& second, RelayPools& pools,
                            RelayMeter& meter);

}  // namespace lifeboat::exitnode

#endif  // LIFEBOAT_EXITNODE_TUNNEL_RELAY_H_
