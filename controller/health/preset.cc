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

// A monitor marks an endpoint unhealthy when the check and its `retries` (2), done at once, have
// failed; consecutive_up 0 takes the first good one for health. Our retries are the next probes.
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

// SDOWN: no valid reply for more than down-after-milliseconds, 30,000 unless told.
// https://redis.io/docs/latest/operate/oss_and_stack/management/sentinel/
HealthRule Sentinel() {
  return {.filter = Silence{.after = absl::Seconds(30)},
          .degradation = NeverDegraded(),
          .oscillation = {}};
}

// Down when at least three samples, all that there are, fail; degraded at 0.1 % or more, and two or
// more, failed of five minutes' checks; healthy again after 30 probes without a failure.
// https://developers.cloudflare.com/magic-wan/reference/tunnel-health-checks/
HealthRule CfWanTunnel() {
  return {.filter = Run{.fall = 3, .rise = 1},
          .degradation = {.failures = 2,
                          .share = 0.001,
                          .window = absl::Minutes(5),
                          .clean = 30,
                          .clean_for = absl::ZeroDuration(),
                          .failures_outlast_down = true,
                          .slow_ratio = 0},
          .oscillation = {}};
}

// The count of connections becomes the count of good ones among the last four fresh connections of
// probes: HealthOfConnections of it, result by result.
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
