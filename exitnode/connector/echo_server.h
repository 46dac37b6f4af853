#ifndef LIFEBOAT_EXITNODE_CONNECTOR_ECHO_SERVER_H_
#define LIFEBOAT_EXITNODE_CONNECTOR_ECHO_SERVER_H_

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "asio/io_context.hpp"
#include "base/address.h"
#include "base/log.h"

namespace lifeboat::exitnode {

// One path's listener of a service's origin echo.
struct EchoListener {
  std::string path;  // "edge" or "exit/<name>": it goes into the answer
  Endpoint listen;
};

struct EchoLimits {
  std::chrono::milliseconds time{3'000};  // of one connection, from the accept to the end
  int most_connections = 256;             // more are closed at once
};

// Since the start.
struct EchoCounts {
  uint64_t answered = 0;
  uint64_t refused = 0;      // what was asked is no nonce, or was not asked in time
  uint64_t turned_away = 0;  // over the limit
};

// Proves that whoever asks has reached the origin by this very path: answers a nonce with
// HMAC-SHA256(key, path ‖ nonce). Speaks clear HTTP/1.1 to the one who ends TLS at the origin.
//
// Lives on the one thread that runs its io_context.
class EchoServer {
 public:
  // `log` outlives `io`. Fails where the address is taken; the error names it.
  static absl::StatusOr<std::unique_ptr<EchoServer>> Start(asio::io_context& io, std::string key,
                                                           const EchoListener& listener, Log& log,
                                                           const EchoLimits& limits = {});
  ~EchoServer();
  EchoServer(const EchoServer&) = delete;
  EchoServer& operator=(const EchoServer&) = delete;

  Endpoint endpoint() const;
  const std::string& path() const;
  const EchoCounts& counts() const;

 private:
  struct State;
  explicit EchoServer(std::shared_ptr<State> state) : state_(std::move(state)) {}
  const std::shared_ptr<State> state_;
};

}  // namespace lifeboat::exitnode

#endif  // LIFEBOAT_EXITNODE_CONNECTOR_ECHO_SERVER_H_
