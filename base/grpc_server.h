#ifndef LIFEBOAT_BASE_GRPC_SERVER_H_
#define LIFEBOAT_BASE_GRPC_SERVER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/acceptor.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "grpcpp/security/server_credentials.h"
#include "grpcpp/server.h"
#include "grpcpp/server_builder.h"
#include "grpcpp/support/server_interceptor.h"

namespace lifeboat {

struct GrpcServerOptions {
  AcceptorOptions accept;  // where to listen, and how many strangers to bear
  std::shared_ptr<grpc::ServerCredentials> credentials;
  absl::Duration handshake_limit = absl::Seconds(10);  // to a caller's first frame
  size_t largest_message_bytes = 4 << 20;              // received
};

// A gRPC server on a port of our own (docs/decisions/005.md): with health service and reflection,
// and serving again as soon as whatever kept it from accepting is over. Its limits in time lean on
// a ClockKicker somewhere in the process.
class GrpcServer {
 public:
  // Serves `services`, which outlive the result, as do `clock`, `log` and `registry`. Fails with
  // the address in its words when that cannot be had.
  static absl::StatusOr<std::unique_ptr<GrpcServer>> Start(
      GrpcServerOptions options, const std::vector<grpc::Service*>& services, const Clock& clock,
      Log& log, prometheus::Registry& registry);
  // Shuts down without patience if Shutdown was not called.
  ~GrpcServer();

  uint16_t port() const { return acceptor_->local().port; }
  const Endpoint& local() const { return acceptor_->local(); }

  // What the health service answers for `service` ("" is the whole); serving from the start.
  void SetServing(const std::string& service, bool serving);
  // Closes the port, lets calls end for `drain`, cancels the rest, and returns when all are done.
  void Shutdown(absl::Duration drain);

 private:
  class Greeter;

  GrpcServer(GrpcServerOptions options, std::unique_ptr<Acceptor> acceptor);
  absl::Status Build(const std::vector<grpc::Service*>& services);

  const GrpcServerOptions options_;
  const std::unique_ptr<Acceptor> acceptor_;
  std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> hand_over_;
  std::unique_ptr<grpc::Server> server_;
};

// The endpoint in what gRPC calls a peer: "ipv4:192.0.2.1:99", "ipv6:%5B2001:db8::1%5D:99".
absl::StatusOr<Endpoint> ParseGrpcPeer(absl::string_view peer);

}  // namespace lifeboat

#endif  // LIFEBOAT_BASE_GRPC_SERVER_H_
