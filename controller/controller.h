#ifndef LIFEBOAT_CONTROLLER_CONTROLLER_H_
#define LIFEBOAT_CONTROLLER_CONTROLLER_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/clock_kicker.h"
#include "base/clock_steps.h"
#include "base/grpc_log.h"
#include "base/grpc_server.h"
#include "base/http_server.h"
#include "base/log.h"
#include "base/metrics.h"
#include "controller/admin/admin_service.h"
#include "controller/config/config.h"
#include "controller/dns/rfc2136_lever.h"
#include "controller/exits/exit_board.h"
#include "controller/exits/exit_service.h"
#include "controller/exits/public_fetch.h"
#include "controller/failover/failover_loop.h"
#include "controller/failover/journal.h"
#include "controller/health/agent_service.h"
#include "controller/health/assignments.h"
#include "controller/health/health_board.h"
#include "controller/health/observation_writer.h"
#include "controller/journal/observation_file.h"

namespace lifeboat {

// A whole running controller: every part, made in the order of their needs and ended in reverse.
class Controller {
 public:
  // Fails with what cannot be had: a certificate, an address, a key. A journal that cannot be
  // opened is no failure: the controller then watches and explains, and acts on nothing.
  // `fault_point` as in EffectTools. `clock` and `log` outlive the result.
  static absl::StatusOr<std::unique_ptr<Controller>> Start(
      const config::Config& config, const Clock& clock, Log& log,
      std::function<void(const std::string&)> fault_point);
  // Lets calls end for a moment, finishes the effects under way, and stops.
  ~Controller();

  uint16_t grpc_port() const { return grpc_->port(); }
  uint16_t http_port() const { return http_ == nullptr ? 0 : http_->port(); }

 private:
  Controller(const Clock& clock, Log& log) : clock_(clock), log_(log), grpc_log_(log, clock) {}

  void OpenJournal(const std::string& path);
  absl::Status MakeLevers(const config::Config& config);
  void StartLoop(const config::Config& config, std::function<void(const std::string&)> fault_point);
  void TellOfRecorder(const std::string& trouble, uint64_t lost);
  absl::Status Serve(const config::Config& config);

  const Clock& clock_;
  Log& log_;
  std::string name_;
  std::string trust_domain_;
  prometheus::Registry registry_;
  const ClockKicker kicker_;
  const GrpcLog grpc_log_;
  std::unique_ptr<Journal> journal_;
  std::vector<std::unique_ptr<Rfc2136Lever>> levers_;
  std::unique_ptr<HealthBoard> health_;
  std::unique_ptr<ObservationFile> observations_;
  std::unique_ptr<ObservationWriter> recorder_;
  std::unique_ptr<ExitBoard> exits_;
  std::unique_ptr<CurlFetcher> fetcher_;
  std::unique_ptr<FailoverLoop> loop_;
  std::unique_ptr<ClockSteps> clock_steps_;
  std::unique_ptr<AgentService> agent_service_;
  std::unique_ptr<ExitNodeService> exit_service_;
  std::unique_ptr<AdminService> admin_service_;
  std::unique_ptr<HttpServer> http_;
  std::unique_ptr<GrpcServer> grpc_;
};

}  // namespace lifeboat

#endif  // LIFEBOAT_CONTROLLER_CONTROLLER_H_
