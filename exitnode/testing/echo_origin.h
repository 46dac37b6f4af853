#ifndef LIFEBOAT_EXITNODE_TESTING_ECHO_ORIGIN_H_
#define LIFEBOAT_EXITNODE_TESTING_ECHO_ORIGIN_H_

#include <array>
#include <memory>
#include <utility>

#include "asio/write.hpp"
#include "base/address.h"
#include "base/log.h"
#include "exitnode/tcp/socket.h"
#include "exitnode/testing/io_thread.h"

namespace lifeboat::exitnode {

// An origin that echoes all it hears and, once the visitor has finished, says "bye" and closes.
class EchoOrigin {
 public:
  explicit EchoOrigin(Log& log) {
    thread_.Run([this, &log] {
      acceptor_ = std::make_unique<Tcp::acceptor>(
          *Listen(thread_.io().get_executor(), Endpoint{*IpAddress::Parse("127.0.0.1"), 0}));
      endpoint_ = *Endpoint::FromSockaddr(acceptor_->local_endpoint().data());
      Spawn(acceptor_->get_executor(), Run(*acceptor_, log), log);
    });
  }

  ~EchoOrigin() { thread_.Stop(); }

  const Endpoint& endpoint() const { return endpoint_; }

 private:
  static asio::awaitable<void> Run(Tcp::acceptor& acceptor, Log& log) {
    const auto serve = [&log](Tcp::socket visitor, const Endpoint&) {
      const auto executor = visitor.get_executor();
      Spawn(executor, Echo(std::move(visitor)), log);
    };
    co_await AcceptConnections(acceptor, serve, log);
  }

  static asio::awaitable<void> Echo(Tcp::socket visitor) {
    std::array<char, 16384> buffer;
    while (true) {
      const auto [error, count] = co_await visitor.async_read_some(asio::buffer(buffer), kNoThrow);
      if (error && error != asio::error::eof) co_return;
      const auto answer = error ? asio::buffer("bye", 3) : asio::buffer(buffer.data(), count);
      const auto [failed, sent] = co_await asio::async_write(visitor, answer, kNoThrow);
      static_cast<void>(sent);
      if (error || failed) co_return;
    }
  }

  IoThread thread_;
  std::unique_ptr<Tcp::acceptor> acceptor_;
  Endpoint endpoint_;
};

}  // namespace lifeboat::exitnode

#endif  // LIFEBOAT_EXITNODE_TESTING_ECHO_ORIGIN_H_
