#include "controller/config/lever_reader.h"

#include <regex>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "base/status.h"

namespace lifeboat::config {
namespace {

constexpr uint16_t kDnsPort = 53;
constexpr size_t kLeastSecretBytes = 16;

// A named.conf key statement, as tsig-keygen prints it; parts it does not have are empty.
struct KeyStatement {
  std::string name, algorithm, secret;
};

KeyStatement ParseSecretFile(const std::string& content) {
  if (content.size() > 4096 || !absl::StrContains(content, "{")) {
    return {.name = "", .algorithm = "", .secret = content};
  }
  const auto first = [&content](const char* pattern) {
    std::smatch match;
    return std::regex_search(content, match, std::regex(pattern)) ? match[1].str() : "";
  };
  return {.name = first(R"rx((?:^|\s)key\s+"?([^"\s{]+)"?\s*\{)rx"),
          .algorithm = first(R"rx(algorithm\s+"?([^"\s;]+)"?\s*;)rx"),
          .secret = first(R"rx(secret\s+"?([^"\s;]+)"?\s*;)rx")};
}

// "HMAC-SHA256" and "hmac-sha256." are the same algorithm; the final dot is the wire's.
std::string CanonicalAlgorithm(absl::string_view text) {
  return absl::StrCat(absl::AsciiStrToLower(absl::StripSuffix(text, ".")), ".");
}

std::string CanonicalKeyName(absl::string_view text) {
  return absl::StrCat(absl::AsciiStrToLower(absl::StripSuffix(text, ".")), ".");
}

void CheckSecret(const Reading& reading, const std::string& key, const std::string& file,
                 const std::string& secret) {
  std::string bytes;
  if (secret.empty() || !absl::Base64Unescape(secret, &bytes)) {
    reading.findings.Error(
        key, absl::StrCat(file, " holds neither base64 nor a named.conf key statement; make one",
                          " with `tsig-keygen lifeboat`"));
  } else if (bytes.size() < kLeastSecretBytes) {
    reading.findings.Error(
        key, absl::StrCat("the secret in ", file, " has ", bytes.size(), " bytes and wants ",
                          kLeastSecretBytes, " or more; make one with `tsig-keygen lifeboat`"));
  }
}

TsigKey ReadTsigKey(const Reading& reading, const std::string& key,
                    const v1::TsigKeyConfig& proto) {
  const std::string file_key = Key(key, "secret_file");
  KeyStatement statement;
  if (proto.secret_file().empty()) {
    reading.findings.Error(key, "secret_file is missing: updates must be signed");
  } else {
    const std::string file = ResolvePath(reading, proto.secret_file());
    const std::string content = ReadSecretFile(reading, file_key, file);
    statement = ParseSecretFile(content);
    if (!content.empty()) CheckSecret(reading, file_key, file, statement.secret);
  }
  const std::string name = proto.name().empty() ? statement.name : proto.name();
  if (name.empty()) {
    reading.findings.Error(key, "the key's name is missing, as the DNS server knows it");
  } else if (!statement.name.empty() &&
             CanonicalKeyName(name) != CanonicalKeyName(statement.name)) {
    reading.findings.Error(Key(key, "name"), absl::StrCat("key \"", name, "\" is called \"",
                                                          statement.name, "\" in its file"));
  }
  const std::string stated = statement.algorithm.empty() ? "hmac-sha256" : statement.algorithm;
  const std::string algorithm = proto.algorithm().empty() ? stated : proto.algorithm();
  const std::string canonical = CanonicalAlgorithm(algorithm);
  if (canonical != "hmac-sha256." && canonical != "hmac-sha512.") {
    reading.findings.Error(
        Key(key, "algorithm"),
        absl::StrCat("algorithm \"", algorithm, "\" is neither hmac-sha256 nor hmac-sha512"));
  } else if (!statement.algorithm.empty() && canonical != CanonicalAlgorithm(statement.algorithm)) {
    reading.findings.Error(
        Key(key, "algorithm"),
        absl::StrCat("algorithm ", algorithm, " is ", statement.algorithm, " in the key's file"));
  }
  return {.name = CanonicalKeyName(name), .algorithm = canonical, .secret = statement.secret};
}

Rfc2136 ReadRfc2136(const Reading& reading, const std::string& key,
                    const v1::Rfc2136Config& proto) {
  Rfc2136 lever;
  if (const auto server = ParseEndpoint(proto.server(), kDnsPort); server.ok()) {
    lever.server = *server;
  } else if (proto.server().empty()) {
    reading.findings.Error(key, "server is missing: the zone's primary, such as 192.0.2.53:53");
  } else {
    reading.findings.Error(Key(key, "server"), Words(server.status()));
  }
  for (int i = 0; i < proto.authoritative_size(); ++i) {
    const auto server = ParseEndpoint(proto.authoritative(i), kDnsPort);
    if (server.ok()) {
      lever.authoritative.push_back(*server);
    } else {
      reading.findings.Error(Key(Key(key, "authoritative"), i), Words(server.status()));
    }
  }
  lever.key = ReadTsigKey(reading, Key(key, "key"), proto.key());
  lever.timeout = proto.has_timeout() ? ToDuration(proto.timeout()) : absl::Seconds(5);
  if (lever.timeout < absl::Milliseconds(100) || lever.timeout > absl::Minutes(1)) {
    reading.findings.Error(
        Key(key, "timeout"),
        absl::StrCat("timeout ", DurationText(lever.timeout), " is not between 100ms and 1m"));
  }
  lever.source_address =
      ReadSourceAddress(reading, Key(key, "source_address"), proto.source_address());
  return lever;
}

}  // namespace

Lever ReadLever(const Reading& reading, const std::string& key, const v1::LeverConfig& proto) {
  Lever lever{.name = proto.name(),
              .zone = "",
              .provider = absl::AsciiStrToLower(proto.provider()),
              .rfc2136 = {}};
  if (!proto.has_rfc2136()) {
    reading.findings.Error(key, absl::StrCat("lever \"", proto.name(),
                                             "\" does not say how: rfc2136: {server, zone, key}"));
    return lever;
  }
  const std::string at = Key(key, "rfc2136");
  lever.rfc2136 = ReadRfc2136(reading, at, proto.rfc2136());
  const auto zone = ParseHostname(proto.rfc2136().zone());
  if (zone.ok()) {
    lever.zone = *zone;
  } else if (proto.rfc2136().zone().empty()) {
    reading.findings.Error(at, "zone is missing: its apex, such as example.net");
  } else {
    reading.findings.Error(Key(at, "zone"), absl::StrCat("zone ", Words(zone.status())));
  }
  return lever;
}

}  // namespace lifeboat::config
