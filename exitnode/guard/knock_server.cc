#include "exitnode/guard/knock_server.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "asio/buffer.hpp"
#include "asio/read_until.hpp"
#include "asio/ssl.hpp"
#include "asio/write.hpp"
#include "base/status.h"
#include "exitnode/guard/admission.h"
#include "exitnode/guard/failure_ledger.h"
#include "exitnode/guard/knock_request.h"
#include "exitnode/tcp/socket.h"

namespace lifeboat::exitnode {
namespace {

using TlsStream = asio::ssl::stream<Tcp::socket>;

constexpr std::chrono::seconds kBetweenReloads(10);

absl::StatusOr<std::shared_ptr<asio::ssl::context>> NewContext(const LoadedIdentity& identity) {
  ASSIGN_OR_RETURN(SslContext context, NewServerContext(identity));
  return std::make_shared<asio::ssl::context>(context.release());
}

}  // namespace

struct KnockServer::State : std::enable_shared_from_this<State> {
  State(asio::io_context& io, const KnockOptions& options, Door& door, const Clock& clock, Log& log)
      : executor(io.get_executor()),
        options(options),
        door(door),
        clock(clock),
        log(log),
        acceptor(io),
        reload(io),
        inside(options.most_connections, options.most_connections_per_source) {}

  absl::Status Load();
  static asio::awaitable<void> RunPort(std::shared_ptr<State> self);
  static asio::awaitable<void> RunReloads(std::shared_ptr<State> self);
  static asio::awaitable<void> Serve(std::shared_ptr<State> self, Tcp::socket socket,
                                     Endpoint client);
  void Receive(Tcp::socket socket, const Endpoint& client);
  asio::awaitable<absl::Status> Converse(TlsStream& stream, const Endpoint& client);
  asio::awaitable<std::string> Answer(TlsStream& stream, const Endpoint& client,
                                      absl::Status& refusal);
  absl::Status Act(KnockRequest request, const IpAddress& address);

  const asio::any_io_executor executor;
  const KnockOptions options;
  Door& door;
  const Clock& clock;
  Log& log;
  Tcp::acceptor acceptor;
  asio::steady_timer reload;
  LoadedIdentity identity;
  std::shared_ptr<asio::ssl::context> tls;  // connections keep the one that they began with
  std::string reload_fault;
  Admission inside;
  FailureLedger failures;
  KnockCounts counts;
};

absl::Status KnockServer::State::Load() {
  ASSIGN_OR_RETURN(LoadedIdentity loaded, LoadIdentity(options.files, clock.WallNow()));
  if (tls != nullptr && loaded.certificate == identity.certificate && loaded.ca == identity.ca) {
    return absl::OkStatus();
  }
  if (tls != nullptr && loaded.identity != identity.identity) {
    return absl::FailedPreconditionError(
        absl::StrCat(options.files.certificate, " is now ", loaded.identity.Uri(), ", we are ",
                     identity.identity.Uri(), "; restart to become another"));
  }
  ASSIGN_OR_RETURN(tls, NewContext(loaded));
  identity = std::move(loaded);
  return absl::OkStatus();
}

asio::awaitable<void> KnockServer::State::RunReloads(std::shared_ptr<State> self) {
  while (self->acceptor.is_open()) {
    self->reload.expires_after(kBetweenReloads);
    co_await self->reload.async_wait(kNoThrow);
    const std::string fault = Words(self->Load());
    if (fault != self->reload_fault && fault != "OK") {
      self->log.Error("knock", "the changed certificate is not used", {{"why", fault}});
    }
    self->reload_fault = fault;
  }
}

asio::awaitable<void> KnockServer::State::RunPort(std::shared_ptr<State> self) {
  co_await AcceptConnections(
      self->acceptor,
      [state = self.get()](Tcp::socket socket, const Endpoint& client) {
        state->Receive(std::move(socket), client);
      },
      self->log);
}

void KnockServer::State::Receive(Tcp::socket socket, const Endpoint& client) {
  if (!inside.TryEnter(client.address)) {
    ++counts.turned_away;
    return;
  }
  Spawn(executor, Serve(shared_from_this(), std::move(socket), client), log);
}

asio::awaitable<void> KnockServer::State::Serve(std::shared_ptr<State> self, Tcp::socket socket,
                                                Endpoint client) {
  const std::shared_ptr<asio::ssl::context> tls = self->tls;
  TlsStream stream(std::move(socket), *tls);
  const absl::Status served = co_await self->Converse(stream, client);
  self->inside.Leave(client.address);
  if (served.ok()) co_return;
  ++self->counts.refused;
  const uint64_t times = self->failures.Count(client.address);
  if (!IsWorthTelling(times)) co_return;
  self->log.Warning(
      "knock", "a knock was refused",
      {{"client", client.address.ToString()}, {"times", times}, {"why", Words(served)}});
}

// From the handshake to the end of the connection; says why there was no knock.
asio::awaitable<absl::Status> KnockServer::State::Converse(TlsStream& stream,
                                                           const Endpoint& client) {
  const Deadline deadline(stream.next_layer(), options.limit);
  const auto [failed] = co_await stream.async_handshake(asio::ssl::stream_base::server, kNoThrow);
  if (deadline.passed()) co_return absl::DeadlineExceededError("TLS was not done in time");
  if (failed) co_return absl::UnauthenticatedError(absl::StrCat("TLS: ", failed.message()));
  absl::Status refusal;
  const std::string answer = co_await Answer(stream, client, refusal);
  if (!answer.empty()) {
    co_await asio::async_write(stream, asio::buffer(answer), kNoThrow);
    co_await stream.async_shutdown(kNoThrow);
  }
  co_return refusal;
}

asio::awaitable<std::string> KnockServer::State::Answer(TlsStream& stream, const Endpoint& client,
                                                        absl::Status& refusal) {
  std::string bytes;
  const auto [error, head_bytes] = co_await asio::async_read_until(
      stream, asio::dynamic_buffer(bytes, kMostKnockBytes), "\r\n\r\n", kNoThrow);
  if (error == asio::error::not_found) {
    refusal = absl::InvalidArgumentError("a request of more than 4 KB");
    co_return HttpAnswer(431, "a knock is shorter");
  }
  refusal = ToStatus(error, "reading the request");
  if (!refusal.ok()) co_return std::string();
  const absl::StatusOr<Identity> peer = VerifyPeerIdentity(
      stream.native_handle(), PeerPolicy{identity.identity.trust_domain, {Role::kAgent}});
  refusal = peer.status();
  if (!refusal.ok()) co_return HttpAnswer(403, Words(refusal));
  const KnockRequest request = ParseKnock(absl::string_view(bytes).substr(0, head_bytes));
  if (request != KnockRequest::kOpen && request != KnockRequest::kWithdraw) {
    refusal = absl::InvalidArgumentError("not a knock");
    co_return HttpAnswer(RefusalStatus(request), "POST /knock or DELETE /knock, without a body");
  }
  refusal = Act(request, client.address);
  co_return refusal.ok() ? HttpAnswer(204, "") : HttpAnswer(503, Words(refusal));
}

absl::Status KnockServer::State::Act(KnockRequest request, const IpAddress& address) {
  if (request == KnockRequest::kWithdraw) {
    RETURN_IF_ERROR(door.Close(address));
    ++counts.withdrawn;
    return absl::OkStatus();
  }
  RETURN_IF_ERROR(door.Open(address, clock.Now() + options.open_for));
  ++counts.opened;
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<KnockServer>> KnockServer::Start(asio::io_context& io,
                                                                const KnockOptions& options,
                                                                Door& door, const Clock& clock,
                                                                Log& log) {
  auto state = std::make_shared<State>(io, options, door, clock, log);
  RETURN_IF_ERROR(state->Load());
  ASSIGN_OR_RETURN(state->acceptor, Listen(state->executor, options.listen));
  Spawn(state->executor, State::RunPort(state), log);
  Spawn(state->executor, State::RunReloads(state), log);
  return std::unique_ptr<KnockServer>(new KnockServer(std::move(state)));
}

KnockServer::~KnockServer() {
  asio::error_code ignored;
  state_->acceptor.close(ignored);
  state_->reload.cancel();
}

Endpoint KnockServer::endpoint() const {
  asio::error_code error;
  const Tcp::endpoint local = state_->acceptor.local_endpoint(error);
  if (error) return {};
  return Endpoint::FromSockaddr(local.data()).value_or(Endpoint{});
}

const KnockCounts& KnockServer::counts() const { return state_->counts; }

}  // namespace lifeboat::exitnode
