#include "controller/failover/zone_queue.h"

#include <algorithm>
#include <utility>
#include <variant>

namespace lifeboat {
namespace {

const Instant kNever = Instant::SinceBoot(absl::InfiniteDuration());

bool LeadsToPull(const Effect& effect) {
  return effect.stage == StageName(Stage::kIntent) || effect.stage == StageName(Stage::kOpening) ||
         effect.stage == StageName(Stage::kFetching);
}

// Unlike one that only claims the ownership, which is in no haste to be shared.
bool ChangesRecords(const Effect& effect) {
  const auto* pull = std::get_if<PullLever>(&effect.action);
  return pull != nullptr && pull->change.records != pull->change.expect;
}

bool NeedsLever(EffectKind kind) { return kind >= EffectKind::kPull; }

}  // namespace

EffectKind KindOf(const Effect& effect) {
  if (std::holds_alternative<ReadWorld>(effect.action)) return EffectKind::kRead;
  if (std::holds_alternative<PullLever>(effect.action)) return EffectKind::kPull;
  if (std::holds_alternative<ProveDns>(effect.action)) return EffectKind::kProve;
  if (std::holds_alternative<DoNothing>(effect.action)) return EffectKind::kJournal;
  return EffectKind::kErrand;
}

void ZoneQueue::Push(Effect effect, Instant now) {
  std::erase_if(on_the_way_, [now](const auto& service) { return service.second <= now; });
  on_the_way_.erase(effect.service);
  if (LeadsToPull(effect)) on_the_way_[effect.service] = kNever;
  waiting_.push_back({std::move(effect), now});
}

void ZoneQueue::Done(const Effect& effect, Instant now) {
  const auto found = on_the_way_.find(effect.service);
  if (found != on_the_way_.end()) found->second = now + kNextStepWithin;
}

Instant ZoneQueue::PullsGoAt(Instant now) const {
  Instant oldest = kNever;
  for (const Waiting& waiting : waiting_) {
    if (ChangesRecords(waiting.effect)) oldest = std::min(oldest, waiting.since);
  }
  if (oldest == kNever) return now;
  Instant gathered = now;
  for (const auto& [service, until] : on_the_way_) gathered = std::max(gathered, until);
  return std::min(gathered, oldest + kGatherAtMost);
}

std::optional<Instant> ZoneQueue::NextAt(Instant now) const {
  if (waiting_.empty()) return std::nullopt;
  const bool all_pull = std::all_of(waiting_.begin(), waiting_.end(), [](const Waiting& waiting) {
    return KindOf(waiting.effect) == EffectKind::kPull;
  });
  return all_pull ? PullsGoAt(now) : now;
}

std::vector<Effect> ZoneQueue::Pop(Instant now) {
  const bool pulls_go = PullsGoAt(now) <= now;
  const Waiting* first = nullptr;
  for (const Waiting& waiting : waiting_) {
    const EffectKind kind = KindOf(waiting.effect);
    if (kind == EffectKind::kPull && !pulls_go) continue;
    const auto rank = std::make_pair(kind, waiting.effect.priority);
    if (first == nullptr || rank < std::make_pair(KindOf(first->effect), first->effect.priority)) {
      first = &waiting;
    }
  }
  if (first == nullptr) return {};
  const EffectKind kind = KindOf(first->effect);
  const std::string lever = first->effect.lever;
  const auto stays = [&](const Waiting& waiting) {
    return KindOf(waiting.effect) != kind || (NeedsLever(kind) && waiting.effect.lever != lever);
  };
  const auto taken = std::stable_partition(waiting_.begin(), waiting_.end(), stays);
  std::vector<Effect> batch;
  for (auto it = taken; it != waiting_.end(); ++it) batch.push_back(std::move(it->effect));
  waiting_.erase(taken, waiting_.end());
  std::stable_sort(batch.begin(), batch.end(),
                   [](const Effect& a, const Effect& b) { return a.priority < b.priority; });
  return batch;
}

}  // namespace lifeboat
