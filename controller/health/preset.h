#ifndef LIFEBOAT_CONTROLLER_HEALTH_PRESET_H_
#define LIFEBOAT_CONTROLLER_HEALTH_PRESET_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "controller/health/filter.h"
#include "controller/health/health_rule.h"

// The rules of systems that people know, with the figures that these have by default.
namespace lifeboat {

// The names: "route53", "cloudflare-lb", "envoy-consecutive", "sentinel", "cf-wan-tunnel" and
// "cloudflared-conn".
std::vector<std::string> PresetNames();

// The rule of that name, or nothing. Where the other system has no such state as DEGRADED, neither
// has its preset; OSCILLATING is ours and stays.
std::optional<HealthRule> Preset(absl::string_view name);

// The health of a tunnel client of which `connections` of the usual 4 are up, as cloudflared's is
// told: all of them kUp, some kDegraded, none kDown. What is above 4 or below 0 counts as that.
// "Observability" of Cloudflare Tunnel, Tunnel health (healthy is four connections, degraded at
// least one failed): https://developers.cloudflare.com/tunnel/observability/
Health HealthOfConnections(int connections);

}  // namespace lifeboat

#endif  // LIFEBOAT_CONTROLLER_HEALTH_PRESET_H_
