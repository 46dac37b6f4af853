#ifndef LIFEBOAT_EXITNODE_TCP_SOCKET_H_
#define LIFEBOAT_EXITNODE_TCP_SOCKET_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "asio/awaitable.hpp"
#include "asio/experimental/as_tuple.hpp"
#include "asio/ip/tcp.hpp"
#include "asio/steady_timer.hpp"
#include "asio/use_awaitable.hpp"
#include "base/address.h"
#include "base/log.h"

// The few moves that everything here makes with TCP sockets. Everything here runs on the one
// thread of its io_context.
namespace lifeboat::exitnode {

using Tcp = asio::ip::tcp;

// Awaits with (error, result) instead of an exception.
inline constexpr asio::experimental::as_tuple_t<asio::use_awaitable_t<>> kNoThrow{};

// The error of `doing`, in words; OK if there is none. DEADLINE_EXCEEDED where the socket was
// closed under the operation, which only a Deadline or a Stop does.
absl::Status ToStatus(const asio::error_code& error, absl::string_view doing);

// Sends small pieces at once, and makes the synchronous calls return instead of blocking. What
// AcceptConnections hands out is so already, and kept alive too.
void PrepareStream(Tcp::socket& socket);

// Finds a dead peer within 20 s + 3 × 8 s.
void KeepAlive(Tcp::socket& socket);

// Closes with a reset, so that the peer knows that this is no orderly end.
void Reset(Tcp::socket& socket);

// The peer's address, 0.0.0.0 port 0 if it is gone already.
Endpoint RemoteEndpoint(const Tcp::socket& socket);

// Closes `socket` if it lives for `limit`; what is then pending on it ends with an error. The
// socket stays where it is meanwhile.
class Deadline {
 public:
  Deadline(Tcp::socket& socket, std::chrono::steady_clock::duration limit);
  ~Deadline();
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

  bool passed() const { return state_->passed; }

 private:
  struct State {
    Tcp::socket* socket;  // null once the deadline is off
    bool passed = false;
  };
  const std::shared_ptr<State> state_;
  asio::steady_timer timer_;  // cancelled by its own destructor
};

// Reads until `bytes` is full. The caller holds a Deadline.
asio::awaitable<absl::Status> ReadExactly(Tcp::socket& socket, std::span<uint8_t> bytes);
asio::awaitable<absl::Status> WriteAll(Tcp::socket& socket, std::span<const uint8_t> bytes);

// Listens at `endpoint`; "::" takes IPv4 too, and alone where the machine has no IPv6. `prepare` is
// given the bound socket before it listens. What it accepts inherits its options. The error names
// the endpoint.
absl::StatusOr<Tcp::acceptor> Listen(const asio::any_io_executor& executor,
                                     const Endpoint& endpoint,
                                     const std::function<absl::Status(int)>& prepare = nullptr);

// Is given a connection and who has made it.
using TakeConnection = std::function<void(Tcp::socket, const Endpoint& peer)>;

// Hands each connection to `take`, until the acceptor, which Listen made, is closed. `take` starts
// what it starts and returns: nothing is awaited between two accepts. Without descriptors or memory
// it waits a moment and goes on, and says so once a minute.
asio::awaitable<void> AcceptConnections(Tcp::acceptor& acceptor, TakeConnection take, Log& log);

// Runs `task` on its own, from the root. Nothing should escape from it; what does is our fault, and
// is logged as such. `log` outlives the executor's work.
void Spawn(const asio::any_io_executor& executor, asio::awaitable<void> task, Log& log);

}  // namespace lifeboat::exitnode

#endif  // LIFEBOAT_EXITNODE_TCP_SOCKET_H_
