#include "agent/schedule/schedule.h"

#include <algorithm>

#include "absl/random/uniform_real_distribution.h"

namespace lifeboat::agent {
namespace {

// Half of the jitter between two starts: both ends of the gap have it.
constexpr double kJitter = 0.05;

constexpr auto kLater = [](const auto& a, const auto& b) { return a.at > b.at; };

}  // namespace

void Schedule::Add(Key key, absl::Duration interval, Instant now) {
  const double phase = absl::uniform_real_distribution<double>(0, 1)(random_);
  Entry& entry = entries_[key];
  entry = {.interval = interval, .grid = now + interval * phase};
  Push(key, entry, std::max(now, Jittered(entry)));
}

void Schedule::Remove(Key key) { entries_.erase(key); }

std::optional<absl::Duration> Schedule::Turn(Instant now) {
  const absl::Duration gap = last_turn_ ? now - *last_turn_ : absl::ZeroDuration();
  last_turn_ = now;
  if (gap <= StallLimit()) return std::nullopt;
  for (auto& [key, entry] : entries_) {
    if (entry.running || entry.due > now) continue;
    lag_.Add(now, now - entry.due);
    SkipMissed(entry, now);
    Push(key, entry, std::max(now, Jittered(entry)));
  }
  return gap;
}

std::optional<Schedule::Key> Schedule::StartDue(Instant now) {
  Prune();
  if (heap_.empty() || heap_.front().at > now) return std::nullopt;
  const Key key = heap_.front().key;
  Entry& entry = entries_.at(key);
  entry.running = true;
  lag_.Add(now, now - entry.due);
  return key;  // its head in the heap stays and is pruned: a running entry has none
}

void Schedule::Finished(Key key, Instant now) {
  const auto found = entries_.find(key);
  if (found == entries_.end() || !found->second.running) return;
  Entry& entry = found->second;
  entry.running = false;
  entry.grid = entry.grid + entry.interval;
  // A slow probe may end a little after its next start was due; a whole missed round is dropped.
  if (now - entry.grid > entry.interval / 2) SkipMissed(entry, now);
  Push(key, entry, std::max(now, Jittered(entry)));
}

std::optional<Instant> Schedule::NextDue() {
  Prune();
  if (heap_.empty()) return std::nullopt;
  return heap_.front().at;
}

void Schedule::Push(Key key, Entry& entry, Instant due) {
  entry.due = due;
  heap_.push_back({due, key});
  std::push_heap(heap_.begin(), heap_.end(), kLater);
}

Instant Schedule::Jittered(const Entry& entry) {
  return entry.grid +
         entry.interval * absl::uniform_real_distribution<double>(-kJitter, kJitter)(random_);
}

void Schedule::SkipMissed(Entry& entry, Instant now) {
  if (entry.grid > now) return;
  absl::Duration beyond;
  const int64_t missed = absl::IDivDuration(now - entry.grid, entry.interval, &beyond);
  entry.grid = entry.grid + entry.interval * (missed + 1);
}

void Schedule::Prune() {
  while (!heap_.empty()) {
    const auto found = entries_.find(heap_.front().key);
    const bool real =
        found != entries_.end() && !found->second.running && found->second.due == heap_.front().at;
    if (real) return;
    std::pop_heap(heap_.begin(), heap_.end(), kLater);
    heap_.pop_back();
  }
}

}  // namespace lifeboat::agent
