#include "base/grpc_server.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "base/status.h"
#include "grpc/support/time.h"
#include "grpcpp/ext/proto_server_reflection_plugin.h"
#include "grpcpp/health_check_service_interface.h"
#include "grpcpp/server_builder.h"

namespace lifeboat {

absl::StatusOr<Endpoint> ParseGrpcPeer(absl::string_view peer) {
  if (!absl::ConsumePrefix(&peer, "ipv4:")) absl::ConsumePrefix(&peer, "ipv6:");
  return Endpoint::Parse(absl::StrReplaceAll(peer, {{"%5B", "["}, {"%5D", "]"}}));
}

// Sees each call before its service does. Whoever makes one has shown a certificate, for the
// handshake demands it: its connection is no stranger's any more. Intercepts nothing.
class GrpcServer::Greeter final : public grpc::experimental::ServerInterceptorFactoryInterface {
 public:
  explicit Greeter(Acceptor& acceptor) : acceptor_(acceptor) {}

  grpc::experimental::Interceptor* CreateServerInterceptor(
      grpc::experimental::ServerRpcInfo* call) override {
    if (!acceptor_.has_newcomers()) return nullptr;
    const auto peer = ParseGrpcPeer(call->server_context()->peer());
    if (peer.ok()) acceptor_.Authenticated(*peer);
    return nullptr;
  }

 private:
  Acceptor& acceptor_;
};

absl::StatusOr<std::unique_ptr<GrpcServer>> GrpcServer::Start(
    GrpcServerOptions options, const std::vector<grpc::Service*>& services, const Clock& clock,
    Log& log, prometheus::Registry& registry) {
  options.accept.newcomers.forgotten_after = options.handshake_limit + absl::Seconds(2);
  ASSIGN_OR_RETURN(auto acceptor, Acceptor::Listen(options.accept, clock, log, registry));
  auto server =
      std::unique_ptr<GrpcServer>(new GrpcServer(std::move(options), std::move(acceptor)));
  RETURN_IF_ERROR(server->Build(services));
  return server;
}

GrpcServer::GrpcServer(GrpcServerOptions options, std::unique_ptr<Acceptor> acceptor)
    : options_(std::move(options)), acceptor_(std::move(acceptor)) {}

GrpcServer::~GrpcServer() { Shutdown(absl::ZeroDuration()); }

absl::Status GrpcServer::Build(const std::vector<grpc::Service*>& services) {
  grpc::EnableDefaultHealthCheckService(true);
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  grpc::ServerBuilder builder;
  for (grpc::Service* service : services) builder.RegisterService(service);
  builder.SetMaxReceiveMessageSize(static_cast<int>(options_.largest_message_bytes));
  builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS,
                             static_cast<int>(absl::ToInt64Milliseconds(options_.handshake_limit)));
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 10'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 5'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  // NewChannel pings each 10 s; stricter bounds would call that abuse.
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 5'000);
  std::vector<std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>> greeters;
  greeters.push_back(std::make_unique<Greeter>(*acceptor_));
  builder.experimental().SetInterceptorCreators(std::move(greeters));
  hand_over_ = builder.experimental().AddExternalConnectionAcceptor(
      grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD,
      options_.credentials);
  server_ = builder.BuildAndStart();
  if (server_ == nullptr) {
    return absl::InternalError(
        absl::StrCat("gRPC did not start for ", acceptor_->local().ToString()));
  }
  acceptor_->Start([this](int descriptor) {
    grpc::experimental::ExternalConnectionAcceptor::NewConnectionParameters connection;
    connection.listener_fd = acceptor_->listener();
    connection.fd = descriptor;
    hand_over_->HandleNewConnection(&connection);
  });
  return absl::OkStatus();
}

void GrpcServer::SetServing(const std::string& service, bool serving) {
  server_->GetHealthCheckService()->SetServingStatus(service, serving);
}

void GrpcServer::Shutdown(absl::Duration drain) {
  acceptor_->Stop();
  if (server_ == nullptr) return;
  server_->Shutdown(
      gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC),
                   gpr_time_from_millis(absl::ToInt64Milliseconds(drain), GPR_TIMESPAN)));
  server_->Wait();
}

}  // namespace lifeboat
