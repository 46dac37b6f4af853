#ifndef LIFEBOAT_CONTROLLER_CONFIG_VALUES_H_
#define LIFEBOAT_CONTROLLER_CONFIG_VALUES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/address.h"
#include "base/yaml_document.h"
#include "google/protobuf/duration.pb.h"

// Single values of a document, checked. What will not do goes to the findings, and a harmless value
// comes back, so that reading goes on to the next mistake.
namespace lifeboat::config {

// Where relative paths start, and what is wrong.
struct Reading {
  std::string directory;  // of the configuration file
  YamlDocument& findings;
};

// Paths in a document: "services[0]" and "health" make "services[0].health".
std::string Key(absl::string_view parent, absl::string_view child);
std::string Key(absl::string_view parent, int index);

// "; did you mean "nyc"?", or nothing where none of `known` is near to `word`.
std::string DidYouMean(absl::string_view word, const std::vector<std::string>& known);

absl::Duration ToDuration(const google::protobuf::Duration& duration);
// "1.5s", "250ms", "2h": as the configuration writes it.
std::string DurationText(absl::Duration duration);

// The name of a vantage, exit, lever or service: [a-z0-9-], at most 63.
void CheckName(const Reading& reading, absl::string_view key, absl::string_view name);

// "App.Example.NET." becomes "app.example.net". INVALID_ARGUMENT for what no host may be called.
absl::StatusOr<std::string> ParseHostname(absl::string_view text);
// Whether `name` is `zone` or below it; both without a final dot, lower-case.
bool IsWithin(absl::string_view name, absl::string_view zone);

// An address that somebody can be reached at: no wildcard, no group.
absl::StatusOr<IpAddress> ParseHostAddress(absl::string_view text);
// "address" or "address:port".
absl::StatusOr<Endpoint> ParseEndpoint(absl::string_view text, uint16_t default_port);
// http:// or https:// with a host; returns the host, lower-case.
absl::StatusOr<std::string> ParseUrlHost(absl::string_view url);

// 1–65535; `fallback` where it was not given.
uint16_t ReadPort(const Reading& reading, absl::string_view key, uint32_t port, uint16_t fallback);
// Empty, or a local address to send from.
std::string ReadSourceAddress(const Reading& reading, absl::string_view key,
                              const std::string& address);

// Absolute, relative to the configuration file.
std::string ResolvePath(const Reading& reading, absl::string_view path);
// The content of the secret file `path` without white space around it; empty after an error.
std::string ReadSecretFile(const Reading& reading, absl::string_view key, const std::string& path);

}  // namespace lifeboat::config

#endif  // LIFEBOAT_CONTROLLER_CONFIG_VALUES_H_
