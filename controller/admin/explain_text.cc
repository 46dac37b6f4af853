#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "controller/admin/table.h"
#include "controller/admin/text.h"
#include "controller/admin/wire.h"
#include "controller/admin/words.h"

namespace lifeboat::admin {
namespace {

// A title and what stands under it; nothing where nothing does.
std::string Section(absl::string_view title, const std::string& body) {
  return body.empty() ? "" : absl::StrCat("\n", title, "\n", body);
}

std::string Indented(const std::string& body) {
  std::string text;
  size_t begin = 0;
  while (begin < body.size()) {
    const size_t end = body.find('\n', begin);
    absl::StrAppend(&text, "  ", body.substr(begin, end - begin), "\n");
    if (end == std::string::npos) break;
    begin = end + 1;
  }
  return text;
}

// What holds stands on top, one line each; what is satisfied is counted, or listed where `all`.
std::string RulesText(const v1::ServiceView& service, bool all, const TextStyle& style) {
  Table table({});
  int satisfied = 0;
  for (const v1::Mark wanted :
       {v1::MARK_HOLDING, v1::MARK_FAILING, v1::MARK_PENDING, v1::MARK_OK}) {
    for (const v1::RuleView& rule : service.rules()) {
      if (rule.mark() != wanted) continue;
      if (rule.ok()) ++satisfied;
      if (!rule.ok() || all) table.Add(rule.mark(), {rule.name(), rule.words(), KeyWords(rule)});
    }
  }
  std::string text = table.Text(style.color);
  if (satisfied > 0 && !all) {
    const bool alone = satisfied == service.rules_size();
    absl::StrAppend(
        &text, Colored(Glyph(v1::MARK_OK), v1::MARK_OK, style.color), " ",
        Counted(satisfied, alone ? "rule" : "other rule"), satisfied == 1 ? " is" : " are",
        " satisfied (all of them: lifeboatctl explain ", Printable(service.name()), " -o wide)\n");
  }
  return Indented(text);
}

std::string RulesTitle(const v1::ServiceView& service) {
  const bool asked = service.failing() || service.has_move();
  const bool held = std::any_of(service.rules().begin(), service.rules().end(),
                                [](const auto& rule) { return rule.mark() == v1::MARK_HOLDING; });
  if (asked) return held ? "Not yet, because" : "Nothing holds it";
  return held ? "It would not move, because" : absl::StrCat("Ready to move to ", service.target());
}

// Once a move has begun, or nothing is acted on at all, nobody asks the rules.
bool RulesMatter(const v1::ServiceView& service) {
  if (service.rules().empty() || service.phase() == v1::SERVICE_PHASE_AMNESIA) return false;
  return !service.has_move() || service.phase() == v1::SERVICE_PHASE_INTENT;
}

std::string MoveText(const v1::ServiceView& service, const TextStyle& style) {
  if (!service.has_move()) return "";
  const v1::MoveView& move = service.move();
  Table table({});
  const bool begun = service.phase() != v1::SERVICE_PHASE_INTENT;
  for (const v1::StepView& step : move.steps()) {
    if (begun) table.Add(step.mark(), {step.words()});
  }
  std::string text = table.Text(style.color);
  absl::StrAppend(&text, "asked for by ", Printable(move.requested_by()), ": ",
                  Printable(move.reason()), "\n");
  if (move.forced()) {
    absl::StrAppend(&text, "forced, though missing: ", Printable(move.missing()), "\n");
  }
  return Indented(text);
}

std::string WayBackText(const v1::ServiceView& service, const TextStyle& style) {
  Table table({});
  for (const v1::EvidenceView& item : service.failback()) {
    const absl::Duration left = FromProto(item.complete_in());
    const bool counts = !item.ok() && item.has_complete_in() && left > absl::ZeroDuration();
    table.Add(item.mark(),
              {item.name(), item.words(), counts ? absl::StrCat("complete in ", Span(left)) : ""});
  }
  return service.failback().empty() ? "" : Indented(table.Text(style.color));
}

std::string ServersText(const v1::ServiceView& service, const TextStyle& style) {
  Table table({});
  for (const v1::ServerView& server : service.proof()) {
    table.Add(server.mark(), {server.server(), server.state(), server.detail()});
  }
  return service.proof().empty() ? "" : Indented(table.Text(style.color));
}

std::string VantageCell(const v1::StatusView& status, const std::string& name) {
  for (const v1::VantageView& vantage : status.vantages()) {
    if (vantage.name() != name) continue;
    return absl::StrFormat("AS%u %s  weight %g", vantage.asn(), vantage.country(),
                           vantage.weight());
  }
  return "";
}

std::string BallotCell(const v1::BallotView& ballot) {
  return absl::StrCat(Glyph(ballot.mark()), " ", ballot.words());
}

std::string AgeCell(const v1::BallotView& ballot) {
  return ballot.has_by_name() ? Span(FromProto(ballot.by_name().age())) : "";
}

// One row a vantage, two columns a path: what it holds, and how old its newest probe is.
std::string WhoSaysSo(const v1::StatusView& status, const v1::ServiceView& service) {
  if (service.paths().empty()) return "";
  std::vector<std::string> heads = {"Who says so", ""};
  for (const v1::PathView& path : service.paths()) {
    heads.insert(heads.end(), {path.path(), ""});
  }
  Table table(heads);
  for (int i = 0; i < service.paths(0).ballots_size(); ++i) {
    const std::string& vantage = service.paths(0).ballots(i).vantage();
    std::vector<std::string> cells = {vantage, VantageCell(status, vantage)};
    for (const v1::PathView& path : service.paths()) {
      if (i >= path.ballots_size()) continue;
      cells.insert(cells.end(), {BallotCell(path.ballots(i)), AgeCell(path.ballots(i))});
    }
    table.Add(v1::MARK_UNSPECIFIED, cells);
  }
  return absl::StrCat("\n", table.Text(false));
}

// Why vantages failed or abstained, in full: once for each different reason.
std::string Reasons(const v1::ServiceView& service) {
  std::vector<std::pair<std::string, std::vector<std::string>>> reasons;
  for (const v1::PathView& path : service.paths()) {
    for (const v1::BallotView& ballot : path.ballots()) {
      if (ballot.mark() == v1::MARK_OK || ballot.why().empty()) continue;
      const std::string reason = absl::StrCat(" on ", path.path(), ": ", ballot.why());
      auto known = std::find_if(reasons.begin(), reasons.end(),
                                [&reason](const auto& one) { return one.first == reason; });
      if (known == reasons.end()) known = reasons.insert(reasons.end(), {reason, {}});
      known->second.push_back(ballot.vantage());
    }
  }
  std::string text;
  for (const auto& [reason, vantages] : reasons) {
    absl::StrAppend(&text, "    ", Printable(absl::StrCat(absl::StrJoin(vantages, ", "), reason)),
                    "\n");
  }
  return text;
}

std::string JudgementText(const v1::ServiceView& service) {
  Table table({});
  for (const v1::PathView& path : service.paths()) {
    const std::string verdict = path.words().substr(0, path.words().find(' '));
    const bool unclear =
        path.verdict() == v1::VERDICT_KIND_BLIND || path.verdict() == v1::VERDICT_KIND_UNDECIDED;
    table.Add(
        v1::MARK_UNSPECIFIED,
        {&path == &service.paths(0) ? "Tally" : "", absl::StrCat(path.path(), " is ", verdict),
         unclear ? absl::StrCat(path.why(), " · ", path.tally()) : path.tally()});
  }
  std::string text = table.Text(false);
  absl::StrAppend(&text, "  Attribution  ", Printable(service.attribution()),
                  service.attribution_why().empty() ? "" : ": ",
                  Printable(service.attribution_why()), "\n");
  return absl::StrCat("\n", text);
}

std::string ChangesText(const v1::ServiceView& service) {
  Table table({});
  for (const v1::ChangeView& change : service.would_change()) {
    table.Add(v1::MARK_UNSPECIFIED, {change.what(), absl::StrCat("→ ", change.effect())});
  }
  return service.would_change().empty() ? "" : table.Text(false);
}

std::string EventsText(const v1::ExplainResponse& explanation, const TextStyle& style) {
  constexpr int kMostEvents = 8;
  std::string text;
  const int first = std::max(0, explanation.events_size() - kMostEvents);
  for (int i = first; i < explanation.events_size(); ++i) {
    absl::StrAppend(&text, "  ", EventLine(explanation.events(i), style, false), "\n");
  }
  return text;
}

std::string TroublesText(const v1::StatusView& status, const TextStyle& style) {
  std::string text;
  for (const std::string& trouble : status.troubles()) {
    absl::StrAppend(&text, Colored(Glyph(v1::MARK_FAILING), v1::MARK_FAILING, style.color), " ",
                    Printable(trouble), "\n");
  }
  return text;
}

std::string SummaryText(const v1::ServiceView& service, const TextStyle& style) {
  std::string text = absl::StrCat(Colored(Glyph(service.mark()), service.mark(), style.color), " ");
  for (const std::string& sentence : service.summary()) {
    absl::StrAppend(&text, Printable(sentence), "\n");
  }
  return text;
}

std::string MoveSection(const v1::ServiceView& service, const TextStyle& style) {
  const bool intent = service.phase() == v1::SERVICE_PHASE_INTENT;
  return Section(
      absl::StrCat(intent ? "The intent to move to " : "The move to ", service.move().to()),
      MoveText(service, style));
}

// What it rests on: the same of now and of then.
std::string GroundsText(const v1::StatusView& status, const v1::ServiceView& service,
                        const TextStyle& style) {
  return absl::StrCat(Section("The way back needs", WayBackText(service, style)),
                      Section("Authoritative servers", ServersText(service, style)),
                      WhoSaysSo(status, service), Reasons(service), JudgementText(service));
}

std::string EventText(const v1::ExplainResponse& explanation, const TextStyle& style) {
  const v1::EventView& event = explanation.event();
  TextStyle whole = style;
  whole.wide = true;
  std::string text = absl::StrCat(EventLine(event, whole, true), "\n");
  if (!event.detail().empty()) {
    absl::StrAppend(&text, "\n", Indented(event.detail()));
  } else if (explanation.status().services().empty()) {
    absl::StrAppend(&text, "\nNothing was decided there: it tells what happened.\n");
  }
  const v1::StatusView& then = explanation.status();
  for (const v1::ServiceView& service : then.services()) {
    absl::StrAppend(&text, "\nAs it stood then\n", TroublesText(then, style),
                    SummaryText(service, style), MoveSection(service, style),
                    Section(absl::StrCat("The rules, of a move to ", service.target()),
                            service.rules().empty() ? "" : RulesText(service, true, style)),
                    GroundsText(then, service, style),
                    Section("Would have changed it", ChangesText(service)));
  }
  return text;
}

}  // namespace

std::string ExplainText(const v1::ExplainResponse& explanation, const TextStyle& style) {
  if (explanation.has_event()) return EventText(explanation, style);
  const v1::StatusView& status = explanation.status();
  std::string text = TroublesText(status, style);
  for (const v1::ServiceView& service : status.services()) {
    absl::StrAppend(&text, SummaryText(service, style), MoveSection(service, style));
    if (RulesMatter(service)) {
      absl::StrAppend(&text, Section(RulesTitle(service), RulesText(service, style.wide, style)));
    }
    absl::StrAppend(&text, GroundsText(status, service, style),
                    Section("Would change it", ChangesText(service)),
                    Section("Lately", EventsText(explanation, style)));
  }
  return text;
}

}  // namespace lifeboat::admin
