#include "controller/config/safety_reader.h"

#include <algorithm>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/status.h"

namespace lifeboat::config {
namespace {

constexpr uint32_t kMostMovesPerDay = 1000;
constexpr uint32_t kHighestPriority = 1'000'000;

// "02:00" since midnight; "24:00" is the end of the day.
std::optional<absl::Duration> ParseTimeOfDay(absl::string_view text) {
  const std::vector<std::string> parts = absl::StrSplit(text, ':');
  int hour = 0, minute = 0;
  if (parts.size() != 2 || parts[0].size() != 2 || parts[1].size() != 2 ||
      !absl::SimpleAtoi(parts[0], &hour) || !absl::SimpleAtoi(parts[1], &minute)) {
    return std::nullopt;
  }
  const absl::Duration time = absl::Hours(hour) + absl::Minutes(minute);
  const bool ok = hour >= 0 && minute >= 0 && minute < 60 && time <= absl::Hours(24);
  return ok ? std::optional(time) : std::nullopt;
}

// The first such day of 1970, which began with a Thursday.
std::optional<absl::Time> FirstDay(absl::string_view name) {
  static constexpr absl::string_view kDays[] = {"thu", "fri", "sat", "sun", "mon", "tue", "wed"};
  const auto* const found =
      std::find(std::begin(kDays), std::end(kDays), absl::AsciiStrToLower(name));
  if (found == std::end(kDays)) return std::nullopt;
  return absl::UnixEpoch() + absl::Hours(24 * (found - std::begin(kDays)));
}

// "Sun 02:00-04:00", in UTC; one that ends before it begins ends on the next day.
absl::StatusOr<MaintenanceWindow> ParseWeekly(const std::string& text) {
  const auto wrong = absl::InvalidArgumentError(
      absl::StrCat("\"", text, "\" is no weekly window; write it in UTC like \"Sun 02:00-04:00\""));
  const std::vector<std::string> words = absl::StrSplit(text, ' ', absl::SkipEmpty());
  if (words.size() != 2) return wrong;
  const std::vector<std::string> times = absl::StrSplit(words[1], '-');
  const auto day = FirstDay(words[0]);
  if (!day || times.size() != 2) return wrong;
  const auto begin = ParseTimeOfDay(times[0]), end = ParseTimeOfDay(times[1]);
  if (!begin || !end || *begin == absl::Hours(24)) return wrong;
  if (*begin == *end) {
    return absl::InvalidArgumentError(absl::StrCat("\"", text, "\" ends when it begins"));
  }
  const bool past_midnight = *end < *begin;
  return MaintenanceWindow{
      .begin = *day + *begin,
      .end = *day + *end + (past_midnight ? absl::Hours(24) : absl::ZeroDuration()),
      .weekly = true};
}

absl::StatusOr<absl::Time> ParseInstant(const std::string& text, absl::string_view child) {
  absl::Time time;
  std::string error;
  if (absl::ParseTime(absl::RFC3339_full, text, &time, &error)) return time;
  return absl::InvalidArgumentError(absl::StrCat(
      child, " \"", text, "\" is no time; write it like \"2026-11-21T01:00:00Z\" (RFC 3339)"));
}

absl::StatusOr<MaintenanceWindow> ParseWindow(const v1::MaintenanceConfig& proto) {
  const bool once = !proto.begin().empty() || !proto.end().empty();
  if (once == !proto.weekly().empty()) {
    return absl::InvalidArgumentError(
        "a window wants either begin and end, or weekly: \"Sun 02:00-04:00\"");
  }
  if (!once) return ParseWeekly(proto.weekly());
  MaintenanceWindow window;
  ASSIGN_OR_RETURN(window.begin, ParseInstant(proto.begin(), "begin"));
  ASSIGN_OR_RETURN(window.end, ParseInstant(proto.end(), "end"));
  if (window.begin < window.end) return window;
  return absl::InvalidArgumentError(
      absl::StrCat("it ends (", proto.end(), ") before it begins (", proto.begin(), ")"));
}

void ReadBudget(const Reading& reading, const std::string& key, const v1::SafetyConfig& proto,
                SafetySettings& safety) {
  const std::string at = Key(key, "moves_per_day");
  if (proto.moves_per_day() > kMostMovesPerDay) {
    reading.findings.Error(at, absl::StrCat("moves_per_day ", proto.moves_per_day(), " is above ",
                                            kMostMovesPerDay, ": that is no limit"));
  } else if (proto.moves_per_day() > 0) {
    safety.moves_per_day = static_cast<int>(proto.moves_per_day());
  } else if (reading.findings.Given(at)) {
    reading.findings.Error(at,
                           "moves_per_day 0 would never move by itself; pause the service "
                           "instead: lifeboatctl pause SERVICE --reason …");
  }
}

void ReadValidity(const Reading& reading, const std::string& key, const v1::SafetyConfig& proto,
                  SafetySettings& safety) {
  if (!proto.has_min_validity()) return;
  safety.min_validity = ToDuration(proto.min_validity());
  if (safety.min_validity >= absl::ZeroDuration() && safety.min_validity <= absl::Hours(24 * 90)) {
    return;
  }
  reading.findings.Error(Key(key, "min_validity"),
                         absl::StrCat("min_validity ", DurationText(safety.min_validity),
                                      " is not between 0s and 90 days; 24h is usual"));
}

// What can be said of shared fate before anything fails.
void CheckFate(const Reading& reading, const std::string& key, const Config& config,
               const Service& service) {
  const SafetySettings& safety = service.safety;
  for (size_t i = 0; i < service.exits.size(); ++i) {
    const ExitNode& exit = *config.FindExit(service.exits[i]);
    const bool kin = !exit.provider.empty() && exit.provider == safety.edge_provider;
    if (!kin && !(exit.asn != 0 && safety.edge_asns.contains(exit.asn))) continue;
    reading.findings.Warning(Key(Key(key, "exits"), static_cast<int>(i)),
                             absl::StrCat("exit \"", exit.name, "\" shares fate with the edge of ",
                                          service.name, ": nothing moves there by itself"));
  }
  if (service.levers.empty() || safety.levers_of_edge.size() < service.levers.size()) return;
  reading.findings.Warning(
      Key(key, "levers"),
      absl::StrCat(service.name, " has only levers that share fate with its edge (",
                   safety.edge_provider, "): UNARMED; add one that another provider runs"));
}

}  // namespace

std::vector<MaintenanceWindow> ReadMaintenance(
    const Reading& reading, const std::string& key,
    const google::protobuf::RepeatedPtrField<v1::MaintenanceConfig>& windows) {
  std::vector<MaintenanceWindow> read;
  for (int i = 0; i < windows.size(); ++i) {
    absl::StatusOr<MaintenanceWindow> window = ParseWindow(windows[i]);
    if (!window.ok()) {
      reading.findings.Error(Key(key, i), Words(window.status()));
      continue;
    }
    window->reason = windows[i].reason();
    window->break_on_global = windows[i].break_on_global();
    read.push_back(*std::move(window));
  }
  return read;
}

void ReadSafety(const Reading& reading, const std::string& key, const v1::ServiceConfig& proto,
                const Config& config, Service& service) {
  const std::string safety_key = Key(key, "safety");
  SafetySettings& safety = service.safety;
  ReadBudget(reading, safety_key, proto.safety(), safety);
  ReadValidity(reading, safety_key, proto.safety(), safety);
  safety.unblocked = proto.safety().unblocked();
  safety.parity = proto.safety().parity();
  safety.edge_login = proto.edge().login();
  if (safety.edge_login && !safety.parity) {
    reading.findings.Warning(
        Key(key, "edge.login"),
        absl::StrCat("visitors of ", service.name, " log in at the edge, and safety.parity does ",
                     "not say that the exits demand it too: it never moves"));
  }
  safety.edge_provider = absl::AsciiStrToLower(proto.edge().provider());
  safety.edge_asns.insert(proto.edge().asns().begin(), proto.edge().asns().end());
  for (const std::string& name : service.levers) {
    const std::string& provider = config.FindLever(name)->provider;
    if (!provider.empty() && provider == safety.edge_provider) safety.levers_of_edge.insert(name);
  }
  safety.maintenance = ReadMaintenance(reading, Key(key, "maintenance"), proto.maintenance());
  safety.maintenance.insert(safety.maintenance.end(), config.maintenance.begin(),
                            config.maintenance.end());
  if (proto.priority() > kHighestPriority) {
    reading.findings.Error(Key(key, "priority"), absl::StrCat("priority ", proto.priority(),
                                                              " is above ", kHighestPriority));
  } else if (proto.priority() > 0 || reading.findings.Given(Key(key, "priority"))) {
    service.priority = static_cast<int>(proto.priority());
  }
  CheckFate(reading, key, config, service);
}

}  // namespace lifeboat::config
