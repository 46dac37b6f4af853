#include "exitnode/connector/dial.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status.h"

namespace lifeboat::exitnode {
namespace {

asio::awaitable<absl::StatusOr<Tcp::socket>> ConnectOne(Tcp::endpoint endpoint,
                                                        std::chrono::milliseconds limit) {
  Tcp::socket socket(co_await asio::this_coro::executor);
  asio::error_code opening;
  socket.open(endpoint.protocol(), opening);
  if (opening) co_return ToStatus(opening, "opening a socket");
  PrepareStream(socket);
  const Deadline deadline(socket, limit);
  const auto [error] = co_await socket.async_connect(endpoint, kNoThrow);
  if (error) co_return ToStatus(error, "connecting");
  co_return std::move(socket);
}

}  // namespace

asio::awaitable<absl::StatusOr<std::vector<Tcp::endpoint>>> Resolve(HostPort target) {
  if (IpAddress::Parse(target.host).ok()) {
    co_return std::vector<Tcp::endpoint>{{asio::ip::make_address(target.host), target.port}};
  }
  Tcp::resolver resolver(co_await asio::this_coro::executor);
  const auto [error, results] = co_await resolver.async_resolve(
      target.host, std::to_string(target.port), Tcp::resolver::numeric_service, kNoThrow);
  if (error) co_return ToStatus(error, absl::StrCat("resolving ", target.host));
  std::vector<Tcp::endpoint> endpoints;
  for (const auto& result : results) endpoints.push_back(result.endpoint());
  co_return endpoints;
}

asio::awaitable<absl::StatusOr<Tcp::socket>> Connect(std::vector<Tcp::endpoint> endpoints,
                                                     std::chrono::milliseconds limit) {
  absl::Status last = absl::UnavailableError("the name has no address");
  for (const Tcp::endpoint& endpoint : endpoints) {
    absl::StatusOr<Tcp::socket> socket = co_await ConnectOne(endpoint, limit);
    if (socket.ok()) co_return std::move(socket);
    last = socket.status();
  }
  co_return last;
}

asio::awaitable<absl::StatusOr<Tcp::socket>> Dial(HostPort target,
                                                  std::chrono::milliseconds limit) {
  const std::string name = absl::StrCat(target.host, ":", target.port);
  auto endpoints = co_await Resolve(target);
  if (!endpoints.ok()) co_return endpoints.status();
  auto socket = co_await Connect(*std::move(endpoints), limit);
  if (!socket.ok()) co_return Annotate(socket.status(), name);
  co_return std::move(socket);
}

}  // namespace lifeboat::exitnode
