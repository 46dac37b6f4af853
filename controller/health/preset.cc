#include "controller/health/preset.h"

#include <limits>

namespace lifeboat {
namespace {

constexpr int kConnections = 4;  // that a cloudflared keeps

struct Named {
  absl::string_view name;
  HealthRule rule;
};

DegradationRule NeverDegraded() { return {.failures = 0, .slow_ratio = 0}; }

// A checker changes its mind after FailureThreshold results in a row, either way; 3 unless told.
// That more than 18 % of the checkers suffice to be healthy is a quorum's matter: share 0.82.
// https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-failover-determining-health-of-endpoints.html
HealthRule Route53() {
  return {.filter = Run{.fall = 3, .rise = 3}, .degradation = NeverDegraded(), .oscillation = {}};
}

// A monitor marks an endpoint unhealthy when a check and its `retries` (2), done at once, have
// timed out; consecutive_up 0 takes the first good one for health. Our retries are the next probes,
// and are made of every failure: theirs are "in case of a timeout", other failures count at once.
// "Load Balancers › Monitors", fields retries, consecutive_down and consecutive_up:
// https://developers.cloudflare.com/api/resources/load_balancers/subresources/monitors/
HealthRule CloudflareLb() {
  return {.filter = Run{.fall = 3, .rise = 1}, .degradation = NeverDegraded(), .oscillation = {}};
}

// Outlier detection by consecutive_5xx 5, base_ejection_time 30 s, max_ejection_time 300 s,
// interval 10 s. It lets a dead host come back to try it: votes by this rule flap.
// https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/upstream/outlier
HealthRule EnvoyConsecutive() {
  return {.filter = Ejection{}, .degradation = NeverDegraded(), .oscillation = {}};
}

// SDOWN: no acceptable reply for the whole of down-after-milliseconds, 30,000 unless told; one that
// comes each 29 s is enough. ODOWN, the agreement of several, is a quorum's matter.
// "High availability with Redis Sentinel", SDOWN and ODOWN failure state:
// https://redis.io/docs/latest/operate/oss_and_stack/management/sentinel/
HealthRule Sentinel() {
  return {.filter = Silence{.after = absl::Seconds(30)},
          .degradation = NeverDegraded(),
          .oscillation = {}};
}

// Down when all of at least three samples within a second fail, which are a probe and the two that
// it sends at once after a failure; degraded again after three good ones. Degraded at 0.1 % or
// more, and two or more, failed of five minutes' checks; healthy again when less than 0.1 % of the
// previous 30 failed, which is none. Ours are the next probes, so it is slower by two intervals.
// "Tunnel health checks", Tunnel state determination and Recovery:
// https://developers.cloudflare.com/magic-wan/reference/tunnel-health-checks/
HealthRule CfWanTunnel() {
  return {.filter = Run{.fall = 3, .rise = 3},
          .degradation = {.failures = 2,
                          .share = 0.001,
                          .window = absl::Minutes(5),
                          .clean = 30,
                          .clean_for = absl::ZeroDuration(),
                          .failures_outlast_down = true,
                          .slow_ratio = 0},
          .oscillation = {}};
}

// Agents cannot see a cloudflared's connections to the edge. What becomes the count is how many of
// the last four probes, each of which connects afresh, were good: HealthOfConnections of that.
HealthRule CloudflaredConn() {
  return {.filter = KOfN{.k = kConnections, .n = kConnections, .recover = 1},
          .degradation = {.failures = 1,
                          .share = 0,
                          .window = absl::Minutes(1),  // the newest one is within it
                          .clean = kConnections,
                          .clean_for = absl::ZeroDuration(),
                          .failures_outlast_down = true,
                          .slow_ratio = 0},
          .oscillation = {}};
}

std::vector<Named> Presets() {
  return {{"route53", Route53()},
          {"cloudflare-lb", CloudflareLb()},
          {"envoy-consecutive", EnvoyConsecutive()},
          {"sentinel", Sentinel()},
          {"cf-wan-tunnel", CfWanTunnel()},
          {"cloudflared-conn", CloudflaredConn()}};
}

}  // namespace

std::vector<std::string> PresetNames() {
  std::vector<std::string> names;
  for (const Named& preset : Presets()) names.emplace_back(preset.name);
  return names;
}

std::optional<HealthRule> Preset(absl::string_view name) {
  for (const Named& preset : Presets()) {
    if (preset.name == name) return preset.rule;
  }
  return std::nullopt;
}

Health HealthOfConnections(int connections) {
  if (connections >= kConnections) return Health::kUp;
  return connections > 0 ? Health::kDegraded : Health::kDown;
}

}  // namespace lifeboat
