#ifndef LIFEBOAT_EXITNODE_TUNNEL_THREAD_H_
#define LIFEBOAT_EXITNODE_TUNNEL_THREAD_H_

#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "asio/executor_work_guard.hpp"
#include "asio/io_context.hpp"
#include "base/address.h"
#include "base/clock.h"
#include "base/log.h"
#include "exitnode/control/exit_control.h"
#include "exitnode/guard/knock_server.h"
#include "exitnode/tunnel/tunnel_server.h"

namespace lifeboat::exitnode {

// The tunnel server on its own thread, for those who live on others. Thread-safe.
class TunnelThread final : public DataPlane, public Door {
 public:
  // Listens for tunnel clients at `tunnel`. `on_change` runs on the tunnel's thread and shall not
  // wait for it. `clock` and `log` outlive the result.
  static absl::StatusOr<std::unique_ptr<TunnelThread>> Start(const Endpoint& tunnel,
                                                             const TunnelOptions& options,
                                                             const Clock& clock, Log& log,
                                                             std::function<void()> on_change);
  // Cuts every stream.
  ~TunnelThread() override;

  absl::Status Apply(const std::vector<ServiceSpec>& services) override;
  absl::StatusOr<TunnelReport> Report() override;
  absl::Status Open(const IpAddress& address, Instant until) override;
  absl::Status Close(const IpAddress& address) override;
  // Where tunnel clients come in.
  const Endpoint& endpoint() const { return endpoint_; }

 private:
  TunnelThread() : work_(io_.get_executor()) {}
  template <typename Result>
  absl::StatusOr<Result> Ask(std::function<Result(TunnelServer&)> question);
  absl::Status Tell(std::function<void(TunnelServer&)> order);

  asio::io_context io_{1};
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  std::optional<TunnelServer> server_;
  Endpoint endpoint_;
  std::thread thread_;
};

}  // namespace lifeboat::exitnode

#endif  // LIFEBOAT_EXITNODE_TUNNEL_THREAD_H_
