#include "controller/ctl/settings.h"

#include <cstdlib>
#include <filesystem>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "base/address.h"
#include "base/status.h"
#include "base/yaml_document.h"
#include "proto/lifeboat/v1/config.pb.h"

namespace lifeboat::ctl {
namespace {

constexpr char kExample[] =
    "\n  identity: {ca: ca.pem, certificate: person-anna.pem, key: person-anna.key}"
    "\n  controllers: [\"ctl.example.net:7443\"]";

std::string DefaultPath() {
  if (const char* named = std::getenv("LIFEBOAT_CTL"); named != nullptr && *named != '\0') {
    return named;
  }
  const char* home = std::getenv("HOME");
  return absl::StrCat(home == nullptr ? "" : home, "/.config/lifeboat/ctl.yaml");
}

std::string Resolve(YamlDocument& document, const std::filesystem::path& directory,
                    absl::string_view key, const std::string& file) {
  if (file.empty()) document.Error(key, absl::StrCat(key, " is missing: a PEM file"));
  return (directory / file).lexically_normal().string();
}

}  // namespace

absl::StatusOr<Settings> LoadSettings(const std::string& path) {
  const std::string file = path.empty() ? DefaultPath() : path;
  v1::CtlConfig config;
  absl::StatusOr<YamlDocument> document = YamlDocument::Load(file, config);
  if (!document.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat(Words(document.status()),
                     "; --config names another file, which says who you are:", kExample));
  }
  const std::filesystem::path directory =
      std::filesystem::absolute(std::filesystem::path(file)).parent_path();
  Settings settings{
      .identity = {.ca = Resolve(*document, directory, "identity.ca", config.identity().ca()),
                   .certificate = Resolve(*document, directory, "identity.certificate",
                                          config.identity().certificate()),
                   .key = Resolve(*document, directory, "identity.key", config.identity().key())},
      .controllers = {config.controllers().begin(), config.controllers().end()}};
  if (settings.controllers.empty()) {
    document->Error("controllers", "controllers are missing: [\"ctl.example.net:7443\"]");
  }
  for (size_t i = 0; i < settings.controllers.size(); ++i) {
    const auto parsed = HostPort::Parse(settings.controllers[i]);
    if (!parsed.ok()) document->Error(absl::StrCat("controllers[", i, "]"), Words(parsed.status()));
  }
  if (document->errors() == 0) return settings;
  return absl::InvalidArgumentError(absl::StrCat(
      "the configuration will not do\n", absl::StripTrailingAsciiWhitespace(document->Render())));
}

}  // namespace lifeboat::ctl
