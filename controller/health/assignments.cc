#include "controller/health/assignments.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace lifeboat {
namespace {

namespace pb = lifeboat::v1;

// The exit forgets a door after 90 s; knocking more often than each minute bridges its restarts.
constexpr absl::Duration kKnockEvery = absl::Seconds(20);
constexpr std::pair<int, int> kAnyStatus = {100, 599};

void Set(google::protobuf::Duration& out, absl::Duration value) {
  const int64_t seconds = absl::IDivDuration(value, absl::Seconds(1), &value);
  out.set_seconds(seconds);
  out.set_nanos(static_cast<int32_t>(absl::ToInt64Nanoseconds(value)));
}

std::string Url(const config::Service& service, const std::string& host, uint16_t port) {
  const bool usual = port == (service.health.scheme == "http" ? 80 : 443);
  return absl::StrCat(service.health.scheme, "://", host, usual ? "" : absl::StrCat(":", port),
                      service.health.path);
}

std::vector<std::pair<int, int>> ExpectedStatus(const config::Health& health) {
  if (health.scheme == "tcp") return {};
  return {health.expect_status.begin(), health.expect_status.end()};
}

// A number for this content (FNV-1a, never 0), the same after a restart: a backlog that an agent
// brings from before a change of the configuration must not pass for results of the new targets.
uint64_t Fingerprint(const pb::Assignments& assignments) {
  uint64_t hash = 14695981039346656037u;
  for (const unsigned char byte : assignments.SerializeAsString()) {
    hash = (hash ^ byte) * 1099511628211u;
  }
  return hash == 0 ? 1 : hash;
}

class Planner {
 public:
  explicit Planner(const config::Config& config) : config_(config) {
    for (const Endpoint& resolver : config.resolvers) {
      plan_.assignments.add_resolvers(resolver.ToString());
    }
  }

  void AddPanel() {
    for (const std::string& url : config_.panel) {
      pb::Target& target = Add({.kind = TargetRole::Kind::kPanel,
                                .service = "",
                                .path = {},
                                .rule = {},
                                .interval = config_.panel_interval,
                                .timeout = 0.75 * config_.panel_interval,
                                .expect_status = {kAnyStatus}},
                               pb::LEG_PANEL, absl::StrCat("panel ", url));
      target.mutable_http()->set_url(url);
      target.mutable_http()->set_ca_file(config_.probe_ca_file);
      // Any answer at all shows that this vantage is on the net.
      pb::StatusRange& any = *target.mutable_http()->add_expect_status();
      any.set_first(kAnyStatus.first);
      any.set_last(kAnyStatus.second);
    }
  }

  void AddService(const config::Service& service) {
    AddEdge(service, pb::LEG_BY_NAME);
    if (!service.edge_pinned.empty()) AddEdge(service, pb::LEG_PINNED);
    for (const std::string& name : service.exits) AddExit(service, *config_.FindExit(name));
  }

  void AddKnocks() {
    for (const config::ExitNode& exit : config_.exits) {
      pb::Knock& knock = *plan_.assignments.add_knocks();
      knock.set_exit(exit.name);
      for (const IpAddress& address : exit.addresses) {
        knock.add_endpoints(Endpoint{.address = address, .port = exit.knock_port}.ToString());
      }
      Set(*knock.mutable_every(), kKnockEvery);
    }
  }

  ProbePlan Take() {
    plan_.assignments.set_revision(Fingerprint(plan_.assignments));
    return std::move(plan_);
  }

 private:
  pb::Target& Add(TargetRole role, pb::Leg leg, const std::string& label) {
    pb::Target& target = *plan_.assignments.add_targets();
    target.set_label(label);
    target.set_leg(leg);
    Set(*target.mutable_interval(), role.interval);
    Set(*target.mutable_timeout(), role.timeout);
    plan_.roles.push_back(std::move(role));
    plan_.echoes.emplace_back();
    target.set_number(static_cast<uint32_t>(plan_.roles.size()));
    return target;
  }

  pb::Target& AddFor(const config::Service& service, const Path& path, pb::Leg leg,
                     absl::string_view how) {
    const bool votes = !path.is_edge() || leg == pb::LEG_BY_NAME;
    pb::Target& target =
        Add({.kind = votes ? TargetRole::Kind::kVotes : TargetRole::Kind::kAttributes,
             .service = service.name,
             .path = path,
             .rule = service.rule,
             .interval = service.health.interval,
             .timeout = service.health.timeout,
             .expect_status = ExpectedStatus(service.health)},
            leg, absl::StrCat(service.name, " ", path.ToString(), how));
    if (service.health.slow_after < service.health.timeout) {
      Set(*target.mutable_slow_after(), service.health.slow_after);
    }
    return target;
  }

  void AddEdge(const config::Service& service, pb::Leg leg) {
    const bool by_name = leg == pb::LEG_BY_NAME;
    pb::Target& target = AddFor(service, Path::Edge(), leg, by_name ? " by name" : " pinned");
    if (by_name && !service.edge_shadow.empty()) {
      return SetProbe(service, service.edge_shadow, service.edge_port, "", {}, target);
    }
    std::vector<std::string> addresses;
    std::string resolve;
    for (const Record& record : service.edge_records) {
      if (record.type == RecordType::kCname) {
        resolve = std::string(absl::StripSuffix(record.value, "."));
      } else {
        addresses.push_back(record.value);
      }
    }
    if (!by_name) {
      addresses.clear();
      for (const IpAddress& address : service.edge_pinned) addresses.push_back(address.ToString());
      resolve.clear();
    }
    SetProbe(service, service.hostname, service.edge_port, resolve, addresses, target);
  }

  void AddExit(const config::Service& service, const config::ExitNode& exit) {
    pb::Target& target = AddFor(service, Path::Exit(exit.name), pb::LEG_PINNED, "");
    std::vector<std::string> addresses;
    for (const IpAddress& address : exit.addresses) addresses.push_back(address.ToString());
    SetProbe(service, service.hostname, service.tcp_ports.front(), "", addresses, target);
  }

  // Asks `host`, found at `addresses`, else by resolving `resolve`, else by its own name.
  void SetProbe(const config::Service& service, const std::string& host, uint16_t port,
                const std::string& resolve, const std::vector<std::string>& addresses,
                pb::Target& target) {
    const config::Health& health = service.health;
    if (health.scheme == "tcp") {
      pb::TcpProbe& tcp = *target.mutable_tcp();
      tcp.set_host(resolve.empty() ? host : resolve);
      tcp.set_port(port);
      for (const std::string& address : addresses) tcp.add_addresses(address);
      return;
    }
    pb::HttpProbe& http = *target.mutable_http();
    http.set_url(Url(service, host, port));
    http.set_resolve_name(resolve);
    for (const std::string& address : addresses) http.add_addresses(address);
    for (const auto& [first, last] : health.expect_status) {
      pb::StatusRange& range = *http.add_expect_status();
      range.set_first(static_cast<uint32_t>(first));
      range.set_last(static_cast<uint32_t>(last));
    }
    http.set_expect_body(health.expect_body);
    http.set_origin_marker_header(health.origin_marker_header);
    http.set_refused_is_down(health.refused_is_down);
    http.set_ca_file(config_.probe_ca_file);
    if (service.echo.key.empty()) return;
    http.set_echo_path(service.echo.path);
    plan_.echoes.back() = {service.echo.key, plan_.roles.back().path.ToString()};
  }

  const config::Config& config_;
  ProbePlan plan_;
};

}  // namespace

ProbePlan PlanProbes(const config::Config& config) {
  Planner planner(config);
  planner.AddPanel();
  for (const config::Service& service : config.services) planner.AddService(service);
  planner.AddKnocks();
  return planner.Take();
}

pb::Assignments AssignmentsFor(const ProbePlan& plan, const config::VantageSettings& vantage) {
  pb::Assignments assignments = plan.assignments;
  for (pb::Target& target : *assignments.mutable_targets()) {
    target.set_source_address(vantage.source_address);
  }
  for (pb::Knock& knock : *assignments.mutable_knocks()) {
    knock.set_source_address(vantage.source_address);
  }
  return assignments;
}

}  // namespace lifeboat
