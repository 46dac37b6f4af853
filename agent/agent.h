#ifndef LIFEBOAT_AGENT_AGENT_H_
#define LIFEBOAT_AGENT_AGENT_H_

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/random/random.h"
#include "absl/status/statusor.h"
#include "agent/agent_config.h"
#include "agent/knock/knocker.h"
#include "agent/metrics.h"
#include "agent/probe/curl_multi.h"
#include "agent/probe/event_loop.h"
#include "agent/probe/prober.h"
#include "agent/report/controller_link.h"
#include "base/clock.h"
#include "base/clock_kicker.h"
#include "base/clock_steps.h"
#include "base/grpc_log.h"
#include "base/http_server.h"
#include "base/log.h"

namespace lifeboat::agent {

// The whole of a vantage: one loop that probes and knocks, one link to each controller, and a page
// of figures. Runs from Start until it is destroyed.
class Agent final : public ObservationSink {
 public:
  // Fails where the identity or the address for figures cannot be had. `clock` and
  // `log` outlive the result.
  static absl::StatusOr<std::unique_ptr<Agent>> Start(const AgentConfig& config, const Clock& clock,
                                                      Log& log);
  ~Agent() override;

  // Why it is not well, in words; "" when it is. Thread-safe.
  std::string NotLive() const;
  std::string NotReady() const;
  // Of the figures; 0 without.
  uint16_t http_port() const { return http_ == nullptr ? 0 : http_->port(); }

  void OnObservation(const Subscription& to, const Observation& observation) override;

 private:
  Agent(const AgentConfig& config, const Clock& clock, Log& log);
  absl::Status Serve(const std::string& http);
  void Dial(const AgentConfig& config, const std::string& trust_domain);

  const Clock& clock_;
  Log& log_;
  const ClockKicker kicker_;
  const GrpcLog grpc_log_;
  prometheus::Registry registry_;
  Metrics metrics_{registry_};
  absl::BitGen random_;  // of the loop's thread, once it runs
  EventLoop loop_;
  CurlMulti multi_;
  Prober prober_;
  Knocker knocker_;
  std::vector<std::unique_ptr<absl::BitGen>> link_randoms_;
  std::vector<std::unique_ptr<ControllerLink>> links_;  // by SubscriberId
  ClockSteps clock_steps_;
  std::unique_ptr<HttpServer> http_;
  std::thread thread_;  // of the loop
};

}  // namespace lifeboat::agent

#endif  // LIFEBOAT_AGENT_AGENT_H_
