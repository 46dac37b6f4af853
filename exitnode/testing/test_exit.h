#ifndef LIFEBOAT_EXITNODE_TESTING_TEST_EXIT_H_
#define LIFEBOAT_EXITNODE_TESTING_TEST_EXIT_H_

#include <chrono>
#include <optional>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/testing/eventually.h"
#include "exitnode/testing/io_thread.h"
#include "exitnode/tunnel/tunnel_server.h"

namespace lifeboat::exitnode {

// Brief limits, so that tests of them are brief.
inline TunnelOptions BriefOptions() {
  TunnelOptions options;
  options.services.visitor_addresses = {*IpAddress::Parse("127.0.0.1")};
  options.services.visitor_patience = std::chrono::milliseconds(5000);
  options.handshake_limit = std::chrono::milliseconds(400);
  return options;
}

inline ServiceSpec OpenService(absl::string_view name, absl::string_view token) {
  return {.name = std::string(name), .token = std::string(token), .tcp_ports = {0}, .open = true};
}

// A tunnel server on a thread of its own, at a port of the kernel's choice.
class TestExit {
 public:
  TestExit(const Clock& clock, Log& log, const TunnelOptions& options = BriefOptions(),
           std::optional<Endpoint> tunnel = std::nullopt) {
    thread_.Run([&] {
      server_.emplace(thread_.io(), options, clock, log, [] {});
      const Endpoint at = tunnel.value_or(Endpoint{*IpAddress::Parse("127.0.0.1"), 0});
      started_ = server_->Start(at);
      endpoint_ = server_->endpoint();
    });
  }
  ~TestExit() { thread_.Stop(); }

  const absl::Status& started() const { return started_; }
  const Endpoint& tunnel() const { return endpoint_; }

  void Apply(const std::vector<ServiceSpec>& services) {
    thread_.Run([&] { server_->Apply(services); });
  }
  TunnelReport Report() {
    return thread_.Run([&] { return server_->Report(); });
  }
  // Of the one service that the test has given.
  ServiceReport Service() { return Report().services.at(0); }
  Endpoint VisitorPort() { return Service().ports.at(0); }
  template <typename Function>
  auto Run(Function&& function) {
    return thread_.Run([&] { return function(*server_); });
  }

 private:
  IoThread thread_;
  std::optional<TunnelServer> server_;
  absl::Status started_;
  Endpoint endpoint_;
};

}  // namespace lifeboat::exitnode

#endif  // LIFEBOAT_EXITNODE_TESTING_TEST_EXIT_H_
