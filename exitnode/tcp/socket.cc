#include "exitnode/tcp/socket.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cstring>
#include <exception>
#include <utility>

#include "absl/strings/str_cat.h"
#include "asio/co_spawn.hpp"
#include "asio/ip/v6_only.hpp"
#include "asio/read.hpp"
#include "asio/write.hpp"
#include "base/status.h"

namespace lifeboat::exitnode {
namespace {

constexpr std::chrono::milliseconds kPauseWithoutDescriptors(50);
constexpr std::chrono::minutes kBetweenComplaints(1);
constexpr int kBacklog = 4096;

// A socket whose peer has just left takes no options, and needs none.
void SetOption(int socket, int level, int option, int value) {
  setsockopt(socket, level, option, &value, sizeof value);
}

void KeepAlive(int socket) {
  SetOption(socket, SOL_SOCKET, SO_KEEPALIVE, 1);
  SetOption(socket, IPPROTO_TCP, TCP_KEEPIDLE, 20);
  SetOption(socket, IPPROTO_TCP, TCP_KEEPINTVL, 8);
  SetOption(socket, IPPROTO_TCP, TCP_KEEPCNT, 3);
}

// Whether the peer, and not this machine, made an accept fail.
bool IsPeersTrouble(const asio::error_code& error) {
  return error == asio::error::connection_aborted || error.value() == EPROTO;
}

asio::error_code OpenAndBind(Tcp::acceptor& acceptor, const Tcp::endpoint& endpoint) {
  asio::error_code error;
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(asio::socket_base::reuse_address(true), error);
  if (!error && endpoint.address().is_v6()) {
    acceptor.set_option(asio::ip::v6_only(!endpoint.address().is_unspecified()), error);
  }
  if (!error) acceptor.bind(endpoint, error);
  return error;
}

}  // namespace

absl::Status ToStatus(const asio::error_code& error, absl::string_view doing) {
  if (!error) return absl::OkStatus();
  const std::string words = absl::StrCat(doing, ": ", error.message());
  if (error == asio::error::operation_aborted || error == asio::error::bad_descriptor) {
    return absl::DeadlineExceededError(absl::StrCat(doing, ": not done in time"));
  }
  return absl::UnavailableError(words);
}

void PrepareStream(Tcp::socket& socket) {
  SetOption(socket.native_handle(), IPPROTO_TCP, TCP_NODELAY, 1);
  asio::error_code ignored;
  socket.non_blocking(true, ignored);
}

void KeepAlive(Tcp::socket& socket) { KeepAlive(socket.native_handle()); }

void Reset(Tcp::socket& socket) {
  asio::error_code ignored;
  socket.set_option(asio::socket_base::linger(true, 0), ignored);
  socket.close(ignored);
}

Endpoint RemoteEndpoint(const Tcp::socket& socket) {
  asio::error_code error;
  const Tcp::endpoint remote = socket.remote_endpoint(error);
  if (error) return {};
  return Endpoint::FromSockaddr(remote.data()).value_or(Endpoint{});
}

Deadline::Deadline(Tcp::socket& socket, std::chrono::steady_clock::duration limit)
    : state_(std::make_shared<State>(State{&socket})), timer_(socket.get_executor(), limit) {
  timer_.async_wait([state = state_](const asio::error_code& error) {
    if (error || state->socket == nullptr) return;
    state->passed = true;
    asio::error_code ignored;
    state->socket->close(ignored);
  });
}

Deadline::~Deadline() { state_->socket = nullptr; }

asio::awaitable<absl::Status> ReadExactly(Tcp::socket& socket, std::span<uint8_t> bytes) {
  const auto [error, count] =
      co_await asio::async_read(socket, asio::buffer(bytes.data(), bytes.size()), kNoThrow);
  if (error == asio::error::eof) {
    co_return absl::UnavailableError(
        absl::StrCat("the peer closed after ", count, " of ", bytes.size(), " bytes"));
  }
  co_return ToStatus(error, "reading");
}

asio::awaitable<absl::Status> WriteAll(Tcp::socket& socket, std::span<const uint8_t> bytes) {
  const auto [error, count] =
      co_await asio::async_write(socket, asio::buffer(bytes.data(), bytes.size()), kNoThrow);
  static_cast<void>(count);
  co_return ToStatus(error, "writing");
}

absl::StatusOr<Tcp::acceptor> Listen(const asio::any_io_executor& executor,
                                     const Endpoint& endpoint,
                                     const std::function<absl::Status(int)>& prepare) {
  Tcp::acceptor acceptor(executor);
  const std::string where = endpoint.ToString();
  sockaddr_storage storage{};
  const socklen_t length = endpoint.ToSockaddr(storage);
  Tcp::endpoint local;
  local.resize(length);
  std::memcpy(local.data(), &storage, length);
  asio::error_code error = OpenAndBind(acceptor, local);
  if (error == asio::error::address_family_not_supported && local.address().is_unspecified()) {
    error = OpenAndBind(acceptor, Tcp::endpoint(Tcp::v4(), endpoint.port));  // without IPv6
  }
  if (error) {
    return absl::UnavailableError(absl::StrCat("listening at ", where, ": ", error.message()));
  }
  if (prepare != nullptr) RETURN_IF_ERROR(prepare(acceptor.native_handle()));
  // Linux hands them down to each connection, which spares five calls for each.
  SetOption(acceptor.native_handle(), IPPROTO_TCP, TCP_NODELAY, 1);
  KeepAlive(acceptor.native_handle());
  acceptor.listen(kBacklog, error);
  if (error) {
    return absl::UnavailableError(absl::StrCat("listening at ", where, ": ", error.message()));
  }
  return acceptor;
}

asio::awaitable<void> AcceptConnections(Tcp::acceptor& acceptor, TakeConnection take, Log& log) {
  asio::steady_timer pause(acceptor.get_executor());
  auto complain_after = std::chrono::steady_clock::time_point::min();
  while (acceptor.is_open()) {
    Tcp::endpoint peer;
    auto [error, socket] = co_await acceptor.async_accept(peer, kNoThrow);
    if (!error) {
      socket.non_blocking(true, error);
      take(std::move(socket), Endpoint::FromSockaddr(peer.data()).value_or(Endpoint{}));
      continue;
    }
    if (!acceptor.is_open()) co_return;
    if (IsPeersTrouble(error)) continue;
    const auto now = std::chrono::steady_clock::now();
    if (now >= complain_after) {
      log.Warning("tcp", "cannot accept connections", {{"error", error.message()}});
      complain_after = now + kBetweenComplaints;
    }
    pause.expires_after(kPauseWithoutDescriptors);
    co_await pause.async_wait(kNoThrow);
  }
}

void Spawn(const asio::any_io_executor& executor, asio::awaitable<void> task, Log& log) {
  asio::co_spawn(executor, std::move(task), [&log](const std::exception_ptr& escaped) {
    if (escaped == nullptr) return;
    try {
      std::rethrow_exception(escaped);
    } catch (const std::exception& fault) {
      log.Error("tcp", "a task ended by an exception", {{"what", fault.what()}});
    }
  });
}

}  // namespace lifeboat::exitnode
