#include "controller/config/config_reader.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "base/yaml_document.h"
#include "controller/config/fleet_reader.h"
#include "controller/config/lever_reader.h"
#include "controller/config/policy_reader.h"
#include "controller/config/safety_reader.h"
#include "controller/config/service_reader.h"
#include "controller/config/values.h"
#include "proto/lifeboat/v1/config.pb.h"

namespace lifeboat::config {
namespace {

std::string ReadListen(const Reading& reading, const std::string& key, const std::string& listen,
                       const std::string& fallback) {
  const std::string& text = listen.empty() ? fallback : listen;
  if (const auto endpoint = Endpoint::Parse(text); !endpoint.ok()) {
    reading.findings.Error(
        key, absl::StrCat("\"", text, "\" wants address:port to listen at, such as ", fallback));
  }
  return text;
}

std::string ReadHttpListen(const Reading& reading, const std::string& key,
                           const std::string& listen) {
  if (listen == "off") return "";
  const std::string text = ReadListen(reading, key, listen, "127.0.0.1:9440");
  const auto endpoint = Endpoint::Parse(text);
  if (!endpoint.ok()) return text;
  const std::string address = endpoint->address.ToString();
  if (address != "::1" && !absl::StartsWith(address, "127.")) {
    reading.findings.Warning(key, absl::StrCat("the status page at ", text,
                                               " asks nobody who they are; keep it at 127.0.0.1 ",
                                               "and put nginx with client certificates before it"));
  }
  return text;
}

std::string ReadIdentityFile(const Reading& reading, absl::string_view child,
                             const std::string& path) {
  if (!path.empty()) return ResolvePath(reading, path);
  reading.findings.Error(
      reading.findings.Given("identity") ? "identity" : "",
      absl::StrCat("identity.", child, " is missing: `lifeboatctl pki issue controller NAME` ",
                   "makes certificate and key"));
  return "";
}

void ReadIdentity(const Reading& reading, const v1::IdentityConfig& proto, Config& config) {
  config.ca_file = ReadIdentityFile(reading, "ca", proto.ca());
  config.certificate_file = ReadIdentityFile(reading, "certificate", proto.certificate());
  config.key_file = ReadIdentityFile(reading, "key", proto.key());
}

bool NeedsResolvers(const Config& config) {
  return std::any_of(config.services.begin(), config.services.end(), [](const Service& service) {
    return !service.edge_records.empty() && service.edge_records.front().type == RecordType::kCname;
  });
}

void ReadResolvers(const Reading& reading, const v1::ControllerConfig& document, Config& config) {
  for (int i = 0; i < document.resolvers_size(); ++i) {
    const auto resolver = ParseEndpoint(document.resolvers(i), 53);
    if (!resolver.ok()) {
      reading.findings.Error(Key("resolvers", i), Words(resolver.status()));
    } else if (std::find(config.resolvers.begin(), config.resolvers.end(), *resolver) !=
               config.resolvers.end()) {
      reading.findings.Error(Key("resolvers", i),
                             absl::StrCat(resolver->ToString(), " is there twice"));
    } else {
      config.resolvers.push_back(*resolver);
    }
  }
  if (document.resolvers_size() >= 2) return;
  if (document.resolvers_size() == 0 && NeedsResolvers(config)) {
    reading.findings.Error("",
                           "resolvers are missing: agents ask them where the edge's name "
                           "points; take two of different operators: [9.9.9.9, 193.110.81.0]");
  } else {
    reading.findings.Warning(
        document.resolvers_size() == 0 ? "" : "resolvers",
        absl::StrCat(
            document.resolvers_size(), document.resolvers_size() == 1 ? " resolver" : " resolvers",
            ": while one fails the edge looks dead; two of different operators are wished for"));
  }
}

// A panel tells a vantage that is cut off from an edge that is down.
void ReadPanel(const Reading& reading, const v1::ControllerConfig& document, Config& config) {
  std::set<std::string> hosts;
  for (int i = 0; i < document.panel_size(); ++i) {
    const auto host = ParseUrlHost(document.panel(i));
    if (!host.ok()) {
      reading.findings.Error(Key("panel", i), Words(host.status()));
      continue;
    }
    hosts.insert(*host);
    for (const Service& service : config.services) {
      if (service.hostname != *host) continue;
      reading.findings.Error(
          Key("panel", i), absl::StrCat(*host, " is service \"", service.name,
                                        "\" itself: a panel target shares no fate with the edge"));
    }
    config.panel.push_back(document.panel(i));
  }
  if (hosts.size() < 2) {
    reading.findings.Warning(
        document.panel_size() == 0 ? "" : "panel",
        absl::StrCat(hosts.size(), hosts.size() == 1 ? " panel host" : " panel hosts",
                     ": a vantage that is cut off is hard to tell from an edge that is down;",
                     " two or more are wished for"));
  }
  config.panel_interval =
      document.has_panel_interval() ? ToDuration(document.panel_interval()) : absl::Seconds(2);
  if (config.panel_interval < absl::Milliseconds(100) || config.panel_interval > absl::Hours(1)) {
    reading.findings.Error("panel_interval",
                           absl::StrCat("panel_interval ", DurationText(config.panel_interval),
                                        " is not between 100ms and 1h"));
  }
}

void ReadOperators(const Reading& reading, const v1::ControllerConfig& document, Config& config) {
  for (int i = 0; i < document.operators_size(); ++i) {
    const v1::OperatorConfig& proto = document.operators(i);
    const std::string key = Key("operators", i);
    CheckName(reading, Key(key, "name"), proto.name());
    if (proto.role() == v1::OPERATOR_ROLE_UNSPECIFIED) {
      reading.findings.Error(key, absl::StrCat("operator \"", proto.name(),
                                               "\" wants a role: VIEWER, OPERATOR or ADMIN"));
    }
    const OperatorRole role = proto.role() == v1::OPERATOR_ROLE_ADMIN      ? OperatorRole::kAdmin
                              : proto.role() == v1::OPERATOR_ROLE_OPERATOR ? OperatorRole::kOperator
                                                                           : OperatorRole::kViewer;
    if (!config.operators.emplace(proto.name(), role).second) {
      reading.findings.Error(Key(key, "name"),
                             absl::StrCat("operator \"", proto.name(), "\" is there twice"));
    }
  }
  const bool somebody_acts =
      std::any_of(config.operators.begin(), config.operators.end(),
                  [](const auto& entry) { return entry.second == OperatorRole::kAdmin; });
  if (!config.operators.empty() && !somebody_acts) {
    reading.findings.Warning("operators",
                             "nobody has the role ADMIN: nobody could raise the epoch");
  }
}

template <typename Items>
void CheckUnique(const Reading& reading, absl::string_view list, absl::string_view kind,
                 const Items& items) {
  std::set<std::string> seen;
  for (int i = 0; i < items.size(); ++i) {
    if (items[i].name().empty() || seen.insert(items[i].name()).second) continue;
    reading.findings.Error(
        Key(Key(list, i), "name"),
        absl::StrCat(kind, " \"", items[i].name(), "\" is there twice; a name is used once"));
  }
}

// DNS can point an address at one exit alone.
void CheckExitAddresses(const Reading& reading, const Config& config) {
  std::set<IpAddress> seen;
  for (size_t i = 0; i < config.exits.size(); ++i) {
    for (const IpAddress& address : config.exits[i].addresses) {
      if (seen.insert(address).second) continue;
      reading.findings.Error(Key(Key("exits", static_cast<int>(i)), "addresses"),
                             absl::StrCat(address.ToString(), " is another exit's address too"));
    }
  }
}

void ReadFleet(const Reading& reading, const v1::ControllerConfig& document, Config& config) {
  for (int i = 0; i < document.vantages_size(); ++i) {
    config.vantages.push_back(ReadVantage(reading, Key("vantages", i), document.vantages(i)));
  }
  for (int i = 0; i < document.exits_size(); ++i) {
    config.exits.push_back(ReadExit(reading, Key("exits", i), document.exits(i)));
  }
  for (int i = 0; i < document.levers_size(); ++i) {
    config.levers.push_back(ReadLever(reading, Key("levers", i), document.levers(i)));
  }
  CheckUnique(reading, "vantages", "vantage", document.vantages());
  CheckUnique(reading, "exits", "exit", document.exits());
  CheckUnique(reading, "levers", "lever", document.levers());
  CheckExitAddresses(reading, config);
}

void ReadServices(const Reading& reading, const v1::ControllerConfig& document, Config& config) {
  for (int i = 0; i < document.services_size(); ++i) {
    config.services.push_back(
        ReadService(reading, Key("services", i), document.services(i), config));
  }
  CheckUnique(reading, "services", "service", document.services());
  CheckServicesTogether(reading, config);
  if (document.services_size() == 0) {
    reading.findings.Warning("", "no services: there is nothing to keep reachable");
  }
}

Config ReadConfig(const Reading& reading, const v1::ControllerConfig& document) {
  Config config;
  config.grpc_listen = ReadListen(reading, "listen.grpc", document.listen().grpc(), "[::]:7443");
  config.http_listen = ReadHttpListen(reading, "listen.http", document.listen().http());
  ReadIdentity(reading, document.identity(), config);
  const std::string& journal = document.journal().sqlite().path();
  config.sqlite_path =
      ResolvePath(reading, journal.empty() ? "/var/lib/lifeboat/journal.db" : journal);
  if (!document.probe_ca_file().empty()) {
    config.probe_ca_file = ResolvePath(reading, document.probe_ca_file());
  }
  ReadFleet(reading, document, config);
  config.maintenance = ReadMaintenance(reading, "maintenance", document.maintenance());
  ReadServices(reading, document, config);
  ReadResolvers(reading, document, config);
  ReadPanel(reading, document, config);
  ReadOperators(reading, document, config);
  return config;
}

}  // namespace

absl::StatusOr<ConfigFile> ReadConfigFile(const std::string& path) {
  v1::ControllerConfig document;
  ASSIGN_OR_RETURN(YamlDocument findings, YamlDocument::Load(path, document));
  const std::string directory =
      std::filesystem::absolute(std::filesystem::path(path)).parent_path().string();
  ConfigFile file;
  file.config = ReadConfig({.directory = directory, .findings = findings}, document);
  file.errors = findings.errors();
  file.warnings = findings.warnings();
  file.findings = findings.Render();
  if (file.errors > 0) file.config.reset();
  return file;
}

}  // namespace lifeboat::config
