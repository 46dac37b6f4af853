#ifndef LIFEBOAT_EXITNODE_CONNECTOR_DIAL_H_
#define LIFEBOAT_EXITNODE_CONNECTOR_DIAL_H_

#include <chrono>
#include <vector>

#include "absl/status/statusor.h"
#include "asio/awaitable.hpp"
#include "base/address.h"
#include "exitnode/tcp/socket.h"

namespace lifeboat::exitnode {

// The addresses of `target` at this moment, in the resolver's order. UNAVAILABLE, naming the host,
// where it does not resolve. An address is taken as it is, without a resolver.
asio::awaitable<absl::StatusOr<std::vector<Tcp::endpoint>>> Resolve(HostPort target);

// A connection to the first of `endpoints` that takes one within `limit`, prepared as a stream. The
// error is the last one's.
asio::awaitable<absl::StatusOr<Tcp::socket>> Connect(std::vector<Tcp::endpoint> endpoints,
                                                     std::chrono::milliseconds limit);

// Both, one after the other; the error names `target`.
asio::awaitable<absl::StatusOr<Tcp::socket>> Dial(HostPort target, std::chrono::milliseconds limit);

}  // namespace lifeboat::exitnode

#endif  // LIFEBOAT_EXITNODE_CONNECTOR_DIAL_H_
