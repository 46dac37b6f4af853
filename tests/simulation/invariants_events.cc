#include <algorithm>
#include <cstdio>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "controller/replay/virtual_controller.h"
#include "tests/simulation/invariants.h"

// What is told: each with its reasons, each alarm once.
namespace lifeboat {
namespace {

// An alarm of the same move, or of a thing that is as it was, tells nobody anything new.
constexpr absl::Duration kMayRepeatAfter = absl::Seconds(20);

bool IsOfAMove(const Event& event) {
  constexpr absl::string_view kKinds[] = {"intent", "hold", "proving", "asking",
                                          "cancel", "done", "left"};
  return std::find(std::begin(kKinds), std::end(kKinds), event.kind) != std::end(kKinds);
}

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

void Invariants::CheckAlarm(size_t controller, const Event& event, const std::string& move) {
  const std::string kind = absl::StrCat(controller, "/", event.service, "/", event.kind);
  // Whom or what it tells of stands first: "exit/nyc is gone".
  const bool is_one_thing = event.kind == "journal";
  const std::string thing =
      absl::StrCat(kind, "/", is_one_thing ? "" : event.text.substr(0, event.text.find(' ')));
  std::string& state = states_[thing];
  const bool as_it_was = std::exchange(state, event.text) == event.text;
  if (!event.alarm) return;
  const auto [told, first] = alarms_.try_emplace(
      absl::StrCat(kind, "/", IsOfAMove(event) ? move : "", "/", event.text), world_->now());
  const bool again =
      !first && world_->now() - std::exchange(told->second, world_->now()) < kMayRepeatAfter;
  if (again && (as_it_was || IsOfAMove(event))) {
    Break(
        absl::StrCat("an alarm is told twice: ", event.service, " ", event.kind, ": ", event.text));
  }
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
  const size_t service = ServiceByName(event.service);
  if (service == ledgers_.size()) return CheckAlarm(controller, event, "");
  if (event.kind == "acknowledged") ledgers_[service].unacknowledged = false;
  // The journal has taken the entry already: what it says of the move is what the event tells.
  const std::optional<Move>& move =
      world_->controller(controller).journal().services[event.service].move;
  const auto moving = moving_.find(event.service);
  const bool ends = event.kind == "done" || event.kind == "left" || event.kind == "cancel";
  const bool of_the_last = moving != moving_.end() && (ends || !move);
  CheckAlarm(controller, event, of_the_last ? moving->second.id : move ? move->id : "");
  if (event.kind == "intent" && move) CheckIntent(controller, service, *move);
  if (moving != moving_.end() && (event.kind == "done" || event.kind == "left")) {
    event.kind == "done" ? TakeDone(controller, service, moving->second)
                         : TakeLeft(controller, service, moving->second);
    moving_.erase(moving);
  }
  if (move) moving_[event.service] = *move;
}

}  // namespace lifeboat
