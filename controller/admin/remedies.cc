#include "controller/admin/remedies.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "controller/admin/situation.h"
#include "controller/admin/what_if.h"
#include "controller/admin/words.h"

namespace lifeboat::admin {
namespace {

constexpr char kWritable[] = "a journal that can be written";
constexpr char kRecords[] = "DNS that says what is expected";
constexpr char kInItsWords[] = ", which is not so: ";

const PathSnapshot* FindPath(const ServiceSnapshot& service, const Path& path) {
  const auto found =
      std::find_if(service.paths.begin(), service.paths.end(),
                   [&path](const PathSnapshot& candidate) { return candidate.path == path; });
  return found == service.paths.end() ? nullptr : &*found;
}

std::string Seeing(int more, const Path& path, absl::string_view as) {
  return absl::StrCat(Counted(more, "more vantage"), " seeing ", path.ToString(), " ", as);
}

Remedy Command(absl::string_view verb, const ServiceSnapshot& service) {
  return {.what = absl::StrCat("lifeboatctl ", verb, " ", service.name, " --reason …"),
          .command = true};
}

Remedy VerdictDown(const ServiceSnapshot& service, const RuleAnswer&) {
  const PathSnapshot* serving = ServingPath(service);
  const auto turns = serving == nullptr ? std::nullopt : TurnsToDown(*serving, service.quorum);
  if (turns.value_or(0) > 0) return {.what = Seeing(*turns, service.serves, "DOWN")};
  return {.what = absl::StrCat("a quorum that sees ", service.serves.ToString(), " DOWN")};
}

Remedy TargetUp(const ServiceSnapshot& service, const RuleAnswer&) {
  const PathSnapshot* target = FindPath(service, service.target);
  const auto turns = target == nullptr ? std::nullopt : TurnsToUp(*target, service.quorum);
  if (turns.value_or(0) > 0) return {.what = Seeing(*turns, service.target, "UP")};
  return {.what = absl::StrCat("a quorum that sees ", service.target.ToString(), " UP")};
}

Remedy HoldOver(const ServiceSnapshot& service, const RuleAnswer&) {
  return {.what = absl::StrCat(service.serves.ToString(), " DOWN for ",
                               Span(service.quorum.hold - service.hold_done), " more")};
}

Remedy OtherCause(const ServiceSnapshot& service, const RuleAnswer&) {
  return {.what = absl::StrCat("another cause than ", AttributionName(service.cause.attribution),
                               ", such as ", service.target.ToString(), " UP while ",
                               service.serves.ToString(), " is DOWN")};
}

Remedy LeverWorks(const ServiceSnapshot& service) {
  if (service.levers.empty()) return {.what = "a lever in the configuration"};
  return {.what = absl::StrCat("a lever that works: ", absl::StrJoin(service.levers, " or "))};
}

// One line a rule; a rule that has none is told in its own words.
struct Entry {
  absl::string_view rule;
  Remedy (*remedy)(const ServiceSnapshot& service, const RuleAnswer& rule);
};
const Entry kOfRules[] = {
    {"verdict", VerdictDown},
    {"hold", HoldOver},
    {"attribution", OtherCause},
    {"target up", TargetUp},
    {"epoch",
     [](const auto&, const auto&) {
       return Remedy{.what = "lifeboatctl epoch raise --reason …", .command = true};
     }},
    {"journal", [](const auto&, const auto&) { return Remedy{kWritable}; }},
    {"records", [](const auto&, const auto&) { return Remedy{kRecords}; }},
    {"still failing",
     [](const auto& service, const auto&) {
       return Remedy{
           absl::StrCat("newest probes of ", service.serves.ToString(), " that fail again")};
     }},
    {"not stopped",
     [](const auto&, const auto&) {
       return Remedy{.what = "lifeboatctl resume --all --reason …", .command = true};
     }},
    {"not paused", [](const auto& service, const auto&) { return Command("resume", service); }},
    {"acknowledged", [](const auto& service, const auto&) { return Command("ack", service); }},
    {"maintenance",
     [](const auto&, const auto& rule) {
       return Remedy{absl::StrCat("the end of the maintenance: ", Printable(rule.words, 90))};
     }},
    {"moves per day",
     [](const auto&, const auto& rule) {
       return Remedy{absl::StrCat("the budget of moves: ", Printable(rule.words, 90))};
     }},
    {"parity",
     [](const auto&, const auto&) {
       return Remedy{"safety.parity, once the exits demand the login"};
     }},
    {"shared fate",
     [](const auto&, const auto&) { return Remedy{"an exit that does not fall with the edge"}; }},
    {"exit connected",
     [](const auto& service, const auto&) {
       return Remedy{absl::StrCat(service.target.ToString(), " connected to this controller")};
     }},
    {"tunnel up",
     [](const auto& service, const auto&) {
       return Remedy{
           absl::StrCat("the origin's connector connected to ", service.target.ToString())};
     }},
    {"certificate",
     [](const auto&, const auto&) { return Remedy{"a certificate renewed at the origin"}; }},
    {"lever", [](const auto& service, const auto&) { return LeverWorks(service); }},
};

}  // namespace

Remedy RemedyOf(const ServiceSnapshot& service, const RuleAnswer& rule) {
  for (const Entry& entry : kOfRules) {
    if (entry.rule == rule.name) return entry.remedy(service, rule);
  }
  return {.what = absl::StrCat(rule.name, kInItsWords, Printable(rule.words, 100))};
}

Remedy RemedyOf(const ServiceSnapshot& service, const EvidenceItem& item) {
  if (item.complete_in != absl::InfiniteDuration()) {
    return {.what = absl::StrCat("the edge UP for ", Span(item.complete_in), " more")};
  }
  if (item.name == "lever") return LeverWorks(service);
  if (item.name == "coverage") return {.what = "every vantage voting on the edge"};
  if (item.name == "clean for") return {.what = "the edge UP, and for as long as clean_for says"};
  if (item.name == "journal") return {.what = kWritable};
  if (item.name == "records") return {.what = kRecords};
  return {.what = absl::StrCat(item.name, kInItsWords, Printable(item.words, 100))};
}

}  // namespace lifeboat::admin
