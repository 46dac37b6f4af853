#include "controller/admin/text.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "controller/admin/table.h"
#include "controller/admin/wire.h"
#include "controller/admin/words.h"

namespace lifeboat::admin {
namespace {

constexpr size_t kMostNextBytes = 90;
constexpr size_t kWidestHeadline = 90;
constexpr size_t kShortId = 7;  // of an id's random end: 35 bits

std::string Marked(v1::Mark mark, absl::string_view text, const TextStyle& style) {
  return absl::StrCat(Colored(Glyph(mark), mark, style.color), " ", Printable(text));
}

std::string HeadlineText(const v1::StatusView& view, const TextStyle& style) {
  const std::string when = absl::FormatTime("%a %H:%M:%S %Z", FromProto(view.at()), style.zone);
  // A long sentence keeps the line for itself.
  const absl::string_view gap = Width(view.headline()) > kWidestHeadline ? "\n  " : "      ";
  return absl::StrCat(Marked(view.mark(), view.headline(), style), gap,
                      Printable(view.controller()), " · ", when, "\n");
}

// How wide the longest verdict of all is, so that the figures stand under each other.
size_t VerdictWidth(const v1::StatusView& view) {
  size_t width = 0;
  for (const v1::ServiceView& service : view.services()) {
    for (const v1::PathView& path : service.paths()) {
      width = std::max(width, path.words().find(' '));
    }
  }
  return width;
}

std::string Aligned(const std::string& words, size_t verdict_width) {
  const size_t space = words.find(' ');
  if (space == std::string::npos) return words;
  return absl::StrCat(Padded(words.substr(0, space), verdict_width), words.substr(space));
}

std::string ExitsCell(const v1::ServiceView& service, size_t verdict_width) {
  std::vector<std::string> exits;
  for (const v1::PathView& path : service.paths()) {
    if (path.path() == "edge") continue;
    exits.push_back(absl::StrCat(path.path().substr(path.path().find('/') + 1), " ",
                                 Aligned(path.words(), verdict_width)));
  }
  return exits.empty() ? "none" : absl::StrJoin(exits, ", ");
}

std::string ServicesTable(const v1::StatusView& view, const TextStyle& style) {
  const size_t verdict_width = VerdictWidth(view);
  Table table({"SERVICE", "SERVES", "EDGE", "EXITS", "LEVERS", "NEXT"});
  for (const v1::ServiceView& service : view.services()) {
    const std::string edge =
        service.paths().empty() ? "?" : Aligned(service.paths(0).words(), verdict_width);
    table.Add(service.mark(),
              {service.name(), service.serves(), edge, ExitsCell(service, verdict_width),
               service.levers_words(), Printable(service.next(), kMostNextBytes)});
  }
  return table.Text(style.color);
}

std::string ExitServices(const v1::ExitView& exit) {
  std::vector<std::string> services;
  for (const v1::ExitServiceView& service : exit.services()) {
    services.push_back(absl::StrCat(service.service(), " ", service.words()));
  }
  return absl::StrJoin(services, " · ");
}

// What the services stand on: vantages, exits, levers that do not work, the controller.
std::string Foundations(const v1::StatusView& view, const TextStyle& style) {
  Table table({});
  const bool all_vote =
      std::all_of(view.vantages().begin(), view.vantages().end(),
                  [](const v1::VantageView& vantage) { return vantage.mark() == v1::MARK_OK; });
  table.Add(all_vote && !view.vantages().empty() ? v1::MARK_UNSPECIFIED : v1::MARK_WARNING,
            {"Vantages", view.vantages_line()});
  for (const v1::ExitView& exit : view.exits()) {
    const std::string services = ExitServices(exit);
    table.Add(exit.mark() == v1::MARK_OK ? v1::MARK_UNSPECIFIED : exit.mark(),
              {"Exit", absl::StrCat(exit.name(), " ", exit.words(), services.empty() ? "" : " · ",
                                    services)});
  }
  for (const v1::LeverView& lever : view.levers()) {
    if (lever.mark() == v1::MARK_OK) continue;
    table.Add(lever.mark(), {"Lever", absl::StrCat(lever.name(), " ", lever.state(),
                                                   lever.why().empty() ? "" : ": ", lever.why())});
  }
  const bool live = view.freshness() == "live";
  table.Add(live ? v1::MARK_UNSPECIFIED : v1::MARK_FAILING,
            {"Controller", absl::StrCat(view.controller(), " · epoch ", view.epoch().generation(),
                                        ".", view.epoch().revision(), " · ", view.freshness())});
  return table.Text(style.color);
}

std::string IdSuffix(const v1::EventView& event, const TextStyle& style) {
  if (!event.explained() && !style.wide) return "";
  return absl::StrCat("  [", style.wide ? Printable(event.id()) : ShortId(event), "]");
}

}  // namespace

std::string StatusText(const v1::StatusView& view, const TextStyle& style) {
  std::string text = HeadlineText(view, style);
  for (const std::string& trouble : view.troubles()) {
    absl::StrAppend(&text, Marked(v1::MARK_FAILING, trouble, style), "\n");
  }
  if (!view.services().empty()) absl::StrAppend(&text, "\n", ServicesTable(view, style));
  absl::StrAppend(&text, "\n", Foundations(view, style));
  if (!view.next_command().empty()) {
    absl::StrAppend(&text, "\n  Next: ", Printable(view.next_command()), "\n");
  }
  return text;
}

std::string ShortId(const v1::EventView& event) {
  const std::string& id = event.id();
  return id.substr(id.size() - std::min(id.size(), kShortId));
}

std::string EventLine(const v1::EventView& event, const TextStyle& style, bool date) {
  const char* format = date ? "%Y-%m-%d %H:%M:%S" : "%H:%M:%S";
  const v1::Mark mark = event.alarm() ? v1::MARK_WARNING : v1::MARK_UNSPECIFIED;
  return absl::StrCat(absl::FormatTime(format, FromProto(event.at()), style.zone), " ",
                      Colored(Glyph(mark), mark, style.color), " ",
                      event.service().empty() ? "" : absl::StrCat(Printable(event.service()), "  "),
                      Printable(event.text()), IdSuffix(event, style));
}

}  // namespace lifeboat::admin
