#include "controller/admin/explanation.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "controller/admin/kept_decision.h"
#include "controller/admin/lookup.h"
#include "controller/admin/view.h"
#include "controller/admin/wire.h"
#include "controller/admin/words.h"

namespace lifeboat::admin {
namespace {

constexpr int kEventsOfService = 20;

std::string PrintableLines(absl::string_view text) {
  const std::vector<absl::string_view> lines = absl::StrSplit(text.substr(0, kMostKeptBytes), '\n');
  return absl::StrJoin(lines, "\n", [](std::string* out, absl::string_view line) {
    absl::StrAppend(out, Printable(line));
  });
}

void AddLatestEvents(const std::string& service, Controls& controls,
                     v1::ExplainResponse& response) {
  EventQuery query;
  query.service = service;
  query.brief = true;
  query.limit = kEventsOfService;
  // A journal that cannot be read is said in the status; what is known without it is told.
  const auto events = controls.Events(query);
  if (!events.ok()) return;
  for (const Event& event : *events) *response.add_events() = ToProto(event);
}

absl::Status Unknown(const v1::ExplainRequest& request, const v1::StatusView& now) {
  std::vector<std::string> known;
  for (const v1::ServiceView& service : now.services()) known.push_back(service.name());
  return NoSuchThing(request.service(), request.event(), known);
}

v1::ExplainResponse ExplanationOf(const Event& event) {
  v1::ExplainResponse response;
  *response.mutable_event() = ToProto(event);
  if (std::optional<v1::StatusView> then = Recall(event.detail)) {
    *response.mutable_status() = *std::move(then);
  } else {
    response.mutable_event()->set_detail(PrintableLines(event.detail));
  }
  return response;
}

}  // namespace

absl::StatusOr<v1::ExplainResponse> Explain(const v1::ExplainRequest& request,
                                            const v1::StatusView& now, Controls& controls) {
  v1::ExplainResponse response;
  *response.mutable_status() = now;
  if (!request.service().empty() && KeepOnly(request.service(), *response.mutable_status())) {
    AddLatestEvents(request.service(), controls, response);
    return response;
  }
  const absl::StatusOr<Event> event = FindEvent(request.event(), controls);
  if (absl::IsNotFound(event.status())) return Unknown(request, now);
  if (!event.ok()) return event.status();
  return ExplanationOf(*event);
}

}  // namespace lifeboat::admin
