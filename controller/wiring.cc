#include "controller/wiring.h"

#include <utility>

#include "controller/service_settings.h"

namespace lifeboat {

LoopSettings LoopSettingsOf(const config::Config& config) {
  LoopSettings settings;
  for (const config::Service& service : config.services) {
    settings.services.push_back(
        {.settings = ServiceSettingsOf(config, service), .levers = service.levers});
  }
  for (const config::ExitNode& exit : config.exits) {
    ExitSnapshot snapshot;
    snapshot.name = exit.name;
    for (const IpAddress& address : exit.addresses) {
      snapshot.addresses.push_back(address.ToString());
    }
    snapshot.asn = exit.asn;
    snapshot.country = exit.country;
    settings.exits.push_back(std::move(snapshot));
  }
  return settings;
}

std::map<std::string, std::vector<ExitServiceSpec>> ExitServicesOf(const config::Config& config) {
  std::map<std::string, std::vector<ExitServiceSpec>> exits;
  for (const config::ExitNode& exit : config.exits) exits[exit.name];
  for (const config::Service& service : config.services) {
    for (const std::string& exit : service.exits) {
      exits[exit].push_back({.service = service.name,
                             .name = service.name,
                             .token = service.tunnel_token,
                             .tcp_ports = service.tcp_ports});
      if (service.udp_ports.empty()) continue;
      exits[exit].push_back({.service = service.name,
                             .name = config::DatagramServiceName(service.name),
                             .token = service.tunnel_token,
                             .udp_ports = service.udp_ports});
    }
  }
  return exits;
}

std::map<std::string, FetchSpec> FetchSpecsOf(const config::Config& config) {
  std::map<std::string, FetchSpec> specs;
  for (const config::Service& service : config.services) {
    specs[service.name] = {.scheme = service.health.scheme,
                           .hostname = service.hostname,
                           .port = service.tcp_ports.front(),
                           .path = service.health.path,
                           .expect_status = service.health.expect_status,
                           .expect_body = service.health.expect_body,
                           .ca_file = config.probe_ca_file,
                           .echo_key = service.echo.key,
                           .echo_path = service.echo.path};
  }
  return specs;
}

}  // namespace lifeboat
