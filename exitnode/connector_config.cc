#include "exitnode/connector_config.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "base/file.h"
#include "base/identity.h"
#include "base/status.h"
#include "base/yaml_document.h"
#include "exitnode/config_checks.h"
#include "exitnode/connector_echo_config.h"
#include "proto/lifeboat/v1/config.pb.h"

namespace lifeboat::exitnode {
namespace {

namespace pb = lifeboat::v1;

constexpr char kDefaultHttp[] = "127.0.0.1:9443";
constexpr size_t kLeastTokenBytes = 16;
constexpr size_t kMostTokenBytes = 4096;

void CheckName(const std::string& key, const std::string& name, std::set<std::string>& seen,
               YamlDocument& document) {
  if (!IsValidName(name)) {
    document.Error(key, "wants a name of lower-case letters, digits and hyphens");
  } else if (!seen.insert(name).second) {
    document.Error(key, absl::StrCat("there are two with the name \"", name, "\""));
  }
}

std::string CheckToken(const std::string& key, const std::string& given,
                       const std::string& config_path, YamlDocument& document) {
  if (given.empty()) {
    document.Error(key, "is missing: the file with the secret that the exit nodes know too");
    return "";
  }
  const std::string path = BesideFile(config_path, given);
  const auto file = ReadFile(path, kMostTokenBytes);
  if (!file.ok()) {
    document.Error(key, Words(file.status()));
    return "";
  }
  const std::string token(absl::StripAsciiWhitespace(*file));
  if (token.size() < kLeastTokenBytes) {
    document.Error(
        key, absl::StrCat("the token in ", path, " has ", token.size(), " bytes and wants ",
                          kLeastTokenBytes, " or more: `openssl rand -hex 32 > ", given, "`"));
  }
  return token;
}

std::vector<ConnectorExit> CheckExits(const pb::ConnectorConfig& config, YamlDocument& document) {
  if (config.exits().empty()) {
    document.Error("exits", "exits is missing: name and address of each exit node");
  }
  std::vector<ConnectorExit> exits;
  std::set<std::string> names;
  for (int i = 0; i < config.exits_size(); ++i) {
    const std::string key = absl::StrCat("exits[", i, "]");
    CheckName(key + ".name", config.exits(i).name(), names, document);
    exits.push_back({config.exits(i).name(),
                     CheckHostPort(key + ".address", config.exits(i).address(), document)});
  }
  return exits;
}

bool HasExit(const ConnectorConfig& config, const std::string& name) {
  return std::any_of(config.exits.begin(), config.exits.end(),
                     [&](const ConnectorExit& exit) { return exit.name == name; });
}

std::map<std::string, HostPort> CheckTargets(const std::string& key,
                                             const pb::ConnectorService& service,
                                             const ConnectorConfig& config,
                                             YamlDocument& document) {
  std::map<std::string, HostPort> targets;
  for (int i = 0; i < service.targets_size(); ++i) {
    const std::string at = absl::StrCat(key, "[", i, "]");
    const std::string& exit = service.targets(i).exit();
    const HostPort target = CheckHostPort(at + ".target", service.targets(i).target(), document);
    if (!HasExit(config, exit)) {
      document.Error(at + ".exit", absl::StrCat("there is no exit \"", exit, "\" under exits"));
    } else if (!targets.emplace(exit, target).second) {
      document.Error(at + ".exit", absl::StrCat("there are two targets for exit \"", exit, "\""));
    }
  }
  return targets;
}

ConnectorService::Kind CheckProtocol(const std::string& key, const std::string& given,
                                     YamlDocument& document) {
  if (given == "udp") return ConnectorService::Kind::kUdp;
  if (!given.empty() && given != "tcp") {
    document.Error(key, absl::StrCat("\"", given, "\" is neither tcp nor udp"));
  }
  return ConnectorService::Kind::kTcp;
}

std::vector<ConnectorService> CheckServices(const pb::ConnectorConfig& message,
                                            const std::string& path, const ConnectorConfig& config,
                                            YamlDocument& document) {
  if (message.services().empty()) {
    document.Error("services", "services is missing: name, token_file and target of each service");
  }
  std::vector<ConnectorService> services;
  std::set<std::string> names;
  for (int i = 0; i < message.services_size(); ++i) {
    const pb::ConnectorService& service = message.services(i);
    const std::string key = absl::StrCat("services[", i, "]");
    CheckName(key + ".name", service.name(), names, document);
    services.push_back({service.name(),
                        CheckToken(key + ".token_file", service.token_file(), path, document),
                        CheckHostPort(key + ".target", service.target(), document),
                        CheckTargets(key + ".targets", service, config, document),
                        CheckProtocol(key + ".protocol", service.protocol(), document)});
  }
  return services;
}

}  // namespace

absl::StatusOr<ConnectorConfigFile> ReadConnectorConfig(const std::string& path) {
  pb::ConnectorConfig message;
  ASSIGN_OR_RETURN(YamlDocument document, YamlDocument::Load(path, message));
  ConnectorConfig config;
  config.exits = CheckExits(message, document);
  config.services = CheckServices(message, path, config, document);
  config.echoes = CheckEchoes(message, path, config, document);
  config.http = CheckHttp(message.http(), kDefaultHttp, document);
  ConnectorConfigFile file{.config = std::nullopt, .findings = document.Render()};
  if (document.errors() == 0) file.config = std::move(config);
  return file;
}

}  // namespace lifeboat::exitnode
