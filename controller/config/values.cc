#include "controller/config/values.h"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "base/file.h"
#include "base/identity.h"
#include "base/nearest.h"
#include "base/status.h"

namespace lifeboat::config {
namespace {

constexpr size_t kLargestSecretFile = 64 * 1024;

bool IsHostLabel(absl::string_view label) {
  return !label.empty() && label.size() <= 63 && label.front() != '-' && label.back() != '-' &&
         std::all_of(label.begin(), label.end(),
                     [](char c) { return absl::ascii_isalnum(c) || c == '-'; });
}

}  // namespace

std::string Key(absl::string_view parent, absl::string_view child) {
  return parent.empty() ? std::string(child) : absl::StrCat(parent, ".", child);
}

std::string Key(absl::string_view parent, int index) {
  return absl::StrCat(parent, "[", index, "]");
}

std::string DidYouMean(absl::string_view word, const std::vector<std::string>& known) {
  const std::string nearest = NearestWord(word, known);
  return nearest.empty() ? "" : absl::StrCat("; did you mean \"", nearest, "\"?");
}

absl::Duration ToDuration(const google::protobuf::Duration& duration) {
  return absl::Seconds(duration.seconds()) + absl::Nanoseconds(duration.nanos());
}

std::string DurationText(absl::Duration duration) {
  return duration == absl::ZeroDuration() ? "0s" : absl::FormatDuration(duration);
}

void CheckName(const Reading& reading, absl::string_view key, absl::string_view name) {
  if (IsValidName(name)) return;
  reading.findings.Error(
      key, name.empty() ? std::string("a name is missing")
                        : absl::StrCat("name \"", name,
                                       "\" wants lower-case letters, digits and -, at most 63"));
}

absl::StatusOr<std::string> ParseHostname(absl::string_view text) {
  const std::string name = absl::AsciiStrToLower(absl::StripSuffix(text, "."));
  const std::vector<absl::string_view> labels = absl::StrSplit(name, '.');
  if (name.size() > 253 || !std::all_of(labels.begin(), labels.end(), IsHostLabel)) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", text, "\" is no host name: letters, digits and - between dots"));
  }
  if (labels.size() < 2 || IpAddress::Parse(name).ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", text, "\" is no whole host name, such as app.example.net"));
  }
  return name;
}

bool IsWithin(absl::string_view name, absl::string_view zone) {
  return name == zone || absl::EndsWith(name, absl::StrCat(".", zone));
}

absl::StatusOr<IpAddress> ParseHostAddress(absl::string_view text) {
  ASSIGN_OR_RETURN(const IpAddress address, IpAddress::Parse(text));
  const std::string bytes = address.ToBytes();
  const bool wildcard = bytes.find_first_not_of('\0') == std::string::npos;
  const auto first = static_cast<unsigned char>(bytes[0]);
  const bool group = address.is_v4() ? first >= 224 : first == 0xff;
  if (wildcard || group) {
    return absl::InvalidArgumentError(absl::StrCat(text, " is the address of no single host"));
  }
  return address;
}

absl::StatusOr<Endpoint> ParseEndpoint(absl::string_view text, uint16_t default_port) {
  if (const auto address = IpAddress::Parse(text); address.ok()) {
    ASSIGN_OR_RETURN(const IpAddress checked, ParseHostAddress(text));
    return Endpoint{checked, default_port};
  }
  const auto endpoint = Endpoint::Parse(text);
  if (!endpoint.ok() || endpoint->port == 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", text, "\" wants an address, or address:port: 192.0.2.53, 192.0.2.53:53,",
                     " [2001:db8::53]:53"));
  }
  RETURN_IF_ERROR(ParseHostAddress(endpoint->address.ToString()).status());
  return *endpoint;
}

absl::StatusOr<std::string> ParseUrlHost(absl::string_view url) {
  const auto bad = [url](absl::string_view why) {
    return absl::InvalidArgumentError(absl::StrCat("\"", url, "\" ", why));
  };
  absl::string_view rest = url;
  if (!absl::ConsumePrefix(&rest, "https://") && !absl::ConsumePrefix(&rest, "http://")) {
    return bad("wants a whole URL: https://example.org/");
  }
  if (url.size() > 2000 || std::any_of(url.begin(), url.end(), [](char c) {
        return !absl::ascii_isgraph(static_cast<unsigned char>(c));
      })) {
    return bad("wants printable characters without spaces, at most 2000");
  }
  const absl::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
  if (absl::StrContains(authority, "@")) return bad("holds a user name; a probe sends none");
  const auto with_port = HostPort::Parse(authority);
  std::string host = with_port.ok() ? with_port->host : std::string(authority);
  if (absl::ConsumePrefix(&rest, "[") && absl::EndsWith(host, "]")) {
    host = host.substr(1, host.size() - 2);
  }
  if (IpAddress::Parse(host).ok() || host == "localhost") return host;
  const auto name = ParseHostname(host);
  return name.ok() ? name : bad("names no host: https://example.org/");
}

uint16_t ReadPort(const Reading& reading, absl::string_view key, uint32_t port, uint16_t fallback) {
  if (port == 0 && !reading.findings.Given(key)) return fallback;
  if (port >= 1 && port <= 65535) return static_cast<uint16_t>(port);
  reading.findings.Error(key, absl::StrCat("port ", port, " is not between 1 and 65535"));
  return fallback;
}

std::string ReadSourceAddress(const Reading& reading, absl::string_view key,
                              const std::string& address) {
  if (address.empty()) return address;
  const auto parsed = ParseHostAddress(address);
  if (parsed.ok()) return parsed->ToString();
  reading.findings.Error(key, Words(parsed.status()));
  return "";
}

std::string ResolvePath(const Reading& reading, absl::string_view path) {
  const std::filesystem::path given{std::string(path)};
  if (given.is_absolute()) return given.lexically_normal().string();
  return (std::filesystem::path(reading.directory) / given).lexically_normal().string();
}

std::string ReadSecretFile(const Reading& reading, absl::string_view key, const std::string& path) {
  const auto content = ReadFile(path, kLargestSecretFile);
  if (!content.ok()) {
    reading.findings.Error(key, Words(content.status()));
    return "";
  }
  struct stat facts {};
  if (stat(path.c_str(), &facts) == 0 && (facts.st_mode & S_IROTH) != 0) {
    reading.findings.Warning(key, absl::StrCat("every user of this machine can read the secret ",
                                               path, "; chmod o-r ", path));
  }
  return std::string(absl::StripAsciiWhitespace(*content));
}

}  // namespace lifeboat::config
