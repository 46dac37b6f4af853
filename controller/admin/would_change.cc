#include "controller/admin/would_change.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "controller/admin/path_view.h"
#include "controller/admin/situation.h"
#include "controller/admin/words.h"

namespace lifeboat::admin {
namespace {

void AddChange(std::vector<v1::ChangeView>& changes, std::string what, std::string effect,
               bool command = false) {
  v1::ChangeView& change = changes.emplace_back();
  change.set_what(std::move(what));
  change.set_effect(std::move(effect));
  change.set_command(command);
}

void AddPauseOrResume(std::vector<v1::ChangeView>& changes, const ServiceSnapshot& service) {
  if (service.stopped) {
    AddChange(changes, "lifeboatctl resume --all --reason …", "every service may move again", true);
  } else if (service.paused) {
    AddChange(changes, absl::StrCat("lifeboatctl resume ", service.name, " --reason …"),
              "it may move again", true);
  } else {
    AddChange(changes, absl::StrCat("lifeboatctl pause ", service.name, " --reason …"),
              "HOLD (paused)", true);
  }
}

void AddRecovery(std::vector<v1::ChangeView>& changes, const ServiceSnapshot& service,
                 absl::string_view effect) {
  const PathSnapshot* serving = ServingPath(service);
  if (serving == nullptr || serving->tally.verdict != Verdict::kDown) return;
  const int turns = TurnsToLoseShare(*serving, service.quorum);
  AddChange(changes,
            absl::StrCat(Counted(turns, "vantage"), turns == 1 ? " that sees " : " that see ",
                         service.serves.ToString(), " UP again"),
            std::string(effect));
}

void AddFailure(std::vector<v1::ChangeView>& changes, const ServiceSnapshot& service) {
  const PathSnapshot* serving = ServingPath(service);
  if (serving == nullptr || !service.armed) return;
  const int more = MoreDownToReachShare(*serving, service.quorum);
  if (more < 0) return;
  AddChange(changes,
            absl::StrCat(serving->tally.down_voters + more, " of ", serving->tally.voters,
                         " voters seeing ", service.serves.ToString(), " DOWN for ",
                         Span(service.quorum.hold)),
            absl::StrCat("INTENT to move to ", service.target.ToString()));
}

void AddVoters(std::vector<v1::ChangeView>& changes, const ServiceSnapshot& service) {
  const PathSnapshot* serving = ServingPath(service);
  const int missing = serving == nullptr ? service.quorum.min_voters
                                         : service.quorum.min_voters - serving->tally.voters;
  if (missing <= 0) return;
  AddChange(
      changes,
      absl::StrCat(Counted(missing, "more vantage"), missing == 1 ? " that votes" : " that vote"),
      "a verdict");
}

}  // namespace

std::vector<v1::ChangeView> WouldChange(const ServiceSnapshot& service) {
  std::vector<v1::ChangeView> changes;
  switch (SituationOf(service)) {
    case Situation::kCounting:
    case Situation::kHeld:
      AddRecovery(changes, service,
                  service.move.has_value() ? "CANCEL" : "no move; the hold starts anew");
      AddPauseOrResume(changes, service);
      break;
    case Situation::kMoving:
    case Situation::kGoingBack:
      if (service.move.has_value() && service.move->stage < Stage::kPulling) {
        AddRecovery(changes, service, "CANCEL");
        AddPauseOrResume(changes, service);
      }
      break;
    case Situation::kServingExit:
      AddChange(changes,
                absl::StrCat("lifeboatctl failback ", service.name,
                             service.failback_offered ? "" : " --force", " --reason …"),
                service.failback_offered ? "back to the edge"
                                         : "back to the edge, though evidence is missing",
                true);
      break;
    case Situation::kAmnesia:
      AddChange(changes, "lifeboatctl epoch raise --reason …", "what DNS says is taken for true",
                true);
      break;
    case Situation::kPaused:
      AddPauseOrResume(changes, service);
      break;
    case Situation::kBlind:
      AddVoters(changes, service);
      break;
    default:
      AddFailure(changes, service);
  }
  return changes;
}

}  // namespace lifeboat::admin
