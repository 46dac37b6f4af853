#ifndef LIFEBOAT_BASE_GRPC_TLS_H_
#define LIFEBOAT_BASE_GRPC_TLS_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/tls.h"
#include "grpcpp/channel.h"
#include "grpcpp/security/credentials.h"
#include "grpcpp/security/server_credentials.h"
#include "grpcpp/server_context.h"

namespace lifeboat {

// Mutual TLS for a gRPC server: a client must show a certificate of our authority. Which roles may
// call is PeerIdentity's to say in each call, so that the refusal reaches the caller in words. The
// files are looked at anew at each handshake, without a timer that a stepped clock could stall;
// while changed files are faulty or name another identity, the last good ones are kept and the
// fault is logged once. `clock` and `log` outlive the result; the result outlives its servers.
absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> ServerCredentials(const TlsFiles& files,
                                                                           const Clock& clock,
                                                                           Log& log);

// Mutual TLS for a gRPC client: the server must meet `servers`, whatever its host name. A refusal
// is UNAVAILABLE and carries the reason. Call LoadIdentity first: faulty files do not fail here,
// calls wait for better ones. Changed files count from the next connection on, at most 10 s later;
// after a wall clock stepped back, as much later as the step (gRPC's own watcher).
std::shared_ptr<grpc::ChannelCredentials> ClientCredentials(const TlsFiles& files,
                                                            PeerPolicy servers);

// A channel with keep-alive that notices a dead peer within 15 s, and quick reconnection.
// `target` is "host:port". Proxies from the environment are not used.
std::shared_ptr<grpc::Channel> NewChannel(
    const std::string& target, const std::shared_ptr<grpc::ChannelCredentials>& credentials);

// Who calls, from its verified certificate. UNAUTHENTICATED or PERMISSION_DENIED, as CheckPeer.
absl::StatusOr<Identity> PeerIdentity(const grpc::ServerContextBase& context,
                                      const PeerPolicy& policy);

}  // namespace lifeboat

#endif  // LIFEBOAT_BASE_GRPC_TLS_H_
