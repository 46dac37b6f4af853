#include "controller/replay/run_spreader.h"

#include <algorithm>
#include <utility>

namespace lifeboat {
namespace {

// Far more than any: a run is ended after minutes, a probe after an hour.
constexpr absl::Duration kLongestRun = absl::Hours(24);
constexpr int64_t kMostInRun = 1'000'000;

}  // namespace

bool IsPossible(const ObservationRun& run) {
  const absl::Duration zero = absl::ZeroDuration();
  const bool times = run.first.since_boot() >= zero && run.first <= run.last &&
                     run.last - run.first <= kLongestRun;
  const bool count = run.count >= 1 && run.count <= kMostInRun && run.panel >= 0;
  const bool latency = zero <= run.shortest && run.shortest <= run.longest &&
                       run.shortest * run.count <= run.total &&
                       run.total <= run.longest * run.count;
  const bool needs_service = run.kind == RunKind::kVotes || run.kind == RunKind::kAttributes;
  return times && count && latency && needs_service == !run.service.empty() &&
         (run.kind == RunKind::kPanel) == (run.panel > 0);
}

bool RunSpreader::IsLater(const UnderWayPtr& a, const UnderWayPtr& b) {
  return a->next == b->next ? a->order > b->order : a->next > b->next;
}

void RunSpreader::Add(ObservationRun run, size_t tag) {
  auto under_way = std::make_unique<UnderWay>();
  under_way->next = run.first;
  under_way->run = std::move(run);
  under_way->tag = tag;
  under_way->order = added_++;
  heap_.push_back(std::move(under_way));
  std::push_heap(heap_.begin(), heap_.end(), IsLater);
}

std::optional<Instant> RunSpreader::next() const {
  return heap_.empty() ? std::nullopt : std::optional(heap_.front()->next);
}

RunSpreader::One RunSpreader::Take() {
  std::pop_heap(heap_.begin(), heap_.end(), IsLater);
  UnderWay& first = *heap_.back();
  const One one{.at = first.next,
                .wall = first.run.first_wall + (first.next - first.run.first),
                .tag = first.tag,
                .run = &first.run};
  if (++first.taken == first.run.count) {
    ended_ = std::move(heap_.back());
    heap_.pop_back();
    return one;
  }
  first.next = first.run.At(first.taken);
  std::push_heap(heap_.begin(), heap_.end(), IsLater);
  return one;
}

}  // namespace lifeboat
