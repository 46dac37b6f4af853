#ifndef LIFEBOAT_AGENT_METRICS_H_
#define LIFEBOAT_AGENT_METRICS_H_

#include <string>

#include "agent/probe/observation.h"
#include "base/metrics.h"

namespace lifeboat::agent {

// Every metric that the agent exports, so that an operator reads one file.
struct Metrics {
  explicit Metrics(prometheus::Registry& registry) : registry(registry) {}

  prometheus::Registry& registry;

  prometheus::Gauge& targets =
      Gauge(registry, "lifeboat_agent_targets", "Probes that this agent repeats.");
  prometheus::Gauge& probes_running =
      Gauge(registry, "lifeboat_agent_probes_running", "Probes under way.");
  prometheus::Counter& probes_void =
      Counter(registry, "lifeboat_agent_probes_void_total",
              "Probes that failed by this machine's own fault and were not reported.");
  prometheus::Counter& stalls = Counter(registry, "lifeboat_agent_stalls_total",
                                        "Times that this process stood still for over a second.");
  prometheus::Counter& clock_steps =
      Counter(registry, "lifeboat_agent_clock_steps_total",
              "Times that somebody set this machine's wall clock, which judges certificates.");
  prometheus::Gauge& lag_seconds =
      Gauge(registry, "lifeboat_agent_lag_p99_seconds",
            "99th percentile of how late probes started within the last 15 seconds.");
  prometheus::Gauge& resolvers_dead =
      Gauge(registry, "lifeboat_agent_resolvers_dead", "1 while no resolver answers, else 0.");
  prometheus::Counter& knocks =
      Counter(registry, "lifeboat_agent_knocks_total", "Knocks at exit nodes.", {{"result", "ok"}});
  prometheus::Counter& knocks_failed = Counter(registry, "lifeboat_agent_knocks_total",
                                               "Knocks at exit nodes.", {{"result", "failed"}});

  prometheus::Counter& Probes(ProbeClass probe_class) {
    return Counter(registry, "lifeboat_agent_probes_total", "Probes by how they ended.",
                   {{"class", std::string(ClassName(probe_class))}});
  }
  // Of one controller, as the configuration calls it.
  prometheus::Gauge& Connected(const std::string& controller) {
    return Gauge(registry, "lifeboat_agent_controller_connected",
                 "1 while the stream to a controller stands, else 0.",
                 {{"controller", controller}});
  }
  prometheus::Gauge& Queued(const std::string& controller) {
    return Gauge(registry, "lifeboat_agent_queued_observations",
                 "Observations that a controller has not acknowledged yet.",
                 {{"controller", controller}});
  }
  prometheus::Counter& Dropped(const std::string& controller) {
    return Counter(registry, "lifeboat_agent_dropped_observations_total",
                   "Observations lost to a full queue.", {{"controller", controller}});
  }
};

}  // namespace lifeboat::agent

#endif  // LIFEBOAT_AGENT_METRICS_H_
