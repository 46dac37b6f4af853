#include "controller/replay/course.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace lifeboat {
namespace {

// The word that stands between `before` and `after` in what an event says.
std::optional<absl::string_view> Between(absl::string_view text, absl::string_view before,
                                         absl::string_view after) {
  if (!absl::ConsumePrefix(&text, before)) return std::nullopt;
  const size_t end = text.find(after);
  if (end == absl::string_view::npos) return std::nullopt;
  return text.substr(0, end);
}

}  // namespace

void PolicyCourse::Take(const Rejudged& happening) {
  switch (happening.kind) {
    case Rejudged::Kind::kVerdict:
      if (happening.path.is_edge()) EdgeIs(happening.verdict, happening.at);
      return;
    case Rejudged::Kind::kIntent:
      return Add(moves_, happening.at, happening.path.ToString());
    case Rejudged::Kind::kMove:
      return Add(begun_, happening.at, happening.path.ToString());
    case Rejudged::Kind::kLifeEnds:
      return Stop(happening.at);
    default:
      return;
  }
}

// Events are sentences; these are the ones of Failover::WatchPath, Begin and ConsiderIntent.
void PolicyCourse::Take(const Event& event) {
  if (event.kind == "verdict") {
    const auto verdict = Between(event.text, "edge is ", ":");
    if (!verdict) return;
    EdgeIs(*verdict == VerdictName(Verdict::kDown) ? Verdict::kDown : Verdict::kUp, event.at);
  } else if (event.kind == "intent") {
    const auto to = Between(event.text, "intent to move from edge to ", ":");
    by_quorum_ = to && absl::StrContains(event.text, " (quorum)");
    if (by_quorum_) Add(moves_, event.at, *to);
  } else if (event.kind == "opening" && by_quorum_) {
    const auto to = Between(event.text, "tells ", " to open");
    if (to) Add(begun_, event.at, *to);
    by_quorum_ = false;  // a step that is tried again is no other move
  }
}

void PolicyCourse::Stop(absl::Time at) { EdgeIs(Verdict::kBlind, at); }

absl::Duration PolicyCourse::down_for() const {
  absl::Duration sum;
  for (const Span& span : down_) sum += span.to - span.from;
  return sum;
}

void PolicyCourse::EdgeIs(Verdict verdict, absl::Time at) {
  if (verdict == Verdict::kDown) {
    if (!down_since_) down_since_ = at;
    return;
  }
  if (!down_since_) return;
  const Span span{.from = std::max(*down_since_, since_), .to = std::min(at, until_)};
  if (span.from < span.to) down_.push_back(span);
  down_since_.reset();
}

void PolicyCourse::Add(std::vector<Move>& moves, absl::Time at, absl::string_view to) const {
  if (since_ <= at && at <= until_) moves.push_back({.at = at, .to = std::string(to)});
}

}  // namespace lifeboat
