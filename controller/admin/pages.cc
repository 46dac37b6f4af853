#include "controller/admin/pages.h"

#include <algorithm>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "controller/admin/page.h"
#include "controller/admin/state_metrics.h"
#include "controller/admin/text.h"
#include "controller/admin/view.h"
#include "controller/admin/wire.h"
#include "google/protobuf/util/json_util.h"

namespace lifeboat {
namespace {

constexpr char kStylePath[] = "style.css";  // relative: the page may sit below a proxy's path
constexpr int kEvents = 30;
constexpr absl::Duration kStalled = absl::Seconds(10);

v1::StatusView ViewNow(Controls& controls, const Clock& clock) {
  return admin::MakeStatusView(*controls.Current(), clock.Now());
}

HttpResponse Front(Controls& controls, const Clock& clock, const HttpRequest& request) {
  const v1::StatusView view = ViewNow(controls, clock);
  const bool plain = absl::StrContains(request.accept, "text/plain") &&
                     !absl::StrContains(request.accept, "text/html");
  if (plain) return {.body = admin::StatusText(view, {})};
  std::vector<v1::EventView> events;
  if (const auto known = controls.Events({.brief = true, .limit = kEvents}); known.ok()) {
    for (const Event& event : *known) events.push_back(admin::ToProto(event));
  }
  return {.content_type = "text/html; charset=utf-8",
          .body = admin::StatusPage(view, events, kStylePath)};
}

HttpResponse State(Controls& controls, const Clock& clock) {
  google::protobuf::util::JsonPrintOptions options;
  options.always_print_primitive_fields = true;
  options.preserve_proto_field_names = true;
  std::string json;
  const auto printed =
      google::protobuf::util::MessageToJsonString(ViewNow(controls, clock), &json, options);
  if (!printed.ok()) return {.status = 500, .body = "the state cannot be written as JSON\n"};
  return {.content_type = "application/json", .body = json};
}

std::string NotLive(const Controls& controls, const Clock& clock) {
  const auto snapshot = controls.Current();
  const absl::Duration age = clock.Now() - snapshot->now;
  if (age < kStalled) return "";
  return absl::StrCat("the decision loop last turned ", absl::FormatDuration(age), " ago");
}

// Why it could not decide well now.
std::string NotReady(const Controls& controls, const Clock& clock) {
  const auto snapshot = controls.Current();
  if (std::string dead = NotLive(controls, clock); !dead.empty()) return dead;
  if (!snapshot->amnesia.empty()) return snapshot->amnesia;
  if (!snapshot->journal.empty()) return snapshot->journal;
  for (const ServiceSnapshot& service : snapshot->services) {
    if (service.phase == Phase::kWarming) return absl::StrCat(service.name, " is warming");
  }
  const bool any_agent =
      std::any_of(snapshot->vantages.begin(), snapshot->vantages.end(),
                  [](const VantageSnapshot& vantage) { return vantage.connected; });
  return any_agent ? "" : "no agent is connected";
}

}  // namespace

std::map<std::string, HttpRoute> PageRoutes(Controls& controls, const Clock& clock,
                                            prometheus::Registry& registry) {
  std::map<std::string, HttpRoute> routes = HealthRoutes(
      registry, [&controls, &clock] { return NotLive(controls, clock); },
      [&controls, &clock] { return NotReady(controls, clock); });
  routes["/metrics"] = [&controls, &registry,
                        metrics = routes.at("/metrics")](const HttpRequest& request) {
    admin::SetStateMetrics(*controls.Current(), registry);
    return metrics(request);
  };
  routes["/"] = [&controls, &clock](const HttpRequest& request) {
    return Front(controls, clock, request);
  };
  routes["/api/v1/state"] = [&controls, &clock](const HttpRequest&) {
    return State(controls, clock);
  };
  routes[absl::StrCat("/", kStylePath)] = [](const HttpRequest&) -> HttpResponse {
    return {.content_type = "text/css; charset=utf-8", .body = std::string(admin::StatusStyle())};
  };
  return routes;
}

}  // namespace lifeboat
