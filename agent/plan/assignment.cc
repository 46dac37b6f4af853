#include "agent/plan/assignment.h"

#include <curl/curl.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <set>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/address.h"
#include "base/identity.h"
#include "base/status.h"

namespace lifeboat::agent {
namespace {

namespace pb = lifeboat::v1;

constexpr int kMostTargets = 100'000;
constexpr size_t kMostRefusals = 20;
constexpr size_t kMostText = 4096;  // of one field
constexpr absl::Duration ShortestInterval() { return absl::Milliseconds(50); }
constexpr absl::Duration LongestInterval() { return absl::Hours(24); }
// Below the 90 s for which a door stays open, with room for a lost knock.
constexpr absl::Duration LongestKnock() { return absl::Seconds(80); }

absl::Status Bad(absl::string_view field, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat(field, ": ", what));
}

absl::Duration FromProto(const google::protobuf::Duration& duration) {
  return absl::Seconds(duration.seconds()) + absl::Nanoseconds(duration.nanos());
}

absl::Status CheckText(absl::string_view field, absl::string_view text) {
  if (text.size() > kMostText) return Bad(field, "longer than 4096 bytes");
  if (std::any_of(text.begin(), text.end(), absl::ascii_iscntrl)) {
    return Bad(field, "has control characters");
  }
  return absl::OkStatus();
}

// A name that may be sent to a DNS server: the message format's limits, no escapes.
absl::Status CheckDnsName(absl::string_view field, absl::string_view name) {
  RETURN_IF_ERROR(CheckText(field, name));
  if (absl::EndsWith(name, ".")) name.remove_suffix(1);
  size_t label = 0;
  for (const char c : name) {
    label = c == '.' ? 0 : label + 1;
    if (label > 63 || c == '\\' || c == ' ') return Bad(field, "is no DNS name");
  }
  const bool empty_label =
      name.empty() || name.front() == '.' || name.back() == '.' || absl::StrContains(name, "..");
  if (name.size() > 253 || empty_label) return Bad(field, "is no DNS name");
  return absl::OkStatus();
}

absl::StatusOr<std::vector<IpAddress>> Addresses(
    const google::protobuf::RepeatedPtrField<std::string>& texts) {
  std::vector<IpAddress> addresses;
  for (const std::string& text : texts) {
    auto address = IpAddress::Parse(text);
    if (!address.ok()) return Annotate(address.status(), "addresses");
    addresses.push_back(*address);
  }
  return addresses;
}

absl::StatusOr<std::optional<IpAddress>> Source(const std::string& text) {
  if (text.empty()) return std::nullopt;
  auto address = IpAddress::Parse(text);
  if (!address.ok()) return Annotate(address.status(), "source_address");
  return *address;
}

// How the target is reached: pinned addresses, an address in the URL's place, or a name.
absl::Status SetWay(const google::protobuf::RepeatedPtrField<std::string>& pinned,
                    const std::string& host, const std::vector<Endpoint>& resolvers,
                    ProbeSpec& spec) {
  ASSIGN_OR_RETURN(spec.addresses, Addresses(pinned));
  if (!spec.addresses.empty()) return absl::OkStatus();
  if (const auto literal = IpAddress::Parse(host); literal.ok()) {
    spec.addresses = {*literal};
    return absl::OkStatus();
  }
  RETURN_IF_ERROR(CheckDnsName("host", host));
  spec.name = host;
  spec.resolvers = resolvers;
  return absl::OkStatus();
}

struct CurlFree {
  void operator()(char* text) const { curl_free(text); }
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};

absl::StatusOr<std::string> UrlPart(CURLU* url, CURLUPart part, unsigned flags = 0) {
  char* text = nullptr;
  const CURLUcode code = curl_url_get(url, part, &text, flags);
  const std::unique_ptr<char, CurlFree> owned(text);
  if (code != CURLUE_OK) return Bad("url", curl_url_strerror(code));
  return std::string(text);
}

// Its host without brackets; sets `spec`'s port.
absl::StatusOr<std::string> CheckUrl(const std::string& text, ProbeSpec& spec) {
  RETURN_IF_ERROR(CheckText("url", text));
  const std::unique_ptr<CURLU, CurlFree> url(curl_url());
  const CURLUcode code = curl_url_set(url.get(), CURLUPART_URL, text.c_str(), CURLU_DISALLOW_USER);
  if (code != CURLUE_OK) return Bad("url", curl_url_strerror(code));
  ASSIGN_OR_RETURN(const std::string scheme, UrlPart(url.get(), CURLUPART_SCHEME));
  if (scheme != "http" && scheme != "https") return Bad("url", "must be http:// or https://");
  ASSIGN_OR_RETURN(const std::string port, UrlPart(url.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT));
  spec.port = static_cast<uint16_t>(std::stoi(port));  // checked by curl
  ASSIGN_OR_RETURN(std::string host, UrlPart(url.get(), CURLUPART_HOST));
  if (absl::StartsWith(host, "[")) host = host.substr(1, host.size() - 2);
  return host;
}

absl::StatusOr<std::vector<StatusRange>> ExpectedStatus(const pb::HttpProbe& probe) {
  std::vector<StatusRange> ranges;
  for (const pb::StatusRange& range : probe.expect_status()) {
    if (range.first() < 100 || range.last() > 599 || range.last() < range.first()) {
      return Bad("expect_status",
                 absl::StrCat(range.first(), "-", range.last(), " is no range within 100-599"));
    }
    ranges.push_back({static_cast<int>(range.first()), static_cast<int>(range.last())});
  }
  if (ranges.empty()) ranges.push_back({200, 299});
  return ranges;
}

// A path that a query can follow.
absl::Status CheckEchoPath(const std::string& path) {
  if (path.empty()) return absl::OkStatus();
  RETURN_IF_ERROR(CheckText("echo_path", path));
  if (path[0] != '/' || path.find_first_of("?# ") != std::string::npos) {
    return Bad("echo_path", "is no path without a query");
  }
  return absl::OkStatus();
}

absl::Status SetHttp(const pb::HttpProbe& probe, const std::vector<Endpoint>& resolvers,
                     ProbeSpec& spec) {
  ASSIGN_OR_RETURN(const std::string host, CheckUrl(probe.url(), spec));
  const std::string& name = probe.resolve_name().empty() ? host : probe.resolve_name();
  RETURN_IF_ERROR(SetWay(probe.addresses(), name, resolvers, spec));
  HttpSpec& http = spec.http.emplace();
  http.url = probe.url();
  ASSIGN_OR_RETURN(http.expect_status, ExpectedStatus(probe));
  if (probe.expect_body().size() > kMostText) return Bad("expect_body", "longer than 4096 bytes");
  http.expect_body = probe.expect_body();
  RETURN_IF_ERROR(CheckText("origin_marker_header", probe.origin_marker_header()));
  http.origin_marker_header = absl::AsciiStrToLower(probe.origin_marker_header());
  http.refused_is_down = probe.refused_is_down();
  RETURN_IF_ERROR(CheckText("ca_file", probe.ca_file()));
  http.ca_file = probe.ca_file();
  RETURN_IF_ERROR(CheckEchoPath(probe.echo_path()));
  http.echo_path = probe.echo_path();
  http.head = probe.method() == "HEAD";
  if (!http.head && !probe.method().empty() && probe.method() != "GET") {
    return Bad("method", "must be GET or HEAD");
  }
  if (http.head && !http.expect_body.empty()) return Bad("expect_body", "HEAD has no body");
  return absl::OkStatus();
}

absl::Status SetTcp(const pb::TcpProbe& probe, const std::vector<Endpoint>& resolvers,
                    ProbeSpec& spec) {
  if (probe.port() == 0 || probe.port() > 65535) return Bad("port", "must be 1-65535");
  spec.port = static_cast<uint16_t>(probe.port());
  return SetWay(probe.addresses(), probe.host(), resolvers, spec);
}

absl::Status SetTimes(const pb::Target& target, ProbeSpec& spec) {
  spec.interval = FromProto(target.interval());
  spec.timeout = FromProto(target.timeout());
  if (spec.interval < ShortestInterval() || spec.interval > LongestInterval()) {
    return Bad("interval",
               absl::StrCat(absl::FormatDuration(spec.interval), " is not within 50ms-24h"));
  }
  if (spec.timeout <= absl::ZeroDuration() || spec.timeout >= spec.interval) {
    return Bad("timeout", absl::StrCat(absl::FormatDuration(spec.timeout),
                                       " is not above 0 and below the interval"));
  }
  if (target.has_slow_after()) spec.slow_after = FromProto(target.slow_after());
  if (spec.slow_after <= absl::ZeroDuration()) return Bad("slow_after", "must be above 0");
  return absl::OkStatus();
}

absl::StatusOr<Leg> LegFromProto(pb::Leg leg) {
  switch (leg) {
    case pb::LEG_BY_NAME:
      return Leg::kByName;
    case pb::LEG_PINNED:
      return Leg::kPinned;
    case pb::LEG_PANEL:
      return Leg::kPanel;
    default:
      return Bad("leg", "is not one that this version knows");
  }
}

absl::StatusOr<KnockSpec> KnockFromProto(const pb::Knock& knock) {
  KnockSpec spec{.exit = knock.exit(), .withdraw = knock.withdraw()};
  if (!IsValidName(spec.exit)) return Bad("exit", "is no name of an exit node");
  for (const std::string& text : knock.endpoints()) {
    auto endpoint = Endpoint::Parse(text);
    if (!endpoint.ok()) return Annotate(endpoint.status(), "endpoints");
    spec.endpoints.push_back(*endpoint);
  }
  ASSIGN_OR_RETURN(spec.source, Source(knock.source_address()));
  if (knock.has_every()) spec.every = FromProto(knock.every());
  if (spec.every < absl::Seconds(1) || spec.every > LongestKnock()) {
    return Bad("every", absl::StrCat(absl::FormatDuration(spec.every), " is not within 1s-80s"));
  }
  return spec;
}

void Refuse(std::string what, std::vector<std::string>& refused) {
  if (refused.size() < kMostRefusals) refused.push_back(std::move(what));
}

std::vector<Endpoint> Resolvers(const pb::Assignments& assignments,
                                std::vector<std::string>& refused) {
  std::vector<Endpoint> resolvers;
  for (const std::string& text : assignments.resolvers()) {
    const auto endpoint = Endpoint::Parse(text);
    if (endpoint.ok()) {
      resolvers.push_back(*endpoint);
    } else {
      Refuse(absl::StrCat("resolver: ", Words(endpoint.status())), refused);
    }
  }
  return resolvers;
}

}  // namespace

absl::StatusOr<NumberedSpec> TargetFromProto(const pb::Target& target,
                                             const std::vector<Endpoint>& resolvers) {
  NumberedSpec numbered{.number = target.number()};
  ProbeSpec& spec = numbered.spec;
  ASSIGN_OR_RETURN(spec.leg, LegFromProto(target.leg()));
  RETURN_IF_ERROR(SetTimes(target, spec));
  ASSIGN_OR_RETURN(spec.source, Source(target.source_address()));
  switch (target.probe_case()) {
    case pb::Target::kHttp:
      RETURN_IF_ERROR(SetHttp(target.http(), resolvers, spec));
      break;
    case pb::Target::kTcp:
      RETURN_IF_ERROR(SetTcp(target.tcp(), resolvers, spec));
      break;
    default:
      return Bad("probe", "is of no kind that this version knows");
  }
  const auto& addresses = spec.addresses;
  if (spec.source && std::any_of(addresses.begin(), addresses.end(), [&](const IpAddress& to) {
        return to.is_v4() != spec.source->is_v4();
      })) {
    return Bad("source_address", "is not of the family of all addresses");
  }
  return numbered;
}

absl::StatusOr<Assignment> AssignmentFromProto(const pb::Assignments& assignments) {
  if (assignments.revision() == 0) return Bad("revision", "must not be 0");
  if (assignments.targets_size() > kMostTargets) {
    return Bad("targets",
               absl::StrCat(assignments.targets_size(), " are more than ", kMostTargets));
  }
  Assignment checked{.revision = assignments.revision()};
  const std::vector<Endpoint> resolvers = Resolvers(assignments, checked.refused);
  std::set<uint32_t> numbers;
  for (const pb::Target& target : assignments.targets()) {
    auto spec = TargetFromProto(target, resolvers);
    if (spec.ok() && !numbers.insert(target.number()).second) {
      spec = Bad("number", "is another target's too");
    }
    if (spec.ok()) {
      checked.targets.push_back(*std::move(spec));
    } else {
      Refuse(absl::StrCat("target ", target.number(), " \"", target.label().substr(0, 64),
                          "\": ", Words(spec.status())),
             checked.refused);
    }
  }
  for (const pb::Knock& knock : assignments.knocks()) {
    auto spec = KnockFromProto(knock);
    if (spec.ok()) {
      checked.knocks.push_back(*std::move(spec));
    } else {
      Refuse(absl::StrCat("knock at \"", knock.exit().substr(0, 64), "\": ", Words(spec.status())),
             checked.refused);
    }
  }
  return checked;
}

}  // namespace lifeboat::agent
