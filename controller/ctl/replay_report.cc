#include "controller/ctl/replay_report.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "controller/admin/words.h"
#include "controller/config/values.h"
#include "controller/ctl/json_text.h"

namespace lifeboat::ctl {
namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;

constexpr char kNone[] = "null";

bool Failed(const ReplayRun& run) { return !run.failures.empty(); }

std::string Quoted(absl::string_view text) { return JsonPiece(JsonValue(std::string(text))); }
std::string Number(double number) { return JsonPiece(JsonValue(number)); }
std::string Truth(bool yes) { return yes ? "true" : "false"; }
std::string Seconds(absl::Duration span) { return Number(absl::ToDoubleSeconds(span)); }

std::string EventsJson(const ReplayRun& run) {
  std::vector<std::string> events;
  for (const Happening& one : run.timeline) {
    events.push_back(JsonObject({{"at_s", Seconds(one.at)},
                                 {"kind", Quoted(one.what)},
                                 {"service", Quoted(one.service)},
                                 {"text", Quoted(one.text)}}));
  }
  return JsonArray(events);
}

std::string VerdictsJson(const ReplayRun& run) {
  std::vector<std::string> turns;
  for (const VerdictTurn& turn : run.verdicts) {
    turns.push_back(JsonObject({{"at_s", Seconds(turn.at)},
                                {"controller", absl::StrCat(turn.controller + 1)},
                                {"service", Quoted(turn.service)},
                                {"path", Quoted(turn.path.ToString())},
                                {"verdict", Quoted(VerdictName(turn.verdict))}}));
  }
  return JsonArray(turns);
}

std::string WantedJson(const v1::ScenarioExpectation& wanted) {
  const auto moment = [](bool given, const auto& at) {
    return given ? Seconds(config::ToDuration(at)) : kNone;
  };
  return JsonObject({{"from_s", moment(wanted.has_from(), wanted.from())},
                     {"by_s", moment(wanted.has_by(), wanted.by())},
                     {"until_s", moment(wanted.has_until(), wanted.until())},
                     {"least", absl::StrCat(wanted.least())},
                     {"most", wanted.most() == UINT32_MAX ? kNone : absl::StrCat(wanted.most())}});
}

std::string SeenJson(const ExpectationOutcome& outcome) {
  const bool any = outcome.count > 0;
  return JsonObject({{"count", absl::StrCat(outcome.count)},
                     {"first_s", any ? Seconds(outcome.first) : kNone},
                     {"last_s", any ? Seconds(outcome.last) : kNone}});
}

}  // namespace

std::string PrintableLines(absl::string_view text) {
  std::string out;
  for (const absl::string_view line : absl::StrSplit(absl::StripSuffix(text, "\n"), '\n')) {
    absl::StrAppend(&out, admin::Printable(line), "\n");
  }
  return out;
}

ReplayReport::ReplayReport(const Scenario& scenario, const ReplayPolicy& policy,
                           std::vector<ReplayRun> runs, absl::Duration took)
    : scenario_(scenario),
      policy_(policy),
      runs_(std::move(runs)),
      took_(took),
      failed_(std::count_if(runs_.begin(), runs_.end(), Failed)) {}

const ReplayRun& ReplayReport::Shown() const {
  const auto failed = std::find_if(runs_.begin(), runs_.end(), Failed);
  return failed == runs_.end() ? runs_.front() : *failed;
}

// -------------------------------------------------------------------------------------- for people

std::string ReplayReport::TimeText() const {
  const std::string each = absl::FormatDuration(Shown().covered);
  return absl::StrFormat("  %s of virtual time in %.2f s\n",
                         runs_.size() == 1 ? each : absl::StrCat(runs_.size(), " times ", each),
                         absl::ToDoubleSeconds(took_));
}

std::string ReplayReport::FailuresText() const {
  std::string text;
  for (const ReplayRun& run : runs_) {
    for (const std::string& failure : run.failures) {
      absl::StrAppend(&text, "  seed ", run.seed, ": ", failure, "\n");
    }
  }
  return text;
}

std::string ReplayReport::Text() const {
  const bool one = runs_.size() == 1;
  std::string text =
      absl::StrCat(ok() ? "✔ " : "✖ ", admin::Printable(scenario_.said.title()), " · lever ",
                   LeverModeName(Shown().mode), " · policy ", admin::Printable(policy_.name), " · ",
                   runs_.size(), one ? " seed\n" : " seeds\n");
  if (!one && !ok()) absl::StrAppend(&text, "  Seed ", Shown().seed, ":\n");
  if (one || !ok()) absl::StrAppend(&text, PrintableLines(TimelineText(Shown())));
  absl::StrAppend(&text, SheetText(runs_), TimeText());
  if (!ok()) absl::StrAppend(&text, "  Not as expected:\n", PrintableLines(FailuresText()));
  return absl::StrCat(text, "\n");
}

// ------------------------------------------------------------------------------------ for programs

std::string ReplayReport::FailuresJson() const {
  std::vector<std::string> failures;
  for (const ReplayRun& run : runs_) {
    for (const std::string& failure : run.failures) {
      failures.push_back(JsonObject({{"seed", absl::StrCat(run.seed)}, {"text", Quoted(failure)}}));
    }
  }
  return JsonArray(failures);
}

std::string ReplayReport::ExpectationsJson() const {
  std::vector<std::string> pieces;
  for (size_t i = 0; i < Shown().expectations.size(); ++i) {
    const ExpectationOutcome& shown = Shown().expectations[i];
    const auto met = std::count_if(runs_.begin(), runs_.end(), [i](const ReplayRun& run) {
      return run.expectations[i].why.empty();
    });
    pieces.push_back(JsonObject({{"what", Quoted(shown.wanted.what())},
                                 {"service", Quoted(shown.wanted.service())},
                                 {"says", Quoted(shown.wanted.says())},
                                 {"wanted", WantedJson(shown.wanted)},
                                 {"ok", Truth(met == static_cast<int64_t>(runs_.size()))},
                                 {"met_in", absl::StrCat(met)},
                                 {"seen", SeenJson(shown)},
                                 {"why", Quoted(shown.why)}}));
  }
  return JsonArray(pieces);
}

std::string ReplayReport::SheetJson() const {
  const auto figure = [](double value) { return value == kNever ? kNone : Number(value); };
  Fields lines;
  for (const SheetLine& line : SheetOf(runs_)) {
    lines.emplace_back(line.name, JsonObject({{"least", figure(line.least)},
                                              {"median", figure(line.median)},
                                              {"most", figure(line.most)}}));
  }
  return JsonObject(lines);
}

std::string ReplayReport::Json() const {
  const auto runs = static_cast<double>(runs_.size());
  return JsonObject({{"scenario", Quoted(scenario_.said.title())},
                     {"file", Quoted(scenario_.file)},
                     {"policy", Quoted(policy_.name)},
                     {"lever", Quoted(LeverModeName(Shown().mode))},
                     {"first_seed", absl::StrCat(runs_.front().seed)},
                     {"seeds", absl::StrCat(runs_.size())},
                     {"ok", Truth(ok())},
                     {"failures", FailuresJson()},
                     {"expectations", ExpectationsJson()},
                     {"sheet", SheetJson()},
                     {"shown_seed", absl::StrCat(Shown().seed)},
                     {"verdicts", VerdictsJson(Shown())},
                     {"events", EventsJson(Shown())},
                     {"virtual_s", Number(absl::ToDoubleSeconds(Shown().covered) * runs)},
                     {"real_s", Seconds(took_)}}) +
         "\n";
}

}  // namespace lifeboat::ctl
