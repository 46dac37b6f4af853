#ifndef LIFEBOAT_EXITNODE_EXIT_NODE_H_
#define LIFEBOAT_EXITNODE_EXIT_NODE_H_

#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/random/random.h"
#include "absl/status/statusor.h"
#include "asio/io_context.hpp"
#include "base/clock.h"
#include "base/clock_kicker.h"
#include "base/grpc_log.h"
#include "base/http_server.h"
#include "base/log.h"
#include "base/mutex.h"
#include "exitnode/control/controller_link.h"
#include "exitnode/control/exit_control.h"
#include "exitnode/exit_config.h"
#include "exitnode/exit_metrics.h"
#include "exitnode/guard/knock_server.h"
#include "exitnode/tunnel_thread.h"

namespace lifeboat::exitnode {

// The whole of an exit node: a thread that carries visitors, one where vantages knock, a link to
// each controller, and a page of figures. Runs from Start until it is destroyed.
class ExitNode {
 public:
  // Fails where the identity or an address cannot be had. `clock` and `log` outlive the result.
  static absl::StatusOr<std::unique_ptr<ExitNode>> Start(const ExitConfig& config,
                                                         const Clock& clock, Log& log);
  ~ExitNode();

  // Why it is not well, in words; "" when it is. Thread-safe.
  std::string NotLive() const;
  std::string NotReady() const;

  const Endpoint& tunnel() const { return tunnel_->endpoint(); }
  Endpoint knock() const { return knock_->endpoint(); }
  uint16_t http_port() const { return http_ == nullptr ? 0 : http_->port(); }

 private:
  ExitNode(const Clock& clock, Log& log);
  absl::Status StartPlane(const ExitConfig& config);
  absl::Status StartKnock(const ExitConfig& config);
  void Dial(const ExitConfig& config, const std::string& trust_domain);
  void OnChange();
  void KeepFigures();

  const Clock& clock_;
  Log& log_;
  const ClockKicker kicker_;
  const GrpcLog grpc_log_;
  prometheus::Registry registry_;
  ExitMetrics metrics_{registry_};
  std::unique_ptr<TunnelThread> tunnel_;
  std::optional<ExitControl> control_;
  asio::io_context knock_io_{1};
  std::unique_ptr<KnockServer> knock_;
  std::thread knock_thread_;

  Mutex links_mutex_;
  std::vector<std::unique_ptr<absl::BitGen>> randoms_;  // one a link
  std::vector<std::unique_ptr<ControllerLink>> links_ GUARDED_BY(links_mutex_);

  mutable Mutex mutex_;
  CondVar stop_;
  bool stopping_ GUARDED_BY(mutex_) = false;
  Instant answered_ GUARDED_BY(mutex_);  // when the tunnel's thread last did
  std::thread figures_;
  std::unique_ptr<HttpServer> http_;
};

}  // namespace lifeboat::exitnode

#endif  // LIFEBOAT_EXITNODE_EXIT_NODE_H_
