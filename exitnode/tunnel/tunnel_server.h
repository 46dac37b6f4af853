#ifndef LIFEBOAT_EXITNODE_TUNNEL_TUNNEL_SERVER_H_
#define LIFEBOAT_EXITNODE_TUNNEL_TUNNEL_SERVER_H_

#include <chrono>
#include <functional>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "asio/io_context.hpp"
#include "base/address.h"
#include "base/clock.h"
#include "base/log.h"
#include "exitnode/tunnel/service.h"
#include "exitnode/tunnel/service_spec.h"

namespace lifeboat::exitnode {

struct TunnelOptions {
  ServicePolicy services;
  // For everything up to the ack, on each connection to the tunnel port.
  std::chrono::milliseconds handshake_limit{5'000};
  int most_handshakes = 1024;  // pending at once
  int most_handshakes_per_source = 64;
};

// How many visitors fit `descriptors`, the process's limit: two each, beside what the rest needs.
int VisitorCap(uint64_t descriptors);

// The server side of the tunnel: takes in tunnel clients at one port and visitors at each
// service's, and brings them together. What strangers can do to the tunnel port is bounded in
// number, bytes and time; handshakes are never awaited in an accept loop.
//
// Lives on the one thread that runs its io_context: each call is made there, or before it runs.
// Destroying it cuts the streams when the io_context goes.
class TunnelServer {
 public:
  // `clock` and `log` outlive `io`. `on_change` is called on the io thread whenever a report has
  // changed in more than its counters.
  TunnelServer(asio::io_context& io, TunnelOptions options, const Clock& clock, Log& log,
               std::function<void()> on_change);
  ~TunnelServer();
  TunnelServer(const TunnelServer&) = delete;
  TunnelServer& operator=(const TunnelServer&) = delete;

  // Starts to take in tunnel clients. Once.
  absl::Status Start(const Endpoint& tunnel);
  // Where they come in, with the port that the kernel chose if it was to choose.
  Endpoint endpoint() const;

  // Makes the services exactly these; names are unique. Streams that run are not touched, whatever
  // becomes of their service.
  void Apply(const std::vector<ServiceSpec>& services);

  // The stand-by allow list. In force on return.
  void Admit(const IpAddress& address, Instant until);
  void Withdraw(const IpAddress& address);

  TunnelReport Report() const;
  // Closes every listener and session; streams run on until the io_context stops.
  void Stop();

 private:
  struct State;  // shared with the coroutines, which may outlive the server until the io_context
                 // ends
  const std::shared_ptr<State> state_;
};

}  // namespace lifeboat::exitnode

#endif  // LIFEBOAT_EXITNODE_TUNNEL_TUNNEL_SERVER_H_
