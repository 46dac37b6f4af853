#include <cstdio>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "controller/replay/virtual_controller.h"
#include "tests/simulation/invariants.h"

// What is told: each with its reasons, each alarm once.
namespace lifeboat {
namespace {

// A new decision may use the words of the last one; no hold that is drawn is shorter.
constexpr absl::Duration kMayRepeatAfter = absl::Seconds(3);

}  // namespace

void Invariants::CheckWords(const Event& event) {
  if (event.text.empty()) Break(absl::StrCat("an event without words: ", event.kind));
  const bool decides = event.kind == "cancel" ||
                       (event.kind == "intent" && absl::StartsWith(event.text, "intent to"));
  if (decides && !event.decision) {
    Break(absl::StrCat("a decision without its reasons: ", event.text));
  }
  const bool judges = event.kind == "verdict" || event.kind == "hold" || event.kind == "cancel";
  const size_t colon = event.text.find(": ");
  if (judges && (colon == std::string::npos || colon + 2 >= event.text.size())) {
    Break(absl::StrCat("a verdict without its reason: ", event.text));
  }
}

void Invariants::CheckAlarm(size_t controller, const Event& event) {
  auto& [text, at] = alarms_[absl::StrCat(controller, "/", event.service, "/", event.kind)];
  // A lever that answers one time and not the next is told of each time.
  const bool flaps = event.kind == "lever";
  if (event.alarm && !flaps && text == event.text && world_->now() - at < kMayRepeatAfter) {
    Break(
        absl::StrCat("an alarm is told twice: ", event.service, " ", event.kind, ": ", event.text));
  }
  text = event.text;
  at = world_->now();
}

void Invariants::Told(size_t controller, const Event& event) {
  if (digests_) {
    Digest(absl::StrCat(controller, event.id, absl::FormatTime(event.at, absl::UTCTimeZone()),
                        event.service, event.kind, event.alarm, event.text));
  }
  if (trace_) {
    const absl::Duration at = world_->now() - world_->start();
    std::printf(
        "%s %s%s %s: %s\n", absl::FormatDuration(absl::Trunc(at, absl::Milliseconds(1))).c_str(),
        event.alarm ? "! " : "  ", event.service.c_str(), event.kind.c_str(), event.text.c_str());
  }
  CheckWords(event);
  CheckAlarm(controller, event);
  const size_t service = ServiceByName(event.service);
  if (service == ledgers_.size()) return;
  if (event.kind == "acknowledged") ledgers_[service].unacknowledged = false;
  // The journal has taken the entry already: what it says of the move is what the event tells.
  const std::optional<Move>& move =
      world_->controller(controller).journal().services[event.service].move;
  if (event.kind == "intent" && move) CheckIntent(controller, service, *move);
  if (event.kind == "done" && moving_.contains(event.service)) {
    TakeDone(controller, service, moving_[event.service]);
    moving_.erase(event.service);
  }
  if (move) moving_[event.service] = *move;
}

}  // namespace lifeboat
