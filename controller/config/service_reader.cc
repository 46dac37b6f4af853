#include "controller/config/service_reader.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "base/identity.h"
#include "base/status.h"
#include "controller/config/echo_reader.h"
#include "controller/config/edge_reader.h"
#include "controller/config/filter_reader.h"
#include "controller/config/policy_reader.h"
#include "controller/config/safety_reader.h"
#include "controller/failover/rule_keys.h"
#include "controller/failover/rules.h"

namespace lifeboat::config {
namespace {

constexpr size_t kLeastTokenBytes = 16;
const absl::Duration kLongestSensibleTtl = absl::Minutes(5);

// The names in `list`, each of which must be among `known` and there once.
template <typename List>
std::vector<std::string> ReadReferences(const Reading& reading, const std::string& key,
                                        const List& list, absl::string_view kind,
                                        const std::vector<std::string>& known) {
  std::vector<std::string> names;
  for (int i = 0; i < list.size(); ++i) {
    const std::string& name = list[i];
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      reading.findings.Error(Key(key, i), absl::StrCat("there is no ", kind, " \"", name, "\"",
                                                       DidYouMean(name, known)));
    } else if (std::find(names.begin(), names.end(), name) != names.end()) {
      reading.findings.Error(Key(key, i), absl::StrCat(kind, " \"", name, "\" is there twice"));
    } else {
      names.push_back(name);
    }
  }
  return names;
}

template <typename Items>
std::vector<std::string> NamesOf(const Items& items) {
  std::vector<std::string> names;
  for (const auto& item : items) names.push_back(item.name);
  return names;
}

std::vector<uint16_t> ReadPorts(const Reading& reading, const std::string& key,
                                const google::protobuf::RepeatedField<uint32_t>& proto) {
  std::vector<uint16_t> ports;
  for (int i = 0; i < proto.size(); ++i) {
    const uint16_t port = ReadPort(reading, Key(key, i), proto[i], 443);
    if (std::find(ports.begin(), ports.end(), port) != ports.end()) {
      reading.findings.Error(Key(key, i), absl::StrCat("port ", port, " is there twice"));
    }
    ports.push_back(port);
  }
  return ports;
}

void ReadTunnel(const Reading& reading, const std::string& key, const std::string& service_key,
                const v1::TunnelConfig& proto, Service& service) {
  const std::string file_key = Key(key, "token_file");
  if (proto.token_file().empty()) {
    reading.findings.Error(service_key,
                           absl::StrCat("service \"", service.name, "\" wants tunnel.token_file, ",
                                        "a file with a secret that its connector has too"));
  } else {
    const std::string file = ResolvePath(reading, proto.token_file());
    service.tunnel_token = ReadSecretFile(reading, file_key, file);
    if (!service.tunnel_token.empty() && service.tunnel_token.size() < kLeastTokenBytes) {
      reading.findings.Error(
          file_key, absl::StrCat("the token in ", file, " has ", service.tunnel_token.size(),
                                 " bytes and wants ", kLeastTokenBytes,
                                 " or more: `openssl rand -hex 32 > ", file, "`"));
    }
  }
  service.tcp_ports = ReadPorts(reading, Key(key, "tcp_ports"), proto.tcp_ports());
  if (service.tcp_ports.empty()) service.tcp_ports = {443};
  service.udp_ports = ReadPorts(reading, Key(key, "udp_ports"), proto.udp_ports());
}

void ReadTtl(const Reading& reading, const std::string& key, const v1::ServiceConfig& proto,
             Service& service) {
  service.ttl = proto.has_ttl() ? ToDuration(proto.ttl()) : absl::Seconds(60);
  if (service.ttl < absl::Seconds(1) || service.ttl > absl::Hours(24 * 365)) {
    reading.findings.Error(
        key, absl::StrCat("ttl ", DurationText(service.ttl), " is not at least 1s; 60s is usual"));
  } else if (service.ttl != absl::Floor(service.ttl, absl::Seconds(1))) {
    reading.findings.Error(
        key, absl::StrCat("ttl ", DurationText(service.ttl), " is not in whole seconds"));
  } else if (service.ttl > kLongestSensibleTtl) {
    reading.findings.Warning(key, absl::StrCat("ttl ", DurationText(service.ttl),
                                               ": after a move visitors go to the old place for so",
                                               " long; 60s is usual"));
  }
}

void ReadPeriods(const Reading& reading, const std::string& key, const v1::ServiceConfig& proto,
                 Service& service) {
  const auto period = [&](bool given, const google::protobuf::Duration& duration,
                          absl::Duration fallback, absl::string_view child) {
    const absl::Duration value = given ? ToDuration(duration) : fallback;
    if (value > absl::ZeroDuration() && value <= absl::Hours(24 * 365)) return value;
    const absl::string_view name = child.substr(child.find('.') + 1);
    reading.findings.Error(Key(key, child),
                           absl::StrCat(name, " must be above 0s, at most a year"));
    return fallback;
  };
  service.clean_for = period(proto.failback().has_clean_for(), proto.failback().clean_for(),
                             absl::Hours(2), "failback.clean_for");
  service.exit_stays_open =
      period(proto.failback().has_exit_stays_open(), proto.failback().exit_stays_open(),
             std::max(10 * service.ttl, absl::Minutes(15)), "failback.exit_stays_open");
  service.intent_expires_after =
      period(proto.intent().has_expires_after(), proto.intent().expires_after(), absl::Minutes(15),
             "intent.expires_after");
  if (service.exit_stays_open < service.ttl) {
    reading.findings.Error(Key(key, "failback.exit_stays_open"),
                           absl::StrCat("exit_stays_open ", DurationText(service.exit_stays_open),
                                        " is below ttl ", DurationText(service.ttl),
                                        ": visitors who remember the exit would find it closed"));
  }
}

// Where the keys that rules are set by are given. Windows may be the controller's own as well:
// where both have some, nobody can say which of them is meant.
KeyPlaces ReadPlaces(const Reading& reading, const std::string& key) {
  KeyPlaces places;
  for (const absl::string_view rule : kRuleNames) {
    const std::string name(KeyOfRule(rule));
    const std::string place = name.empty() ? "" : reading.findings.PlaceOf(Key(key, name));
    if (!place.empty()) places[name] = place;
  }
  if (const std::string own = reading.findings.PlaceOf("maintenance"); !own.empty()) {
    if (!places.emplace("maintenance", own).second) places.erase("maintenance");
  }
  return places;
}

void CheckLever(const Reading& reading, const std::string& key, const Service& service,
                const Lever& lever) {
  if (service.hostname.empty() || lever.zone.empty()) return;
  if (!IsWithin(service.hostname, lever.zone)) {
    reading.findings.Error(Key(key, "levers"),
                           absl::StrCat("lever \"", lever.name, "\" writes zone ", lever.zone,
                                        ", which ", service.hostname, " is not in"));
    return;
  }
  for (const Record& record : service.edge_records) {
    if (record.type != RecordType::kCname) continue;
    if (service.hostname == lever.zone) {
      reading.findings.Error(Key(key, "edge.records"),
                             absl::StrCat(service.hostname, " is the apex of its zone, where no ",
                                          "CNAME may stand (RFC 1034); use addresses"));
    }
    if (IsWithin(absl::StripSuffix(record.value, "."), "cfargotunnel.com")) {
      reading.findings.Error(
          Key(key, "edge.records"),
          absl::StrCat(
              record.value, " works only inside Cloudflare's own zones, and lever \"", lever.name,
              "\" writes another server (rfc2136): visitors would find ",
              "nothing; use the name of a partial set-up, <hostname>.cdn.cloudflare.net."));
    }
  }
}

// The world is read and written in one zone: were there two, only one of them would be what users
// are told, and a move would be made in the other.
void CheckLeversTogether(const Reading& reading, const std::string& key, const Service& service,
                         const Config& config) {
  const Lever* first = nullptr;
  for (const std::string& name : service.levers) {
    const Lever& lever = *config.FindLever(name);
    if (lever.zone.empty()) continue;
    if (first == nullptr) first = &lever;
    if (lever.zone == first->zone) continue;
    reading.findings.Error(
        Key(key, "levers"),
        absl::StrCat("lever \"", first->name, "\" writes zone ", first->zone, " and lever \"", name,
                     "\" zone ", lever.zone, ", and the levers of a service must write the same; ",
                     "keep those of the zone that serves ", service.hostname));
  }
}

void CheckPorts(const Reading& reading, const std::string& key, const Service& service,
                const ExitNode& exit) {
  if (std::find(service.tcp_ports.begin(), service.tcp_ports.end(), exit.knock_port) ==
      service.tcp_ports.end()) {
    return;
  }
  reading.findings.Error(Key(key, "tunnel.tcp_ports"),
                         absl::StrCat("port ", exit.knock_port, " is where exit \"", exit.name,
                                      "\" is knocked at; take another, or another knock_port"));
}

}  // namespace

void ReadTimes(const Reading& reading, const std::string& key, const v1::ServiceConfig& proto,
               Service& service) {
  ReadTtl(reading, Key(key, "ttl"), proto, service);
  ReadPeriods(reading, key, proto, service);
}

Service ReadService(const Reading& reading, const std::string& key, const v1::ServiceConfig& proto,
                    const Config& config) {
  Service service;
  service.name = proto.name();
  CheckName(reading, Key(key, "name"), proto.name());
  if (const auto hostname = ParseHostname(proto.hostname()); hostname.ok()) {
    service.hostname = *hostname;
  } else if (proto.hostname().empty()) {
    reading.findings.Error(
        key, absl::StrCat("service \"", proto.name(), "\" wants a hostname: app.example.net"));
  } else {
    reading.findings.Error(Key(key, "hostname"), Words(hostname.status()));
  }
  ReadTimes(reading, key, proto, service);
  ReadEdge(reading, Key(key, "edge"), proto.edge(), service);
  service.exits =
      ReadReferences(reading, Key(key, "exits"), proto.exits(), "exit", NamesOf(config.exits));
  if (proto.exits_size() == 0) {
    reading.findings.Error(
        key, absl::StrCat("service \"", proto.name(), "\" has no exits: where should it move to?"));
  }
  service.levers =
      ReadReferences(reading, Key(key, "levers"), proto.levers(), "lever", NamesOf(config.levers));
  if (proto.levers_size() == 0) {
    reading.findings.Error(
        key, absl::StrCat("service \"", proto.name(), "\" has no levers: what should move it?"));
  }
  ReadTunnel(reading, Key(key, "tunnel"), key, proto.tunnel(), service);
  service.health = ReadHealth(reading, Key(key, "health"), proto.health());
  if (proto.has_echo()) {
    service.echo = ReadEcho(reading, Key(key, "echo"), proto.echo(), service.health);
  }
  service.rule = ReadHealthRule(reading, key, proto, service.health.interval);
  service.quorum = ReadQuorum(reading, Key(key, "quorum"), proto.quorum(), config.vantages);
  ReadSafety(reading, key, proto, config, service);
  service.places = ReadPlaces(reading, key);
  for (const std::string& name : service.levers) {
    CheckLever(reading, key, service, *config.FindLever(name));
  }
  CheckLeversTogether(reading, key, service, config);
  for (size_t i = 0; i < service.exits.size(); ++i) {
    const ExitNode& exit = *config.FindExit(service.exits[i]);
    CheckFamilies(reading, Key(key, "exits"), service, exit);
    CheckPorts(reading, key, service, exit);
  }
  return service;
}

namespace {

// Who has which port of which exit; one for each protocol.
using PortOwners = std::map<std::pair<std::string, uint16_t>, std::string>;

void CheckPortsTogether(const Reading& reading, const std::string& service_key,
                        const Service& service, absl::string_view field,
                        const std::vector<uint16_t>& ports, PortOwners& owners) {
  for (const std::string& exit : service.exits) {
    for (const uint16_t port : ports) {
      const auto [taken, is_free] = owners.emplace(std::make_pair(exit, port), service.name);
      if (is_free || taken->second == service.name) continue;
      reading.findings.Error(
          Key(service_key, absl::StrCat("tunnel.", field)),
          absl::StrCat("service \"", taken->second, "\" has port ", port, " of exit \"", exit,
                       "\" already; give this one another: tunnel: {", field, ": [8443]}"));
    }
  }
}

// What the tunnel calls a service's datagrams must be nobody's name.
void CheckDatagramName(const Reading& reading, const std::string& key, const Service& service,
                       const Config& config) {
  const std::string name = DatagramServiceName(service.name);
  const bool taken = std::any_of(config.services.begin(), config.services.end(),
                                 [&](const Service& other) { return other.name == name; });
  if (service.udp_ports.empty()) return;
  if (!IsValidName(name)) {
    reading.findings.Error(Key(key, "tunnel.udp_ports"),
                           absl::StrCat("in the tunnel its datagrams would be service \"", name,
                                        "\", which is too long; give it a shorter name"));
  }
  if (!taken) return;
  reading.findings.Error(
      Key(key, "tunnel.udp_ports"),
      absl::StrCat("in the tunnel its datagrams are service \"", name,
                   "\", and there is one of that name; give that one another name"));
}

}  // namespace

void CheckServicesTogether(const Reading& reading, const Config& config) {
  CheckEchoesTogether(reading, config);
  std::map<std::string, std::string> by_hostname;
  PortOwners tcp, udp;
  for (size_t i = 0; i < config.services.size(); ++i) {
    const Service& service = config.services[i];
    const std::string key = Key("services", static_cast<int>(i));
    const auto [same, is_new] = by_hostname.emplace(service.hostname, service.name);
    if (!is_new && !service.hostname.empty()) {
      reading.findings.Error(Key(key, "hostname"),
                             absl::StrCat("service \"", same->second, "\" has hostname ",
                                          service.hostname, " already"));
    }
    CheckPortsTogether(reading, key, service, "tcp_ports", service.tcp_ports, tcp);
    CheckPortsTogether(reading, key, service, "udp_ports", service.udp_ports, udp);
    CheckDatagramName(reading, key, service, config);
  }
}

}  // namespace lifeboat::config
