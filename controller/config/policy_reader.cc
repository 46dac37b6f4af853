#include "controller/config/policy_reader.h"

#include <algorithm>
#include <optional>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "controller/config/regions_reader.h"

namespace lifeboat::config {
namespace {

std::optional<std::pair<int, int>> ParseStatusRange(const std::string& text) {
  const std::vector<std::string> ends = absl::StrSplit(text, '-');
  int first = 0, last = 0;
  if (ends.size() > 2 || !absl::SimpleAtoi(ends.front(), &first) ||
      !absl::SimpleAtoi(ends.back(), &last)) {
    return std::nullopt;
  }
  if (first < 100 || last > 599 || first > last) return std::nullopt;
  return std::make_pair(first, last);
}

void ReadExpectStatus(const Reading& reading, const std::string& key, const v1::HealthConfig& proto,
                      Health& health) {
  for (int i = 0; i < proto.expect_status_size(); ++i) {
    if (const auto range = ParseStatusRange(proto.expect_status(i)); range.has_value()) {
      health.expect_status.push_back(*range);
      continue;
    }
    reading.findings.Error(Key(Key(key, "expect_status"), i),
                           absl::StrCat("\"", proto.expect_status(i),
                                        "\" is no status or range of them: \"200\", \"200-299\""));
  }
  if (health.expect_status.empty()) health.expect_status = {{200, 299}};
}

void ReadTiming(const Reading& reading, const std::string& key, const v1::HealthConfig& proto,
                Health& health) {
  health.interval = proto.has_interval() ? ToDuration(proto.interval()) : absl::Seconds(2);
  health.timeout = proto.has_timeout() ? ToDuration(proto.timeout()) : absl::Milliseconds(1500);
  health.slow_after =
      proto.has_slow_after() ? ToDuration(proto.slow_after()) : absl::InfiniteDuration();
  if (health.interval < absl::Milliseconds(100) || health.interval > absl::Hours(1)) {
    reading.findings.Error(
        Key(key, "interval"),
        absl::StrCat("interval ", DurationText(health.interval), " is not between 100ms and 1h"));
  }
  if (health.timeout <= absl::ZeroDuration()) {
    reading.findings.Error(Key(key, "timeout"), "timeout must be above 0s");
  } else if (health.timeout >= health.interval) {
    reading.findings.Error(
        Key(key, proto.has_timeout() ? "timeout" : "interval"),
        absl::StrCat("timeout ", DurationText(health.timeout),
                     proto.has_timeout() ? "" : " (the default)", " is not below interval ",
                     DurationText(health.interval), "; lower the timeout"));
  }
  if (health.slow_after <= absl::ZeroDuration() ||
      (proto.has_slow_after() && health.slow_after >= health.timeout)) {
    reading.findings.Error(
        Key(key, "slow_after"),
        absl::StrCat("slow_after ", DurationText(health.slow_after),
                     " is not between 0s and the timeout ", DurationText(health.timeout)));
  }
}

bool IsHeaderName(const std::string& name) {
  return std::all_of(name.begin(), name.end(), [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
           absl::StrContains("!#$%&'*+-.^_`|~", absl::string_view(&c, 1));
  });
}

void CheckHttpKeys(const Reading& reading, const std::string& key, const Health& health) {
  if (health.scheme == "tcp") {
    for (const absl::string_view http_only :
         {"path", "expect_status", "expect_body", "origin_marker_header", "refused_is_down"}) {
      if (reading.findings.Given(Key(key, http_only))) {
        reading.findings.Error(
            Key(key, http_only),
            absl::StrCat("a tcp probe only connects: ", http_only, " wants scheme https or http"));
      }
    }
    return;
  }
  const bool printable = std::all_of(health.path.begin(), health.path.end(), [](char c) {
    return absl::ascii_isgraph(static_cast<unsigned char>(c));
  });
  if (!absl::StartsWith(health.path, "/") || !printable) {
    reading.findings.Error(
        Key(key, "path"),
        absl::StrCat("path \"", health.path, "\" wants to begin with / and to hold no spaces"));
  }
  if (!IsHeaderName(health.origin_marker_header)) {
    reading.findings.Error(Key(key, "origin_marker_header"),
                           absl::StrCat("\"", health.origin_marker_header,
                                        "\" is no header's name, such as x-origin"));
  }
}

// What the vantages can show at best, and what of the policy they would miss.
struct Fleet {
  int voters = 0;
  double weight = 0;
  std::set<uint32_t> asns;
  std::set<std::string> countries;

  void Add(const Vantage& vantage) {
    ++voters;
    weight += vantage.weight;
    asns.insert(vantage.asn);
    countries.insert(vantage.country);
  }
};

// The first thing that `fleet` lacks to see by `policy`, in words; empty: nothing.
std::string Lacks(const Fleet& fleet, const QuorumPolicy& policy, double weight_configured) {
  const auto too_few = [](int have, int want, absl::string_view what, absl::string_view key) {
    return absl::StrCat(have, " ", what, have == 1 ? "" : "s", " (", key, " ", want, ")");
  };
  if (fleet.voters < policy.min_voters) {
    return too_few(fleet.voters, policy.min_voters, "voter", "min_voters");
  }
  const int asns = static_cast<int>(fleet.asns.size());
  if (asns < policy.min_asns) return too_few(asns, policy.min_asns, "network", "min_asns");
  const int countries = static_cast<int>(fleet.countries.size());
  if (countries < policy.min_countries) {
    return countries == 1
               ? absl::StrCat("1 country (min_countries ", policy.min_countries, ")")
               : absl::StrCat(countries, " countries (min_countries ", policy.min_countries, ")");
  }
  // A hair's breadth, so that thirds add up.
  if (fleet.weight < policy.min_turnout * weight_configured - 1e-9) {
    return absl::StrCat(fleet.weight, " of ", weight_configured, " weight (min_turnout ",
                        policy.min_turnout, ")");
  }
  return "";
}

void WarnOfBlindness(const Reading& reading, const std::string& key, const QuorumPolicy& policy,
                     const std::vector<VantageSettings>& vantages, double weight) {
  std::vector<std::string> fatal;
  std::string left_with;
  for (const VantageSettings& lost : vantages) {
    Fleet rest;
    for (const VantageSettings& vantage : vantages) {
      if (&vantage != &lost) rest.Add(vantage.vantage);
    }
    const std::string lacks = Lacks(rest, policy, weight);
    if (lacks.empty()) continue;
    fatal.push_back(lost.vantage.name);
    if (left_with.empty()) left_with = lacks;
  }
  if (fatal.empty()) return;
  const std::string whose = fatal.size() == vantages.size() ? std::string("any one vantage")
                                                            : absl::StrJoin(fatal, " or ");
  reading.findings.Warning(key, absl::StrCat("the loss of ", whose, " leaves this service BLIND: ",
                                             left_with, "; add a vantage or lower the policy"));
}

void JudgeAgainstFleet(const Reading& reading, const std::string& key, const QuorumPolicy& policy,
                       const std::vector<VantageSettings>& vantages) {
  Fleet all;
  for (const VantageSettings& vantage : vantages) all.Add(vantage.vantage);
  struct Bar {
    absl::string_view key;
    int want;
    int have;
    absl::string_view what;
  };
  bool possible = true;
  for (const Bar& bar :
       {Bar{"min_voters", policy.min_voters, all.voters, "vantages"},
        Bar{"min_asns", policy.min_asns, static_cast<int>(all.asns.size()),
            "networks (ASNs) among the vantages"},
        Bar{"min_countries", policy.min_countries, static_cast<int>(all.countries.size()),
            "countries among the vantages"}}) {
    if (bar.want <= bar.have) continue;
    possible = false;
    reading.findings.Error(
        Key(key, bar.key),
        absl::StrCat(bar.key, " ", bar.want,
                     reading.findings.Given(Key(key, bar.key)) ? "" : " (the default)",
                     " can never be met: there are ", bar.have, " ", bar.what,
                     "; add some or lower it"));
  }
  if (possible) WarnOfBlindness(reading, key, policy, vantages, all.weight);
}

int ReadCount(const Reading& reading, const std::string& key, uint32_t count, int fallback) {
  if (count == 0 && !reading.findings.Given(key)) return fallback;
  if (count >= 1 && count <= 1000) return static_cast<int>(count);
  reading.findings.Error(key, absl::StrCat(count, " is not between 1 and 1000"));
  return fallback;
}

double ReadShare(const Reading& reading, const std::string& key, double share) {
  if (share == 0 && !reading.findings.Given(key)) return 0.5;
  if (share > 0 && share <= 1) return share;
  reading.findings.Error(key, absl::StrCat(share, " is no share: above 0, at most 1"));
  return 0.5;
}

}  // namespace

Health ReadHealth(const Reading& reading, const std::string& key, const v1::HealthConfig& proto) {
  Health health{.scheme = proto.scheme().empty() ? "https" : proto.scheme(),
                .path = proto.path().empty() ? "/" : proto.path(),
                .interval = {},
                .timeout = {},
                .slow_after = {},
                .expect_status = {},
                .expect_body = proto.expect_body(),
                .origin_marker_header = proto.origin_marker_header(),
                .refused_is_down = proto.refused_is_down()};
  if (health.scheme != "https" && health.scheme != "http" && health.scheme != "tcp") {
    reading.findings.Error(
        Key(key, "scheme"),
        absl::StrCat("scheme \"", health.scheme, "\" is none of https, http, tcp",
                     DidYouMean(health.scheme, {"https", "http", "tcp"})));
    health.scheme = "https";
  }
  ReadTiming(reading, key, proto, health);
  ReadExpectStatus(reading, key, proto, health);
  CheckHttpKeys(reading, key, health);
  return health;
}

QuorumPolicy ReadQuorum(const Reading& reading, const std::string& key,
                        const v1::QuorumConfig& proto,
                        const std::vector<VantageSettings>& vantages) {
  QuorumPolicy policy{
      .share = ReadShare(reading, Key(key, "share"), proto.share()),
      .min_voters = ReadCount(reading, Key(key, "min_voters"), proto.min_voters(), 3),
      .min_asns = ReadCount(reading, Key(key, "min_asns"), proto.min_asns(), 2),
      .min_countries = ReadCount(reading, Key(key, "min_countries"), proto.min_countries(), 1),
      .min_turnout = ReadShare(reading, Key(key, "min_turnout"), proto.min_turnout()),
      .hold = proto.has_hold() ? ToDuration(proto.hold()) : absl::Seconds(10)};
  if (policy.hold < absl::ZeroDuration() || policy.hold > absl::Hours(1)) {
    reading.findings.Error(Key(key, "hold"), absl::StrCat("hold ", DurationText(policy.hold),
                                                          " is not between 0s and 1h"));
  }
  if (proto.has_regions()) {
    policy.regions =
        ReadRegions(reading, Key(key, "regions"), proto.regions(), policy.share, vantages);
  }
  JudgeAgainstFleet(reading, key, policy, vantages);
  return policy;
}

}  // namespace lifeboat::config
