#include "controller/service_settings.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace lifeboat {
namespace {

bool IsInZone(absl::string_view name, absl::string_view zone) {
  name = absl::StripSuffix(name, ".");
  return name == zone || absl::EndsWith(name, absl::StrCat(".", zone));
}

// What is resolved on the by-name leg: the shadow name, else the edge's own, or, where DNS says
// addresses, nothing.
bool EdgeNameIsInLeverZone(const config::Config& config, const config::Service& service) {
  std::string name = service.edge_shadow.empty() ? "" : absl::StrCat(service.edge_shadow, ".");
  for (const Record& record : service.edge_records) {
    if (name.empty() && record.type == RecordType::kCname) name = record.value;
  }
  return !name.empty() &&
         std::any_of(service.levers.begin(), service.levers.end(), [&](const std::string& lever) {
           return IsInZone(name, config.FindLever(lever)->zone);
         });
}

ExitTarget TargetOf(const config::ExitNode& exit) {
  ExitTarget target{.name = exit.name, .records = {}, .provider = exit.provider, .asn = exit.asn};
  for (const IpAddress& address : exit.addresses) {
    target.records.push_back({.type = address.is_v4() ? RecordType::kA : RecordType::kAaaa,
                              .value = address.ToString()});
  }
  std::sort(target.records.begin(), target.records.end());
  return target;
}

}  // namespace

ServiceSettings ServiceSettingsOf(const config::Config& config, const config::Service& service) {
  ServiceSettings settings;
  settings.name = service.name;
  settings.hostname = service.hostname;
  settings.ttl = service.ttl;
  settings.edge_records = service.edge_records;
  std::sort(settings.edge_records.begin(), settings.edge_records.end());
  settings.edge_name_in_lever_zone = EdgeNameIsInLeverZone(config, service);
  for (const std::string& exit : service.exits) {
    settings.exits.push_back(TargetOf(*config.FindExit(exit)));
  }
  settings.quorum = service.quorum;
  settings.clean_for = service.clean_for;
  settings.exit_stays_open = service.exit_stays_open;
  settings.intent_expires_after = service.intent_expires_after;
  settings.safety = service.safety;
  settings.priority = service.priority;
  settings.places = service.places;
  return settings;
}

}  // namespace lifeboat
