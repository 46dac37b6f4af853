#include "controller/admin/page.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "controller/admin/wire.h"
#include "controller/admin/words.h"

namespace lifeboat::admin {
namespace {

constexpr int kRefreshSeconds = 5;
constexpr int kShownEvents = 30;

// What a mark is called in style sheets, and by whoever cannot see colours.
absl::string_view MarkClass(v1::Mark mark) {
  switch (mark) {
    case v1::MARK_OK:
      return "ok";
    case v1::MARK_WARNING:
      return "warning";
    case v1::MARK_FAILING:
      return "failing";
    case v1::MARK_HOLDING:
      return "holding";
    case v1::MARK_PENDING:
      return "pending";
    default:
      return "silent";
  }
}

std::string Marked(v1::Mark mark, absl::string_view text) {
  return absl::StrCat("<span class=\"", MarkClass(mark), "\"><span aria-hidden=\"true\">",
                      Glyph(mark), "</span> ", Html(text), "</span>");
}

// A table with real headers. Cells are HTML already; each names its column for narrow screens.
class HtmlTable {
 public:
  HtmlTable(absl::string_view caption, std::vector<std::string> heads) : heads_(std::move(heads)) {
    absl::StrAppend(&html_, "<table><caption>", Html(caption), "</caption><thead><tr>");
    for (const std::string& head : heads_) {
      absl::StrAppend(&html_, "<th scope=\"col\">", Html(head), "</th>");
    }
    absl::StrAppend(&html_, "</tr></thead><tbody>");
  }
  void Add(const std::vector<std::string>& cells) {
    absl::StrAppend(&html_, "<tr>");
    for (size_t i = 0; i < cells.size(); ++i) {
      const absl::string_view tag = i == 0 ? "th scope=\"row\"" : "td";
      absl::StrAppend(&html_, "<", tag, " data-label=\"", Html(heads_[i]), "\">", cells[i], "</",
                      tag.substr(0, 2), ">");
    }
    absl::StrAppend(&html_, "</tr>");
  }
  std::string Finish() const { return absl::StrCat(html_, "</tbody></table>"); }

 private:
  std::vector<std::string> heads_;
  std::string html_;
};

std::string Paragraph(absl::string_view text) { return absl::StrCat("<p>", Html(text), "</p>"); }

std::string Services(const v1::StatusView& view) {
  HtmlTable table("Services, the worst first",
                  {"Service", "Serves", "Edge", "Exits", "Levers", "Next"});
  for (const v1::ServiceView& service : view.services()) {
    std::vector<std::string> exits;
    for (int i = 1; i < service.paths_size(); ++i) {
      const v1::PathView& path = service.paths(i);
      exits.push_back(Marked(path.mark(), absl::StrCat(path.path(), " ", path.words())));
    }
    const std::string edge =
        service.paths().empty() ? "?" : Marked(service.paths(0).mark(), service.paths(0).words());
    table.Add({Marked(service.mark(), service.name()), Html(service.serves()), edge,
               absl::StrJoin(exits, "<br>"), Html(service.levers_words()), Html(service.next())});
  }
  return table.Finish();
}

std::string Matrix(const v1::ServiceView& service) {
  std::vector<std::string> heads = {"Vantage"};
  for (const v1::PathView& path : service.paths()) heads.push_back(path.path());
  HtmlTable table("Who says so", heads);
  const int vantages = service.paths().empty() ? 0 : service.paths(0).ballots_size();
  for (int i = 0; i < vantages; ++i) {
    std::vector<std::string> cells = {Html(service.paths(0).ballots(i).vantage())};
    for (const v1::PathView& path : service.paths()) {
      const v1::BallotView& ballot = path.ballots(i);
      std::string cell = Marked(ballot.mark(), ballot.words());
      if (!ballot.why().empty()) {
        absl::StrAppend(&cell, "<br><small>", Html(ballot.why()), "</small>");
      }
      cells.push_back(std::move(cell));
    }
    table.Add(cells);
  }
  return table.Finish();
}

std::string Rules(const v1::ServiceView& service) {
  if (service.rules().empty()) return "";
  std::string html = absl::StrCat("<h3>Would it move to ", Html(service.target()),
                                  " now?</h3><ul class=\"rules\">");
  for (const v1::RuleView& rule : service.rules()) {
    const std::string key = rule.key().empty() ? "" : absl::StrCat(" (", KeyWords(rule), ")");
    absl::StrAppend(&html, "<li>", Marked(rule.mark(), rule.name()), ": ", Html(rule.words()),
                    Html(key), "</li>");
  }
  return html + "</ul>";
}

std::string Steps(const v1::ServiceView& service) {
  if (!service.has_move()) return "";
  const v1::MoveView& move = service.move();
  // One that leads to where it is served already was left unproven, and is proven now.
  const std::string what =
      move.from() == move.to()
          ? absl::StrCat("Asks whether all servers name ", Html(move.to()))
          : absl::StrCat("Moves from ", Html(move.from()), " to ", Html(move.to()));
  std::string html = absl::StrCat(
      "<h3>", what, "</h3>", Paragraph(absl::StrCat(move.reason(), " (", move.requested_by(), ")")),
      "<ol class=\"steps\">");
  for (const v1::StepView& step : move.steps()) {
    absl::StrAppend(&html, "<li>", Marked(step.mark(), step.words()), "</li>");
  }
  return html + "</ol>";
}

std::string WayBack(const v1::ServiceView& service) {
  if (service.failback().empty()) return "";
  std::string html = "<h3>The way back</h3><ul class=\"rules\">";
  for (const v1::EvidenceView& item : service.failback()) {
    absl::StrAppend(&html, "<li>", Marked(item.mark(), item.name()), ": ", Html(item.words()),
                    "</li>");
  }
  return html + "</ul>";
}

std::string Details(const v1::ServiceView& service) {
  const bool open = service.mark() != v1::MARK_OK;
  std::string html = absl::StrCat("<details", open ? " open" : "", "><summary>",
                                  Marked(service.mark(), service.name()), " ",
                                  Html(service.hostname()), "</summary>");
  for (const std::string& sentence : service.summary()) absl::StrAppend(&html, Paragraph(sentence));
  if (!service.waiting_for().empty()) {
    absl::StrAppend(&html, Paragraph(absl::StrCat("Waits for ", service.waiting_for())));
  }
  absl::StrAppend(&html, Steps(service), Matrix(service));
  for (const v1::PathView& path : service.paths()) {
    absl::StrAppend(&html, Paragraph(absl::StrCat(path.path(), ": ", path.tally())));
  }
  absl::StrAppend(&html,
                  Paragraph(absl::StrCat("Attribution ", service.attribution(),
                                         service.attribution_why().empty() ? "" : ": ",
                                         service.attribution_why())),
                  Rules(service), WayBack(service), "<pre>lifeboatctl explain ",
                  Html(service.name()), "</pre></details>");
  return html;
}

std::string Fleet(const v1::StatusView& view) {
  HtmlTable vantages("Vantages", {"Name", "Network", "Country", "State"});
  for (const v1::VantageView& vantage : view.vantages()) {
    vantages.Add({Html(vantage.name()), absl::StrCat("AS", vantage.asn()), Html(vantage.country()),
                  Marked(vantage.mark(), vantage.words())});
  }
  HtmlTable exits("Exit nodes", {"Name", "Addresses", "State", "Services"});
  for (const v1::ExitView& exit : view.exits()) {
    std::vector<std::string> services;
    for (const v1::ExitServiceView& service : exit.services()) {
      services.push_back(
          Marked(service.mark(), absl::StrCat(service.service(), " ", service.words())));
    }
    exits.Add({Html(exit.name()), Html(absl::StrJoin(exit.addresses(), ", ")),
               Marked(exit.mark(), exit.words()), absl::StrJoin(services, "<br>")});
  }
  HtmlTable levers("Levers", {"Name", "Zone", "State", "Arms"});
  for (const v1::LeverView& lever : view.levers()) {
    levers.Add({Html(lever.name()), Html(lever.zone()),
                Marked(lever.mark(),
                       absl::StrCat(lever.state(), lever.why().empty() ? "" : ": ", lever.why())),
                Html(absl::StrJoin(lever.arms(), ", "))});
  }
  return absl::StrCat(vantages.Finish(), exits.Finish(), levers.Finish());
}

// Marked only where a person should know: that a vantage votes DOWN is no good news either.
std::string EventWords(const v1::EventView& event) {
  const std::string words =
      event.service().empty() ? event.text() : absl::StrCat(event.service(), ": ", event.text());
  return event.alarm() ? Marked(v1::MARK_WARNING, words) : Html(words);
}

std::string History(const std::vector<v1::EventView>& events) {
  if (events.empty()) return "";
  std::string html = "<h2>History, the youngest first</h2><ol class=\"events\">";
  int shown = 0;
  for (auto event = events.rbegin(); event != events.rend() && shown < kShownEvents; ++event) {
    ++shown;
    const absl::Time at = FromProto(event->at());
    absl::StrAppend(&html, "<li><time datetime=\"", absl::FormatTime(at, absl::UTCTimeZone()),
                    "\">", absl::FormatTime("%H:%M:%S UTC", at, absl::UTCTimeZone()), "</time> ",
                    EventWords(*event), "</li>");
  }
  return html + "</ol>";
}

}  // namespace

std::string Html(absl::string_view text) {
  return absl::StrReplaceAll(
      Printable(text),
      {{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}, {"\"", "&quot;"}, {"'", "&#39;"}});
}

std::string StatusPage(const v1::StatusView& view, const std::vector<v1::EventView>& events,
                       absl::string_view style_path) {
  std::string html = absl::StrCat(
      "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
      "<meta http-equiv=\"refresh\" content=\"",
      kRefreshSeconds, "\"><title>", Glyph(view.mark()), " ", Html(view.headline()),
      " · Lifeboat</title><link rel=\"stylesheet\" href=\"", Html(style_path),
      "\"></head><body><main><h1 class=\"", MarkClass(view.mark()),
      "\"><span aria-hidden=\"true\">", Glyph(view.mark()), "</span> ", Html(view.headline()),
      "</h1><p class=\"freshness\">", Html(view.freshness()), " · ",
      absl::FormatTime("%Y-%m-%d %H:%M:%S UTC", FromProto(view.at()), absl::UTCTimeZone()), " · ",
      Html(view.controller()), ", epoch ", view.epoch().generation(), ".", view.epoch().revision(),
      "</p>");
  for (const std::string& trouble : view.troubles()) {
    absl::StrAppend(&html, "<p class=\"failing\">", Html(trouble), "</p>");
  }
  if (!view.next_command().empty()) {
    absl::StrAppend(&html, "<p>Next: <code>", Html(view.next_command()), "</code></p>");
  }
  absl::StrAppend(&html, Services(view));
  for (const v1::ServiceView& service : view.services()) absl::StrAppend(&html, Details(service));
  absl::StrAppend(&html, "<h2>What it stands on</h2>", Paragraph(view.vantages_line()), Fleet(view),
                  History(events), "</main></body></html>\n");
  return html;
}

absl::string_view StatusStyle() {
  return R"(:root { color-scheme: light dark; --ok: #1a7f37; --warning: #9a6700; --failing: #c4201c;
  --silent: #59636e; --line: #d1d9e0; --back: #ffffff; --text: #1f2328; }
@media (prefers-color-scheme: dark) { :root { --ok: #57d364; --warning: #e3b341;
  --failing: #ff8580; --silent: #9198a1; --line: #3d444d; --back: #0d1117; --text: #f0f6fc; } }
body { background: var(--back); color: var(--text); font: 1rem/1.5 system-ui, sans-serif;
  margin: 0; }
main { margin: 0 auto; max-width: 72rem; padding: 1rem; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.15rem; } h3 { font-size: 1rem; }
.ok { color: var(--ok); } .warning, .holding { color: var(--warning); }
.failing { color: var(--failing); font-weight: 600; } .silent, .pending { color: var(--silent); }
.freshness, small { color: var(--silent); }
table { border-collapse: collapse; margin: 1rem 0; width: 100%; }
caption { font-weight: 600; padding: .25rem 0; text-align: left; }
th, td { border-bottom: 1px solid var(--line); overflow-wrap: anywhere; padding: .4rem .5rem;
  text-align: left; vertical-align: top; }
details { border: 1px solid var(--line); border-radius: .5rem; margin: .75rem 0; padding: .5rem 1rem; }
summary { cursor: pointer; min-height: 2.75rem; padding-top: .5rem; }
summary:focus-visible { outline: 3px solid currentColor; }
pre, code { font-family: ui-monospace, monospace; white-space: pre-wrap; }
ul.rules, ol.events { list-style: none; padding-left: 0; }
@media (max-width: 37rem) { thead { position: absolute; left: -999rem; }
  tr, th, td { display: block; border: 0; } tr { border-bottom: 1px solid var(--line); padding: .5rem 0; }
  td::before { color: var(--silent); content: attr(data-label) ": "; } }
@media print { meta, summary::marker { display: none; } details { border: 0; } }
)";
}

}  // namespace lifeboat::admin
