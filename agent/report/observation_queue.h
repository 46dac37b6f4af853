#ifndef LIFEBOAT_AGENT_REPORT_OBSERVATION_QUEUE_H_
#define LIFEBOAT_AGENT_REPORT_OBSERVATION_QUEUE_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "absl/time/time.h"
#include "agent/probe/observation.h"
#include "base/clock.h"

namespace lifeboat::agent {

// Observations for one controller, in numbered batches that are kept until it has acknowledged
// them. Within one run a number means the same batch for ever, but for what a full queue has
// dropped from it. A pure value: the caller brings the time.
class ObservationQueue {
 public:
  static constexpr size_t kMostInBatch = 500;
  static constexpr absl::Duration RipeAfter() { return absl::Milliseconds(50); }

  struct Entry {
    uint32_t target;  // the controller's number for it
    Observation observation;
  };
  struct Batch {
    uint64_t number = 0;    // 1, 2, 3 …; a batch that was dropped whole leaves a gap
    uint64_t revision = 0;  // of the assignments that the targets' numbers are from
    std::deque<Entry> entries;
    Instant opened;
    bool sealed = false;
  };

  // Holds at most `limit` observations, at least one.
  explicit ObservationQueue(size_t limit) : limit_(limit) {}

  // Drops the oldest observation when full. Returns whether Next may have something at another time
  // than before.
  bool Push(uint64_t revision, uint32_t target, Observation observation, Instant now);

  // The next batch to be sent, once it is full or ripe, or null. Good until the next call.
  const Batch* Next(Instant now);
  // When Next will have something; nothing if only Push can change that.
  std::optional<Instant> NextReady() const;

  // Forgets the batches up to and with `number`, of those that Next has given.
  void Ack(uint64_t number);
  // Next begins again at the first batch that is not acknowledged: the connection is a new one.
  void Rewind() { next_ = 0; }

  size_t size() const { return size_; }
  uint64_t dropped_total() const { return dropped_total_; }

 private:
  bool NeedsNewBatch(uint64_t revision) const;
  void DropOldest();

  const size_t limit_;
  std::deque<Batch> batches_;  // the last one may be open
  size_t next_ = 0;            // index of what Next looks at
  size_t size_ = 0;
  uint64_t last_number_ = 0;
  uint64_t dropped_total_ = 0;
};

}  // namespace lifeboat::agent

#endif  // LIFEBOAT_AGENT_REPORT_OBSERVATION_QUEUE_H_
