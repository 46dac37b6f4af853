#ifndef LIFEBOAT_EXITNODE_TUNNEL_UDP_PORT_H_
#define LIFEBOAT_EXITNODE_TUNNEL_UDP_PORT_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "absl/status/status.h"
#include "asio/any_io_executor.hpp"
#include "asio/awaitable.hpp"
#include "base/address.h"
#include "base/clock.h"
#include "base/log.h"
#include "exitnode/guard/socket_filter.h"
#include "exitnode/tcp/socket.h"
#include "exitnode/udp/datagrams.h"

namespace lifeboat::exitnode {

struct UdpPolicy {
  size_t most_visitors = 10'000;  // of one port
  int most_visitors_per_source = 64;
  std::chrono::milliseconds write_limit{10'000};  // for one batch, on a data channel
};

// What a port needs of its service, and tells it. Called on the port's thread, and not after Close.
struct UdpHooks {
  // A data channel that has been told to carry datagrams; none: none came in time.
  std::function<asio::awaitable<std::optional<Tcp::socket>>()> start_channel;
  std::function<void(size_t)> on_in;   // payload bytes from a visitor
  std::function<void(size_t)> on_out;  // payload bytes to a visitor
};

struct UdpCounts {
  uint32_t visitors = 0;           // heard within the last two minutes
  uint64_t visitors_total = 0;     // those that came, and came again after a while
  uint64_t dropped_total = 0;      // datagrams without a channel, or of visitors over the limit
  uint64_t unsolicited_total = 0;  // frames for those who never asked
};

// One address and port where visitors send datagrams. It has a data channel of its own, so that an
// answer leaves by the port that was asked; one that breaks is replaced with the next datagram.
// While a channel is slow the kernel's buffer fills, and drops what does not fit.
class UdpPort {
 public:
  // `inbox` is shared by the ports of one thread. `clock`, `log` and `inbox` outlive the executor's
  // work.
  UdpPort(const asio::any_io_executor& executor, const Endpoint& endpoint, const UdpPolicy& policy,
          DatagramInbox& inbox, const Clock& clock, Log& log);
  ~UdpPort() { Close(); }
  UdpPort(const UdpPort&) = delete;
  UdpPort& operator=(const UdpPort&) = delete;

  // Binds if it is not bound yet, and makes the port as dark as `filter` says; null: open. A port
  // that cannot be made dark is closed again.
  absl::Status Ensure(const FilterProgram* filter, const UdpHooks& hooks);
  void Close();
  // Another tunnel client serves from now on: the next datagram asks it for a channel.
  void RenewChannel();
  // Once a second or so.
  void ForgetIdleVisitors();

  bool listening() const;
  UdpCounts counts() const;
  // With the port that the kernel chose, if it was to choose.
  Endpoint local_endpoint() const;

 private:
  struct State;  // shared with the coroutines
  const asio::any_io_executor executor_;
  const Endpoint endpoint_;
  const UdpPolicy policy_;
  DatagramInbox& inbox_;
  const Clock& clock_;
  Log& log_;
  std::shared_ptr<State> state_;  // null while it is not bound
};

}  // namespace lifeboat::exitnode

#endif  // LIFEBOAT_EXITNODE_TUNNEL_UDP_PORT_H_
