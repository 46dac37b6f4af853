#include "exitnode/exit_config.h"

#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "base/yaml_document.h"
#include "exitnode/config_checks.h"
#include "proto/lifeboat/v1/config.pb.h"

namespace lifeboat::exitnode {
namespace {

namespace pb = lifeboat::v1;

constexpr char kDefaultHttp[] = "127.0.0.1:9441";
constexpr char kDefaultState[] = "/var/lib/lifeboat";
constexpr char kDefaultTunnel[] = "[::]:2333";
constexpr char kDefaultKnock[] = "[::]:7444";
constexpr char kDefaultVisitors[] = "::";

TlsFiles CheckIdentity(const pb::IdentityConfig& identity, const std::string& path,
                       YamlDocument& document) {
  const std::pair<const char*, const std::string*> kFields[] = {
      {"ca", &identity.ca()}, {"certificate", &identity.certificate()}, {"key", &identity.key()}};
  for (const auto& [name, value] : kFields) {
    if (!value->empty()) continue;
    document.Error(absl::StrCat("identity.", name),
                   absl::StrCat("identity.", name,
                                " is missing: the path of a PEM file, as "
                                "`lifeboatctl pki issue exitnode NAME` writes it"));
  }
  return {BesideFile(path, identity.ca()), BesideFile(path, identity.certificate()),
          BesideFile(path, identity.key())};
}

std::vector<std::string> CheckControllers(const pb::ExitNodeConfig& config,
                                          YamlDocument& document) {
  if (config.controllers().empty()) {
    document.Error("controllers", "controllers is missing: the \"host:port\" of each controller");
  }
  std::set<std::string> seen;
  for (int i = 0; i < config.controllers_size(); ++i) {
    const std::string key = absl::StrCat("controllers[", i, "]");
    CheckHostPort(key, config.controllers(i), document);
    if (!seen.insert(config.controllers(i)).second) document.Error(key, "is listed twice");
  }
  return {config.controllers().begin(), config.controllers().end()};
}

Endpoint CheckEndpoint(const char* key, const std::string& given, const char* otherwise,
                       YamlDocument& document) {
  const auto endpoint = Endpoint::Parse(given.empty() ? otherwise : given);
  if (!endpoint.ok()) document.Error(key, Words(endpoint.status()));
  return endpoint.value_or(Endpoint{});
}

std::vector<IpAddress> CheckVisitorAddresses(const pb::ExitNodeConfig& config,
                                             YamlDocument& document) {
  if (config.visitor_addresses().empty()) return {*IpAddress::Parse(kDefaultVisitors)};
  std::set<IpAddress> addresses;
  for (int i = 0; i < config.visitor_addresses_size(); ++i) {
    const std::string key = absl::StrCat("visitor_addresses[", i, "]");
    const auto address = IpAddress::Parse(config.visitor_addresses(i));
    if (!address.ok()) {
      document.Error(key, Words(address.status()));
    } else if (!addresses.insert(*address).second) {
      document.Error(key, "is listed twice");
    }
  }
  return {addresses.begin(), addresses.end()};
}

}  // namespace

absl::StatusOr<ExitConfigFile> ReadExitConfig(const std::string& path) {
  pb::ExitNodeConfig message;
  ASSIGN_OR_RETURN(YamlDocument document, YamlDocument::Load(path, message));
  ExitConfig config;
  config.identity = CheckIdentity(message.identity(), path, document);
  config.controllers = CheckControllers(message, document);
  config.state_directory = message.state_directory().empty()
                               ? kDefaultState
                               : BesideFile(path, message.state_directory());
  config.tunnel = CheckEndpoint("tunnel", message.tunnel(), kDefaultTunnel, document);
  config.knock = CheckEndpoint("knock", message.knock(), kDefaultKnock, document);
  config.visitor_addresses = CheckVisitorAddresses(message, document);
  config.http = CheckHttp(message.http(), kDefaultHttp, document);
  ExitConfigFile file{.config = std::nullopt, .findings = document.Render()};
  if (document.errors() == 0) file.config = std::move(config);
  return file;
}

}  // namespace lifeboat::exitnode
