#include "controller/config/echo_reader.h"

#include <map>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/echo.h"
#include "base/status.h"

namespace lifeboat::config {
namespace {

void ReadKey(const Reading& reading, const std::string& key, const v1::EchoConfig& proto,
             OriginEcho& echo) {
  if (proto.key_file().empty()) {
    reading.findings.Error(key,
                           "echo wants key_file, a file with a secret that the service's "
                           "connector has too: `openssl rand -hex 32`");
    return;
  }
  const std::string file_key = Key(key, "key_file");
  const std::string file = ResolvePath(reading, proto.key_file());
  const std::string content = ReadSecretFile(reading, file_key, file);
  if (content.empty()) return;  // said already
  const auto secret = EchoKey(content);
  if (secret.ok()) {
    echo.key = *secret;
  } else {
    reading.findings.Error(file_key,
                           absl::StrCat("the key in ", file, " ", Words(secret.status())));
  }
}

}  // namespace

OriginEcho ReadEcho(const Reading& reading, const std::string& key, const v1::EchoConfig& proto,
                    const Health& health) {
  OriginEcho echo{.key = "", .path = proto.path().empty() ? kUsualEchoPath : proto.path()};
  ReadKey(reading, key, proto, echo);
  if (!absl::StartsWith(echo.path, "/") || echo.path.find_first_of("?# \t") != std::string::npos) {
    reading.findings.Error(
        Key(key, "path"),
        absl::StrCat("\"", echo.path, "\" is no path without a query, such as ", kUsualEchoPath));
  }
  if (health.scheme == "tcp") {
    reading.findings.Error(key,
                           "an echo is asked for over HTTP; a service with health.scheme tcp "
                           "has none");
  }
  return echo;
}

void CheckEchoesTogether(const Reading& reading, const Config& config) {
  std::map<std::string, std::string> service_of;
  for (size_t i = 0; i < config.services.size(); ++i) {
    const Service& service = config.services[i];
    if (service.echo.key.empty()) continue;
    const auto [other, is_new] = service_of.emplace(service.echo.key, service.name);
    if (is_new) continue;
    reading.findings.Error(Key(Key("services", static_cast<int>(i)), "echo.key_file"),
                           absl::StrCat("service \"", other->second,
                                        "\" has the same key: an answer of the one would ",
                                        "pass for the other's; give each its own"));
  }
}

}  // namespace lifeboat::config
