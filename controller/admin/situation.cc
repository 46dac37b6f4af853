#include "controller/admin/situation.h"

#include <algorithm>

namespace lifeboat::admin {

absl::string_view StageWords(Stage stage) {
  switch (stage) {
    case Stage::kIntent:
      return "about to begin";
    case Stage::kOpening:
      return "opening the exit to the public";
    case Stage::kFetching:
      return "fetching through the exit as a stranger";
    case Stage::kPulling:
      return "pulling the lever";
    case Stage::kProving:
      return "asking every authoritative server";
    case Stage::kAsking:
      return "fetching by name";
    case Stage::kDone:
      return "done";
    case Stage::kCancelled:
      return "cancelled";
  }
  return "?";
}

const PathSnapshot* ServingPath(const ServiceSnapshot& service) {
  const auto found =
      std::find_if(service.paths.begin(), service.paths.end(),
                   [&service](const PathSnapshot& path) { return path.path == service.serves; });
  return found == service.paths.end() ? nullptr : &*found;
}

Situation SituationOf(const ServiceSnapshot& service) {
  const PathSnapshot* serving = ServingPath(service);
  const Verdict verdict = serving == nullptr ? Verdict::kBlind : serving->tally.verdict;
  if (service.phase == Phase::kAmnesia) return Situation::kAmnesia;
  if (service.phase == Phase::kApplying) return Situation::kMoving;
  if (service.phase == Phase::kFailingBack) return Situation::kGoingBack;
  if (service.phase == Phase::kWarming) return Situation::kWarming;
  if (service.phase == Phase::kIntent) {
    return service.waiting_for.empty() ? Situation::kMoving : Situation::kHeld;
  }
  if (verdict == Verdict::kDown) {
    return service.hold_done < service.quorum.hold ? Situation::kCounting : Situation::kHeld;
  }
  if (verdict == Verdict::kBlind) return Situation::kBlind;
  if (verdict == Verdict::kUndecided) return Situation::kUndecided;
  if (service.phase == Phase::kServingExit) return Situation::kServingExit;
  if (!service.dns.empty()) return Situation::kDnsTrouble;
  if (service.paused) return Situation::kPaused;
  if (!service.armed) return Situation::kUnarmed;
  if (verdict == Verdict::kDegraded) return Situation::kDegraded;
  return service.lingering_exit.empty() ? Situation::kWell : Situation::kLingering;
}

bool IsFailing(Situation situation) {
  return situation == Situation::kHeld || situation == Situation::kCounting ||
         situation == Situation::kMoving;
}

bool IsFailing(const ServiceSnapshot& service) {
  const PathSnapshot* serving = ServingPath(service);
  return serving != nullptr && serving->tally.verdict == Verdict::kDown;
}

v1::Mark MarkOf(const ServiceSnapshot& service) {
  const Situation situation = SituationOf(service);
  if (IsFailing(service) || situation == Situation::kAmnesia) return v1::MARK_FAILING;
  const bool well = situation == Situation::kWell || situation == Situation::kLingering;
  return well ? v1::MARK_OK : v1::MARK_WARNING;
}

}  // namespace lifeboat::admin
