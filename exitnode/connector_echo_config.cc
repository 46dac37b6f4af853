#include "exitnode/connector_echo_config.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/echo.h"
#include "base/file.h"
#include "base/status.h"
#include "exitnode/config_checks.h"

namespace lifeboat::exitnode {
namespace {

namespace pb = lifeboat::v1;

constexpr char kEdgePath[] = "edge";

std::string ExitPath(const ConnectorExit& exit) { return absl::StrCat("exit/", exit.name); }

bool IsLoopback(const IpAddress& address) {
  const std::string text = address.ToString();
  return text == "::1" || absl::StartsWith(text, "127.");
}

std::string CheckKey(const std::string& key, const std::string& given,
                     const std::string& config_path, YamlDocument& document) {
  if (given.empty()) {
    document.Error(key, "is missing: the file with the key that the controller knows too");
    return "";
  }
  const std::string path = BesideFile(config_path, given);
  const auto file = ReadFile(path, kMostEchoKeyBytes);
  if (!file.ok()) {
    document.Error(key, Words(file.status()));
    return "";
  }
  const auto secret = EchoKey(*file);
  if (!secret.ok()) {
    document.Error(key, absl::StrCat("the key in ", path, " ", Words(secret.status())));
  }
  return secret.value_or("");
}

void CheckPath(const std::string& key, const std::string& path, const ConnectorConfig& config,
               std::set<std::string>& seen, YamlDocument& document) {
  const bool known =
      path == kEdgePath || std::any_of(config.exits.begin(), config.exits.end(),
                                       [&](const auto& exit) { return path == ExitPath(exit); });
  if (!known) {
    document.Error(key, absl::StrCat("\"", path, "\" is neither \"edge\" nor \"exit/\" and the ",
                                     "name of one of the exits"));
  } else if (!seen.insert(path).second) {
    document.Error(key, absl::StrCat("there are two listeners for path \"", path, "\""));
  }
}

Endpoint CheckListen(const std::string& key, const std::string& given, std::set<Endpoint>& taken,
                     YamlDocument& document) {
  const auto listen = Endpoint::Parse(given);
  if (!listen.ok()) {
    document.Error(key, Words(listen.status()));
    return {};
  }
  if (listen->port == 0) {
    document.Error(key, "wants a port of its own: 127.0.0.1:9451");
  } else if (!taken.insert(*listen).second) {
    document.Error(key, absl::StrCat(listen->ToString(), " is the listener of another path: each ",
                                     "wants one of its own, or nobody can tell the paths apart"));
  } else if (!IsLoopback(listen->address)) {
    document.Warning(key, absl::StrCat("who can reach ", listen->ToString(), " passes for healthy ",
                                       "without the path: let only the origin's proxy reach it"));
  }
  return *listen;
}

// A path without a listener has no echo; exits that share a target share what the origin sees.
void WarnOfGaps(const std::string& key, const ConnectorService& service,
                const std::set<std::string>& paths, const ConnectorConfig& config,
                YamlDocument& document) {
  if (!paths.contains(kEdgePath)) {
    document.Warning(key, "there is no listener for path \"edge\": the edge will show no echo");
  }
  std::map<std::pair<std::string, uint16_t>, std::string> exit_at;
  for (const ConnectorExit& exit : config.exits) {
    if (!paths.contains(ExitPath(exit))) {
      document.Warning(key, absl::StrCat("there is no listener for path \"", ExitPath(exit),
                                         "\": that exit will show no echo"));
      continue;
    }
    const HostPort& target = service.TargetFor(exit.name);
    const auto [other, is_new] = exit_at.emplace(std::pair(target.host, target.port), exit.name);
    if (!is_new) {
      document.Warning(
          key, absl::StrCat("the visitors of exits ", other->second, " and ", exit.name,
                            " come to the same target, where the origin cannot tell one from the ",
                            "other: give each its own under targets"));
    }
  }
}

}  // namespace

std::vector<ConnectorEcho> CheckEchoes(const pb::ConnectorConfig& message,
                                       const std::string& config_path,
                                       const ConnectorConfig& config, YamlDocument& document) {
  std::vector<ConnectorEcho> echoes;
  std::set<Endpoint> taken;
  for (int i = 0; i < message.services_size(); ++i) {
    if (!message.services(i).has_echo()) continue;
    const pb::ConnectorEcho& proto = message.services(i).echo();
    const std::string key = absl::StrCat("services[", i, "].echo");
    ConnectorEcho echo{.service = message.services(i).name(), .key = "", .listeners = {}};
    echo.key = CheckKey(key + ".key_file", proto.key_file(), config_path, document);
    if (proto.listeners().empty()) {
      document.Error(key + ".listeners",
                     "is missing: path and listen of each way on which probes come");
    }
    std::set<std::string> paths;
    for (int j = 0; j < proto.listeners_size(); ++j) {
      const pb::ConnectorEchoListener& listener = proto.listeners(j);
      const std::string at = absl::StrCat(key, ".listeners[", j, "]");
      CheckPath(at + ".path", listener.path(), config, paths, document);
      echo.listeners.push_back(
          {listener.path(), CheckListen(at + ".listen", listener.listen(), taken, document)});
    }
    if (!paths.empty()) WarnOfGaps(key, config.services[i], paths, config, document);
    echoes.push_back(std::move(echo));
  }
  return echoes;
}

}  // namespace lifeboat::exitnode
