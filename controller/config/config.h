#ifndef LIFEBOAT_CONTROLLER_CONFIG_CONFIG_H_
#define LIFEBOAT_CONTROLLER_CONFIG_CONFIG_H_

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "base/address.h"
#include "controller/failover/lever.h"
#include "controller/failover/rule_keys.h"
#include "controller/failover/safety.h"
#include "controller/health/health_rule.h"
#include "controller/quorum/quorum.h"
#include "controller/quorum/vote.h"

// The controller's configuration as checked values: every default filled in, every name resolved,
// every path made absolute. Meaning and units of each key: proto/lifeboat/v1/config.proto.
namespace lifeboat::config {

struct TsigKey {
  std::string name;       // absolute, lower-case
  std::string algorithm;  // "hmac-sha256." or "hmac-sha512."
  std::string secret;     // base64, read from the secret file; never to be logged
};

struct Rfc2136 {
  Endpoint server;
  TsigKey key;
  std::vector<Endpoint> authoritative;  // empty: all NS of the zone
  absl::Duration timeout;
  std::string source_address;
};

struct Lever {
  std::string name;
  std::string zone;      // apex without a final dot, lower-case
  std::string provider;  // lower-case; empty: nobody whose fate matters
  Rfc2136 rfc2136;
};

struct VantageSettings {
  Vantage vantage;
  std::string source_address;
};

struct ExitNode {
  std::string name;
  std::vector<IpAddress> addresses;
  uint32_t asn = 0;
  std::string country;
  uint16_t knock_port = 7444;
  std::string provider;  // lower-case; empty: not told
};

struct Health {
  std::string scheme;  // "https", "http" or "tcp"
  std::string path;
  absl::Duration interval;
  absl::Duration timeout;
  absl::Duration slow_after;                       // InfiniteDuration: never
  std::vector<std::pair<int, int>> expect_status;  // inclusive ranges
  std::string expect_body;
  std::string origin_marker_header;
  bool refused_is_down = false;
};

// The origin echo of a service.
struct OriginEcho {
  std::string key;   // secret; empty: there is none
  std::string path;  // without a query
};

struct Service {
  std::string name;
  std::string hostname;  // lower-case, without a final dot
  absl::Duration ttl;
  Records edge_records;
  std::vector<IpAddress> edge_pinned;
  std::string edge_shadow;  // another name that the edge leads the same way; empty: none
  uint16_t edge_port = 443;
  std::vector<std::string> exits;   // the best first
  std::vector<std::string> levers;  // the best first
  std::string tunnel_token;         // secret
  std::vector<uint16_t> tcp_ports;
  std::vector<uint16_t> udp_ports;
  Health health;
  OriginEcho echo;
  HealthRule rule;
  QuorumPolicy quorum;
  absl::Duration clean_for;
  absl::Duration exit_stays_open;
  absl::Duration intent_expires_after;
  SafetySettings safety;  // with the controller's maintenance windows
  int priority = 100;     // the lowest moves first
  KeyPlaces places;       // of the keys that rules are set by
};

enum class OperatorRole { kViewer, kOperator, kAdmin };

struct Config {
  std::string grpc_listen;
  std::string http_listen;  // empty: none
  std::string ca_file, certificate_file, key_file;
  std::string sqlite_path;
  std::vector<Endpoint> resolvers;
  std::vector<std::string> panel;
  absl::Duration panel_interval;
  std::string probe_ca_file;
  std::vector<VantageSettings> vantages;
  std::vector<ExitNode> exits;
  std::vector<Lever> levers;
  std::vector<Service> services;
  std::vector<MaintenanceWindow> maintenance;     // of every service
  std::map<std::string, OperatorRole> operators;  // empty: every person is an admin

  const ExitNode* FindExit(const std::string& name) const;
  const Lever* FindLever(const std::string& name) const;
  const Service* FindService(const std::string& name) const;
};

// What the tunnel calls the UDP ports of service `name`: its clients have one protocol for a name.
std::string DatagramServiceName(const std::string& name);

}  // namespace lifeboat::config

#endif  // LIFEBOAT_CONTROLLER_CONFIG_CONFIG_H_
