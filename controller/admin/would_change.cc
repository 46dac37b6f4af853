#include "controller/admin/would_change.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "controller/admin/remedies.h"
#include "controller/admin/situation.h"
#include "controller/admin/what_if.h"
#include "controller/admin/words.h"
#include "controller/failover/rules.h"

namespace lifeboat::admin {
namespace {

using Changes = std::vector<v1::ChangeView>;

void Add(Changes& changes, Remedy remedy, std::string effect) {
  v1::ChangeView& change = changes.emplace_back();
  change.set_what(std::move(remedy.what));
  change.set_effect(std::move(effect));
  change.set_command(remedy.command);
}

void AddPause(Changes& changes, const ServiceSnapshot& service) {
  if (service.paused) return;  // what lets it go again is the remedy of the rule
  Add(changes,
      {.what = absl::StrCat("lifeboatctl pause ", service.name, " --reason …"), .command = true},
      "HOLD (paused)");
}

// What would end the failure, or blind those who see it.
void AddRecovery(Changes& changes, const ServiceSnapshot& service, absl::string_view effect) {
  const PathSnapshot* serving = ServingPath(service);
  if (serving == nullptr || serving->tally.verdict != Verdict::kDown) return;
  const std::string path = service.serves.ToString();
  const int turns = TurnsFromDown(*serving, service.quorum);
  Add(changes,
      {.what = absl::StrCat(Counted(turns, "vantage"), turns == 1 ? " that sees " : " that see ",
                            path, " UP again")},
      std::string(effect));
  const int silences = SilencesToBlind(*serving, service.quorum);
  Add(changes,
      {.what = absl::StrCat(Counted(silences, "vantage"), " of ", serving->tally.voters,
                            " falling silent")},
      absl::StrCat(path, " is BLIND: nothing moves"));
}

void AddFailure(Changes& changes, const ServiceSnapshot& service) {
  const PathSnapshot* serving = ServingPath(service);
  if (serving == nullptr || service.target.is_edge()) return;
  const auto more = TurnsToDown(*serving, service.quorum);
  if (!more) {
    return Add(changes, {.what = "voters in more networks, or more of them"},
               "a failure could be seen");
  }
  Add(changes,
      {.what = absl::StrCat(serving->tally.down_voters + *more, " of ", serving->tally.voters,
                            " voters seeing ", service.serves.ToString(), " DOWN for ",
                            Span(service.quorum.hold))},
      service.armed ? absl::StrCat("INTENT to move to ", service.target.ToString())
                    : "INTENT, which would be held");
}

// For each rule that holds: what would make it let go. While nothing fails, what speaks of the
// failure holds nothing.
void AddRemedies(Changes& changes, const ServiceSnapshot& service, bool failing,
                 absl::string_view effect) {
  const auto holds = [failing](const RuleAnswer& rule) {
    return !rule.ok && (failing || !IsAboutTheFailure(rule));
  };
  const auto holders = std::count_if(service.rules.begin(), service.rules.end(), holds);
  for (const RuleAnswer& rule : service.rules) {
    if (!holds(rule)) continue;
    Add(changes, RemedyOf(service, rule),
        holders == 1 ? std::string(effect)
                     : absl::StrCat("\"", rule.name, "\" holds no more; ", holders - 1, " still ",
                                    holders == 2 ? "does" : "do"));
  }
}

// What keeps it unarmed and is no rule, such as levers that all fall with the edge.
void AddArming(Changes& changes, const ServiceSnapshot& service) {
  if (service.armed || service.unarmed_why.empty() || !service.serves.is_edge()) return;
  const bool rule_says_so =
      std::any_of(service.rules.begin(), service.rules.end(), [&](const RuleAnswer& rule) {
        return service.unarmed_why == absl::StrCat(rule.name, ": ", rule.words);
      });
  if (rule_says_so) return;
  Add(changes, {.what = absl::StrCat("no longer: ", Printable(service.unarmed_why))},
      "it is armed");
}

void AddVoters(Changes& changes, const ServiceSnapshot& service) {
  const PathSnapshot* serving = ServingPath(service);
  if (serving == nullptr) return;
  const auto missing = TurnsToSight(*serving, service.quorum);
  if (!missing) {
    return Add(changes,
               {.what = "more vantages in the configuration than min_voters, min_asns and "
                        "min_countries want"},
               "a verdict");
  }
  if (*missing == 0) return;
  Add(changes,
      {.what = absl::StrCat(Counted(*missing, "more vantage"),
                            *missing == 1 ? " that votes" : " that vote")},
      "a verdict");
}

void AddWayBack(Changes& changes, const ServiceSnapshot& service) {
  const auto missing = std::count_if(service.failback.begin(), service.failback.end(),
                                     [](const EvidenceItem& item) { return !item.ok; });
  for (const EvidenceItem& item : service.failback) {
    if (item.ok) continue;
    Add(changes, RemedyOf(service, item),
        missing == 1 ? "failback is offered" : absl::StrCat("\"", item.name, "\" is not missing"));
  }
  Add(changes,
      {.what = absl::StrCat("lifeboatctl failback ", service.name,
                            service.failback_offered ? "" : " --force", " --reason …"),
       .command = true},
      service.failback_offered ? "back to the edge"
                               : "back to the edge, though evidence is missing");
}

void AddWhileFailing(Changes& changes, const ServiceSnapshot& service) {
  const std::string target = service.target.ToString();
  const bool intent = service.move.has_value();
  if (service.target.is_edge() && !intent) {
    Add(changes, {.what = "another exit in the configuration"}, "somewhere to move to");
  }
  AddRemedies(
      changes, service, true,
      intent ? absl::StrCat("it moves to ", target) : absl::StrCat("INTENT to move to ", target));
  AddRecovery(changes, service, intent ? "CANCEL" : "no move; the hold starts anew");
  AddPause(changes, service);
}

}  // namespace

std::vector<v1::ChangeView> WouldChange(const ServiceSnapshot& service) {
  Changes changes;
  switch (SituationOf(service)) {
    case Situation::kCounting:
    case Situation::kHeld:
      AddWhileFailing(changes, service);
      break;
    case Situation::kMoving:
    case Situation::kGoingBack:
      if (service.move.has_value() && service.move->stage < Stage::kPulling) {
        AddRecovery(changes, service, "CANCEL");
        AddPause(changes, service);
      }
      break;
    case Situation::kServingExit:
      AddWayBack(changes, service);
      break;
    case Situation::kAmnesia:
      Add(changes, {.what = "lifeboatctl epoch raise --reason …", .command = true},
          "what DNS says is taken for true");
      break;
    case Situation::kBlind:
    case Situation::kWarming:
      AddVoters(changes, service);
      AddRemedies(changes, service, false, "it is ready to move");
      break;
    default:
      AddFailure(changes, service);
      AddRemedies(changes, service, false, "it is armed");
      AddArming(changes, service);
  }
  return changes;
}

}  // namespace lifeboat::admin
