#include "controller/ctl/rejudge_report.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "controller/ctl/json_text.h"
#include "controller/failover/rules.h"

namespace lifeboat::ctl {
namespace {

// Events that tell what was decided and done; the others tell how.
constexpr absl::string_view kShown[] = {
    "verdict",      "intent", "hold",    "cancel",  "opening",  "done",    "left",    "refused",
    "acknowledged", "paused", "resumed", "stopped", "released", "amnesia", "failback"};
constexpr int kSpansShown = 10;

bool IsShown(const Event& event) {
  return std::find(std::begin(kShown), std::end(kShown), event.kind) != std::end(kShown);
}

std::string Length(absl::Duration length) {
  return absl::FormatDuration(absl::Trunc(length, absl::Seconds(1)));
}

std::string Count(int64_t count, absl::string_view noun) {
  return absl::StrCat(count, " ", noun, count == 1 ? "" : "s");
}

std::vector<std::string> NotJudged() {
  std::vector<std::string> rules;
  for (const absl::string_view rule : kRuleNames) {
    if (!IsJudgedAgain(rule)) rules.emplace_back(rule);
  }
  return rules;
}

// For what would have become of a move; empty: it is not about one.
std::string WouldWords(absl::string_view what) {
  if (what == KindName(Rejudged::Kind::kIntent)) return "WOULD DECIDE to move to";
  if (what == KindName(Rejudged::Kind::kMove)) return "WOULD BEGIN to move to";
  if (what == KindName(Rejudged::Kind::kHold)) return "WOULD HOLD the move to";
  if (what == KindName(Rejudged::Kind::kCancel)) return "WOULD CANCEL the move to";
  return "";
}

std::string LeftOut(const RejudgeCount& count) {
  std::vector<std::string> parts;
  for (const auto& [what, observations] : count.unknown) {
    parts.push_back(
        absl::StrCat(what, " (", Count(observations, "observation"), "; it is not configured)"));
  }
  if (count.impossible > 0) {
    parts.push_back(absl::StrCat(Count(count.impossible, "run"), " whose values cannot be"));
  }
  return absl::StrJoin(parts, ", ");
}

std::string Quoted(const std::string& text) { return JsonPiece(JsonValue(text)); }
std::string Quoted(absl::Time at) {
  return Quoted(absl::FormatTime(absl::RFC3339_sec, at, absl::UTCTimeZone()));
}
std::string Number(int64_t number) { return absl::StrCat(number); }

std::string List(const std::vector<std::string>& texts) {
  std::vector<std::string> quoted;
  for (const std::string& text : texts) quoted.push_back(Quoted(text));
  return JsonArray(quoted);
}

std::string MovesJson(const std::vector<PolicyCourse::Move>& moves) {
  std::vector<std::string> pieces;
  for (const PolicyCourse::Move& move : moves) {
    pieces.push_back(JsonObject({{"at", Quoted(move.at)}, {"to", Quoted(move.to)}}));
  }
  return JsonArray(pieces);
}

std::string CourseJson(const PolicyCourse& course) {
  std::vector<std::string> spans;
  for (const PolicyCourse::Span& span : course.down()) {
    spans.push_back(JsonObject({{"from", Quoted(span.from)}, {"to", Quoted(span.to)}}));
  }
  return JsonObject({{"edge_down_seconds", Number(absl::ToInt64Seconds(course.down_for()))},
                     {"edge_down", JsonArray(spans)},
                     {"decided", MovesJson(course.moves())},
                     {"begun", MovesJson(course.begun())}});
}

}  // namespace

RejudgeReport::RejudgeReport(RejudgeHeader header, std::vector<Event> events, absl::TimeZone zone)
    : header_(std::move(header)), events_(std::move(events)), zone_(zone) {
  for (const std::string& service : header_.services) {
    const PolicyCourse none(header_.since, header_.until);
    pairs_.emplace(service, Pair{.recorded = none, .rejudged = none});
  }
}

// ----------------------------------------------------------------------------------- what comes in

void RejudgeReport::Take(const std::vector<Rejudged>& told) {
  for (const Rejudged& one : told) {
    TakeEventsUntil(one.at);
    const bool of_all = one.service.empty();
    for (auto& [service, pair] : pairs_) {
      if (!of_all && service != one.service) continue;
      pair.rejudged.Take(one);
    }
    const bool verdict = one.kind == Rejudged::Kind::kVerdict;
    const bool pathless = of_all || one.kind == Rejudged::Kind::kAttribution;
    rows_.push_back({.at = one.at,
                     .recorded = false,
                     .service = one.service,
                     .path = pathless ? "" : one.path.ToString(),
                     .what = std::string(verdict ? VerdictName(one.verdict) : KindName(one.kind)),
                     .text = one.text});
  }
}

void RejudgeReport::EndLife(absl::Time at) {
  at = std::min(at, header_.until);
  TakeEventsUntil(at);
  for (auto& [service, pair] : pairs_) {
    pair.recorded.Stop(at);
    pair.rejudged.Stop(at);
  }
}

void RejudgeReport::End(const RejudgeCount& count) {
  count_ = count;
  EndLife(header_.until);
}

void RejudgeReport::TakeEventsUntil(absl::Time until) {
  for (; next_event_ < events_.size() && events_[next_event_].at <= until; ++next_event_) {
    TakeEvent(events_[next_event_]);
  }
}

void RejudgeReport::TakeEvent(const Event& event) {
  const auto pair = pairs_.find(event.service);
  if (pair != pairs_.end()) pair->second.recorded.Take(event);
  if (pair == pairs_.end() && !event.service.empty()) return;
  if (!IsShown(event) || event.at < header_.since) return;
  rows_.push_back({.at = event.at,
                   .recorded = true,
                   .service = event.service,
                   .path = "",
                   .what = event.kind,
                   .text = event.text});
}

// -------------------------------------------------------------------------------------- for people

std::string RejudgeReport::Clock(absl::Time at) const {
  return absl::FormatTime("%Y-%m-%d %H:%M:%S", at, zone_);
}

std::string RejudgeReport::HeaderText() const {
  std::string text = absl::StrCat(
      header_.journal, ": ", Clock(header_.since), " to ", Clock(header_.until),
      absl::FormatTime(" %Z", header_.until, zone_), "\n  ",
      Count(count_.observations, "observation"), " of ",
      Count(static_cast<int64_t>(header_.vantages.size()), "vantage"), " (",
      absl::StrJoin(header_.vantages, ", "), "), ", count_.late, " of them too late to count; ",
      Count(header_.lives, "life"), " of a controller\n");
  absl::StrAppend(&text, "  this policy: ",
                  header_.policy.empty() ? absl::StrCat("as in ", header_.config)
                                         : absl::StrCat(header_.policy, " over ", header_.config),
                  "\n");
  if (const std::string left_out = LeftOut(count_); !left_out.empty()) {
    absl::StrAppend(&text, "  left out: ", left_out, "\n");
  }
  for (const std::string& remark : header_.remarks) absl::StrAppend(&text, "  ▲ ", remark, "\n");
  return text;
}

std::string RejudgeReport::RowText(const Row& row) const {
  std::string what = row.what;
  if (row.service.empty() && !row.recorded) {
    return absl::StrFormat("  %s  %s\n", Clock(row.at), row.text);
  }
  if (const std::string would = WouldWords(what); !would.empty()) {
    what = absl::StrCat(would, " ", row.path);
  } else if (!row.path.empty()) {
    what = absl::StrCat(row.path, " ", what);
  }
  return absl::StrFormat("  %s  %s  %s%s%s: %s\n", Clock(row.at), row.recorded ? "was  " : "would",
                         row.service, row.service.empty() ? "" : " ", what, row.text);
}

std::string RejudgeReport::CourseText(const std::string& whose, const PolicyCourse& course) const {
  const auto list = [this](const std::vector<PolicyCourse::Move>& moves) {
    return absl::StrJoin(moves, ", ", [this](std::string* out, const PolicyCourse::Move& move) {
      absl::StrAppend(out, Clock(move.at), " to ", move.to);
    });
  };
  std::string text = absl::StrCat("  ", whose, "\n    edge DOWN  ");
  if (course.down().empty()) {
    absl::StrAppend(&text, "never");
  } else {
    absl::StrAppend(&text, Count(static_cast<int64_t>(course.down().size()), "time"), ", ",
                    Length(course.down_for()), " in all: ");
    int shown = 0;
    for (const PolicyCourse::Span& span : course.down()) {
      if (++shown > kSpansShown) break;
      absl::StrAppend(&text, shown > 1 ? ", " : "", Clock(span.from), " for ",
                      Length(span.to - span.from));
    }
    if (shown > kSpansShown) absl::StrAppend(&text, ", …");
  }
  absl::StrAppend(&text, "\n    decided    ",
                  course.moves().empty() ? "no move" : list(course.moves()), "\n    begun      ",
                  course.begun().empty() ? "no move" : list(course.begun()), "\n");
  return text;
}

std::string RejudgeReport::ComparisonText(const std::string& service, const Pair& pair) const {
  std::string text = absl::StrCat(service, "\n", CourseText("recorded policy", pair.recorded),
                                  CourseText("this policy", pair.rejudged));
  const auto& before = pair.recorded.moves();
  const auto& now = pair.rejudged.moves();
  if (before.empty() != now.empty()) {
    absl::StrAppend(&text, "  ", before.empty() ? "Only this policy" : "Only the recorded policy",
                    " decides to move.\n");
  } else if (!before.empty()) {
    const absl::Duration later = now.front().at - before.front().at;
    const absl::string_view how = later < absl::ZeroDuration() ? "earlier" : "later";
    if (absl::AbsDuration(later) < absl::Seconds(1)) {
      return absl::StrCat(text, "  Both policies first decide at the same time.\n");
    }
    absl::StrAppend(&text, "  This policy first decides ",
                    absl::FormatDuration(absl::Trunc(absl::AbsDuration(later), absl::Seconds(1))),
                    " ", how, " than the recorded one.\n");
  }
  return text;
}

std::string RejudgeReport::Text() const {
  std::string text = HeaderText();
  absl::StrAppend(&text, "\n");
  for (const Row& row : rows_) absl::StrAppend(&text, RowText(row));
  absl::StrAppend(&text, "\n");
  for (const auto& [service, pair] : pairs_) absl::StrAppend(&text, ComparisonText(service, pair));
  absl::StrAppend(&text, "\nNot recorded, so not judged: ", absl::StrJoin(NotJudged(), ", "),
                  ".\nEach outage is judged as if the edge served when it began.\n");
  return text;
}

// ------------------------------------------------------------------------------------ for programs

std::string RejudgeReport::Json() const {
  std::vector<std::string> rows;
  for (const Row& row : rows_) {
    rows.push_back(JsonObject({{"at", Quoted(row.at)},
                               {"recorded", row.recorded ? "true" : "false"},
                               {"service", Quoted(row.service)},
                               {"path", Quoted(row.path)},
                               {"what", Quoted(row.what)},
                               {"text", Quoted(row.text)}}));
  }
  std::vector<std::pair<std::string, std::string>> services;
  for (const auto& [service, pair] : pairs_) {
    services.emplace_back(service, JsonObject({{"recorded", CourseJson(pair.recorded)},
                                               {"this_policy", CourseJson(pair.rejudged)}}));
  }
  return JsonObject({{"journal", Quoted(header_.journal)},
                     {"config", Quoted(header_.config)},
                     {"policy", Quoted(header_.policy)},
                     {"since", Quoted(header_.since)},
                     {"until", Quoted(header_.until)},
                     {"vantages", List(header_.vantages)},
                     {"lives", Number(header_.lives)},
                     {"observations", Number(count_.observations)},
                     {"late", Number(count_.late)},
                     {"left_out", Quoted(LeftOut(count_))},
                     {"remarks", List(header_.remarks)},
                     {"timeline", JsonArray(rows)},
                     {"services", JsonObject(services)},
                     {"not_judged", List(NotJudged())}}) +
         "\n";
}

}  // namespace lifeboat::ctl
