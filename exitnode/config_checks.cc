#include "exitnode/config_checks.h"

#include <filesystem>

#include "base/http_server.h"
#include "base/status.h"

namespace lifeboat::exitnode {

std::string BesideFile(const std::string& config_path, const std::string& path) {
  return (std::filesystem::path(config_path).parent_path() / path).string();
}

HostPort CheckHostPort(const std::string& key, const std::string& given, YamlDocument& document) {
  const auto parsed = HostPort::Parse(given);
  if (!parsed.ok()) document.Error(key, Words(parsed.status()));
  return parsed.value_or(HostPort{});
}

std::string CheckHttp(const std::string& given, const char* otherwise, YamlDocument& document) {
  if (given == "off") return "";
  const std::string http = given.empty() ? otherwise : given;
  if (const auto listen = ParseHttpListen(http); !listen.ok()) {
    document.Error("http", Words(listen.status()));
  }
  return http;
}

}  // namespace lifeboat::exitnode
