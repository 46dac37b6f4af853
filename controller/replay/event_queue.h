#ifndef LIFEBOAT_CONTROLLER_REPLAY_EVENT_QUEUE_H_
#define LIFEBOAT_CONTROLLER_REPLAY_EVENT_QUEUE_H_

#include <cstdint>
#include <queue>
#include <vector>

#include "absl/time/time.h"
#include "base/clock.h"

namespace lifeboat {

// What is to happen, in the order of virtual time; what falls together goes in the order in which
// it was put in. Events are small and plain, because there are millions.
template <typename Kind>
class EventQueue {
 public:
  struct Event {
    int64_t at_nanos = 0;  // since boot
    uint64_t order = 0;
    Kind kind = {};
    uint32_t a = 0;
    uint32_t b = 0;

    Instant at() const { return Instant::SinceBoot(absl::Nanoseconds(at_nanos)); }
  };

  void Put(Instant at, Kind kind, uint32_t a = 0, uint32_t b = 0) {
    events_.push({absl::ToInt64Nanoseconds(at.since_boot()), ++order_, kind, a, b});
  }
  bool DueBy(Instant end) const {
    return !events_.empty() && events_.top().at_nanos <= absl::ToInt64Nanoseconds(end.since_boot());
  }
  Event Take() {
    const Event event = events_.top();
    events_.pop();
    return event;
  }

 private:
  struct Later {
    bool operator()(const Event& a, const Event& b) const {
      return a.at_nanos != b.at_nanos ? a.at_nanos > b.at_nanos : a.order > b.order;
    }
  };
  std::priority_queue<Event, std::vector<Event>, Later> events_;
  uint64_t order_ = 0;
};

}  // namespace lifeboat

#endif  // LIFEBOAT_CONTROLLER_REPLAY_EVENT_QUEUE_H_
