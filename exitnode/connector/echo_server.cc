#include "exitnode/connector/echo_server.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "asio/buffer.hpp"
#include "asio/read_until.hpp"
#include "asio/write.hpp"
#include "base/status.h"
#include "exitnode/connector/echo_request.h"
#include "exitnode/tcp/socket.h"

namespace lifeboat::exitnode {

struct EchoServer::State : std::enable_shared_from_this<State> {
  State(asio::io_context& io, std::string key, std::string path, const EchoLimits& limits, Log& log)
      : executor(io.get_executor()),
        key(std::move(key)),
        path(std::move(path)),
        limits(limits),
        log(log),
        acceptor(io) {}

  static asio::awaitable<void> Run(std::shared_ptr<State> self);
  static asio::awaitable<void> Serve(std::shared_ptr<State> self, Tcp::socket socket);
  void Receive(Tcp::socket socket);
  asio::awaitable<std::string> Answer(Tcp::socket& socket);

  const asio::any_io_executor executor;
  const std::string key;  // secret
  const std::string path;
  const EchoLimits limits;
  Log& log;
  Tcp::acceptor acceptor;
  int inside = 0;
  EchoCounts counts;
};

asio::awaitable<void> EchoServer::State::Run(std::shared_ptr<State> self) {
  co_await AcceptConnections(
      self->acceptor,
      [state = self.get()](Tcp::socket socket, const Endpoint&) {
        state->Receive(std::move(socket));
      },
      self->log);
}

void EchoServer::State::Receive(Tcp::socket socket) {
  if (inside >= limits.most_connections) {
    ++counts.turned_away;
    return;
  }
  ++inside;
  Spawn(executor, Serve(shared_from_this(), std::move(socket)), log);
}

asio::awaitable<void> EchoServer::State::Serve(std::shared_ptr<State> self, Tcp::socket socket) {
  {
    const Deadline deadline(socket, self->limits.time);
    const std::string answer = co_await self->Answer(socket);
    if (!answer.empty()) co_await asio::async_write(socket, asio::buffer(answer), kNoThrow);
  }
  --self->inside;
}

// Empty where nobody waits for one.
asio::awaitable<std::string> EchoServer::State::Answer(Tcp::socket& socket) {
  std::string bytes;
  const auto [error, head_bytes] = co_await asio::async_read_until(
      socket, asio::dynamic_buffer(bytes, kMostEchoRequestBytes), "\r\n\r\n", kNoThrow);
  if (error) ++counts.refused;
  if (error == asio::error::not_found) co_return EchoResponse(431, "");
  if (error) co_return std::string();
  const EchoRequest request = ParseEchoRequest(absl::string_view(bytes).substr(0, head_bytes));
  ++(request.status == 200 ? counts.answered : counts.refused);
  if (request.status != 200) co_return EchoResponse(request.status, "");
  co_return EchoResponse(200, ToHex(EchoMac(key, path, request.nonce)));
}

absl::StatusOr<std::unique_ptr<EchoServer>> EchoServer::Start(asio::io_context& io, std::string key,
                                                              const EchoListener& listener,
                                                              Log& log, const EchoLimits& limits) {
  auto state = std::make_shared<State>(io, std::move(key), listener.path, limits, log);
  auto acceptor = Listen(state->executor, listener.listen);
  if (!acceptor.ok()) {
    return Annotate(acceptor.status(), absl::StrCat("the echo of path ", listener.path));
  }
  state->acceptor = *std::move(acceptor);
  Spawn(state->executor, State::Run(state), log);
  return std::unique_ptr<EchoServer>(new EchoServer(std::move(state)));
}

EchoServer::~EchoServer() {
  asio::error_code ignored;
  state_->acceptor.close(ignored);
}

Endpoint EchoServer::endpoint() const {
  asio::error_code error;
  const Tcp::endpoint local = state_->acceptor.local_endpoint(error);
  if (error) return {};
  return Endpoint::FromSockaddr(local.data()).value_or(Endpoint{});
}

const std::string& EchoServer::path() const { return state_->path; }

const EchoCounts& EchoServer::counts() const { return state_->counts; }

}  // namespace lifeboat::exitnode
