#include "controller/admin/acknowledgement.h"

#include <algorithm>
#include <iterator>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "controller/admin/kept_decision.h"
#include "controller/admin/lookup.h"

namespace lifeboat::admin {
namespace {

// Those that tell of the move that they keep. A verdict or a refusal keeps one that is under way
// as well, and tells of something else.
constexpr absl::string_view kOfAMove[] = {"intent",  "hold", "renew", "cancel",
                                          "pulling", "done", "left"};

// The id of the move that `event` tells of; empty: of none that is known.
std::string MoveOf(const Event& event) {
  const bool tells = std::count(std::begin(kOfAMove), std::end(kOfAMove), event.kind) > 0;
  const auto kept = tells ? Recall(event.detail) : std::nullopt;
  return kept ? kept->services(0).move().id() : "";
}

absl::StatusOr<v1::AckResponse> AcknowledgeEvent(const Event& event, const std::string& reason,
                                                 const std::string& who, Controls& controls) {
  const std::string move = MoveOf(event);
  if (move.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "event ", event.id, " (", event.kind, ") tells of no move: name one that does, such as ",
        "the \"done\" of a move",
        event.service.empty() ? ""
                              : absl::StrCat(", or the service: lifeboatctl ack ", event.service)));
  }
  RETURN_IF_ERROR(controls.Acknowledge(event.service, move, reason, who));
  v1::AckResponse response;
  response.add_services(event.service);
  return response;
}

}  // namespace

absl::StatusOr<v1::AckResponse> Acknowledge(const v1::AckRequest& request,
                                            const std::string& reason, const std::string& who,
                                            Controls& controls) {
  if (request.all() && !(request.service().empty() && request.event().empty())) {
    return absl::InvalidArgumentError("either one service, or one event, or all of them");
  }
  const auto snapshot = controls.Current();  // of before: what waits is in it
  std::vector<std::string> known;
  for (const ServiceSnapshot& service : snapshot->services) known.push_back(service.name);
  const bool is_service = std::count(known.begin(), known.end(), request.service()) > 0;
  if (!request.all() && !is_service) {
    const absl::StatusOr<Event> event = FindEvent(request.event(), controls);
    if (event.ok()) return AcknowledgeEvent(*event, reason, who, controls);
    if (!absl::IsNotFound(event.status())) return event.status();
    return NoSuchThing(request.service(), request.event(), known);
  }
  v1::AckResponse response;
  for (const ServiceSnapshot& service : snapshot->services) {
    if (!request.all() && service.name != request.service()) continue;
    const bool waits = !service.unacknowledged.empty();
    // One that is named is asked all the same: the snapshot may be older than its last move.
    if (waits || !request.all()) {
      RETURN_IF_ERROR(controls.Acknowledge(service.name, "", reason, who));
    }
    if (waits) response.add_services(service.name);
  }
  return response;
}

}  // namespace lifeboat::admin
