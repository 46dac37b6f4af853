#include "agent/report/observation_queue.h"

#include <utility>

namespace lifeboat::agent {

bool ObservationQueue::Push(uint64_t revision, uint32_t target, Observation observation,
                            Instant now) {
  bool news = false;
  if (NeedsNewBatch(revision)) {
    if (!batches_.empty()) batches_.back().sealed = true;
    batches_.push_back({.number = ++last_number_, .revision = revision, .opened = now});
    news = true;
  }
  Batch& batch = batches_.back();
  batch.entries.push_back({target, std::move(observation)});
  if (batch.entries.size() >= kMostInBatch) {
    batch.sealed = true;
    news = true;
  }
  if (++size_ > limit_) DropOldest();
  return news;
}

const ObservationQueue::Batch* ObservationQueue::Next(Instant now) {
  const auto ready = NextReady();
  if (!ready || *ready > now) return nullptr;
  Batch& batch = batches_[next_++];
  batch.sealed = true;
  return &batch;
}

std::optional<Instant> ObservationQueue::NextReady() const {
  if (next_ >= batches_.size()) return std::nullopt;
  const Batch& batch = batches_[next_];
  return batch.sealed ? batch.opened : batch.opened + RipeAfter();
}

void ObservationQueue::Ack(uint64_t number) {
  while (next_ > 0 && batches_.front().number <= number) {
    size_ -= batches_.front().entries.size();
    batches_.pop_front();
    --next_;
  }
}

bool ObservationQueue::NeedsNewBatch(uint64_t revision) const {
  return batches_.empty() || batches_.back().sealed || batches_.back().revision != revision;
}

void ObservationQueue::DropOldest() {
  Batch& oldest = batches_.front();
  oldest.entries.pop_front();
  --size_;
  ++dropped_total_;
  if (!oldest.entries.empty()) return;
  batches_.pop_front();
  if (next_ > 0) --next_;
}

}  // namespace lifeboat::agent
