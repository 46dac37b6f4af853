#ifndef LIFEBOAT_AGENT_SCHEDULE_SCHEDULE_H_
#define LIFEBOAT_AGENT_SCHEDULE_SCHEDULE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/random/bit_gen_ref.h"
#include "absl/time/time.h"
#include "agent/schedule/lag_window.h"
#include "base/clock.h"

namespace lifeboat::agent {

// Which probe starts when. Each target has a grid of its own, laid at random within its first
// interval; it starts within ±5 % of an interval around each grid point, so that two starts are
// one interval ±10 % apart and lateness never adds up. A target that still runs is never started
// again. Each call is O(log targets); a pure value: the caller brings time and randomness.
class Schedule {
 public:
  using Key = uint32_t;

  // Between two turns of a live process there is never this much.
  static constexpr absl::Duration StallLimit() { return absl::Seconds(1); }

  // `random` outlives the schedule.
  explicit Schedule(absl::BitGenRef random) : random_(random) {}

  // `key` is not in the schedule, nor was it before.
  void Add(Key key, absl::Duration interval, Instant now);
  // Forgets `key`, running or not.
  void Remove(Key key);
  size_t size() const { return entries_.size(); }

  // To be called at the head of each turn, and at least four times a StallLimit. Returns how long
  // the process stood still, if it did: then what was under way measured nothing, and what fell due
  // meanwhile has been put off to its next grid point rather than started all at once.
  std::optional<absl::Duration> Turn(Instant now);

  // A target that is due, which counts as running from here until Finished.
  std::optional<Key> StartDue(Instant now);
  // Ignores a key that was removed meanwhile.
  void Finished(Key key, Instant now);

  // When something falls due next; nothing without idle targets.
  std::optional<Instant> NextDue();

  // The 99th percentile of how late targets started lately.
  absl::Duration LagP99(Instant now) const { return lag_.P99(now); }

 private:
  struct Entry {
    absl::Duration interval;
    Instant grid;  // the point around which it starts next, or started last while it runs
    Instant due;
    bool running = false;
  };
  struct Due {
    Instant at;
    Key key;
  };

  void Push(Key key, Entry& entry, Instant due);
  Instant Jittered(const Entry& entry);
  // Moves the grid on past `now` without moving its phase.
  static void SkipMissed(Entry& entry, Instant now);
  // Drops heads of the heap that no longer hold. Afterwards the head, if any, is real.
  void Prune();

  absl::BitGenRef random_;
  absl::flat_hash_map<Key, Entry> entries_;
  std::vector<Due> heap_;  // the earliest first; entries removed meanwhile are skipped when met
  LagWindow lag_;
  std::optional<Instant> last_turn_;
};

}  // namespace lifeboat::agent

#endif  // LIFEBOAT_AGENT_SCHEDULE_SCHEDULE_H_
