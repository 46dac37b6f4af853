#include "agent/agent_config.h"

#include <filesystem>
#include <set>

#include "absl/strings/str_cat.h"
#include "base/address.h"
#include "base/http_server.h"
#include "base/status.h"
#include "base/yaml_document.h"
#include "proto/lifeboat/v1/config.pb.h"

namespace lifeboat::agent {
namespace {

namespace pb = lifeboat::v1;

constexpr char kDefaultHttp[] = "127.0.0.1:9442";
constexpr uint32_t kMostQueue = 10'000'000;

std::string BesideFile(const std::string& config_path, const std::string& path) {
  return (std::filesystem::path(config_path).parent_path() / path).string();
}

void CheckIdentity(const pb::IdentityConfig& identity, YamlDocument& document) {
  const std::pair<const char*, const std::string*> kFields[] = {
      {"ca", &identity.ca()}, {"certificate", &identity.certificate()}, {"key", &identity.key()}};
  for (const auto& [name, value] : kFields) {
    if (!value->empty()) continue;
    document.Error(absl::StrCat("identity.", name),
                   absl::StrCat("identity.", name,
                                " is missing: the path of a PEM file, as "
                                "`lifeboatctl pki issue agent NAME` writes it"));
  }
}

void CheckControllers(const pb::AgentConfig& config, YamlDocument& document) {
  if (config.controllers().empty()) {
    document.Error("controllers", "controllers is missing: the \"host:port\" of each controller");
  }
  std::set<std::string> seen;
  for (int i = 0; i < config.controllers_size(); ++i) {
    const std::string path = absl::StrCat("controllers[", i, "]");
    const auto parsed = HostPort::Parse(config.controllers(i));
    if (!parsed.ok()) document.Error(path, Words(parsed.status()));
    if (!seen.insert(config.controllers(i)).second) document.Error(path, "is listed twice");
  }
}

}  // namespace

absl::StatusOr<AgentConfigFile> ReadAgentConfig(const std::string& path) {
  pb::AgentConfig message;
  ASSIGN_OR_RETURN(YamlDocument document, YamlDocument::Load(path, message));
  CheckIdentity(message.identity(), document);
  CheckControllers(message, document);
  if (message.queue() > kMostQueue) {
    document.Error("queue", absl::StrCat("is above ", kMostQueue, " observations"));
  }
  AgentConfig config;
  config.http = message.http().empty() ? kDefaultHttp : message.http();
  if (config.http == "off") {
    config.http.clear();
  } else if (const auto listen = ParseHttpListen(config.http); !listen.ok()) {
    document.Error("http", Words(listen.status()));
  }
  config.identity = {BesideFile(path, message.identity().ca()),
                     BesideFile(path, message.identity().certificate()),
                     BesideFile(path, message.identity().key())};
  config.controllers.assign(message.controllers().begin(), message.controllers().end());
  if (message.queue() != 0) config.queue_limit = message.queue();
  AgentConfigFile file{.config = std::nullopt, .findings = document.Render()};
  if (document.errors() == 0) file.config = std::move(config);
  return file;
}

}  // namespace lifeboat::agent
