#include "exitnode/tunnel/visitor_port.h"

#include <utility>

#include "base/status.h"

namespace lifeboat::exitnode {
namespace {

asio::awaitable<void> RunPort(std::shared_ptr<Tcp::acceptor> acceptor, TakeConnection take,
                              Log& log) {
  co_await AcceptConnections(*acceptor, std::move(take), log);
}

}  // namespace

absl::Status VisitorPort::Ensure(const FilterProgram* filter, const TakeConnection& take) {
  if (acceptor_ == nullptr) return Bind(filter, take);
  const int descriptor = acceptor_->native_handle();
  const absl::Status status =
      filter != nullptr ? AttachFilter(descriptor, *filter) : DetachFilter(descriptor);
  if (!status.ok() && filter != nullptr) Close();
  return status;
}

absl::Status VisitorPort::Bind(const FilterProgram* filter, const TakeConnection& take) {
  const auto darken = [filter](int socket) {
    return filter != nullptr ? AttachFilter(socket, *filter) : absl::OkStatus();
  };
  ASSIGN_OR_RETURN(Tcp::acceptor acceptor, Listen(executor_, endpoint_, darken));
  acceptor_ = std::make_shared<Tcp::acceptor>(std::move(acceptor));
  Spawn(executor_, RunPort(acceptor_, take, log_), log_);
  return absl::OkStatus();
}

void VisitorPort::Close() {
  if (acceptor_ == nullptr) return;
  asio::error_code ignored;
  acceptor_->close(ignored);
  acceptor_ = nullptr;
}

Endpoint VisitorPort::local_endpoint() const {
  if (acceptor_ == nullptr) return endpoint_;
  asio::error_code error;
  const Tcp::endpoint local = acceptor_->local_endpoint(error);
  if (error) return endpoint_;
  return Endpoint::FromSockaddr(local.data()).value_or(endpoint_);
}

}  // namespace lifeboat::exitnode
