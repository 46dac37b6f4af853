#ifndef LIFEBOAT_CONTROLLER_FAILOVER_ALARM_MEMORY_H_
#define LIFEBOAT_CONTROLLER_FAILOVER_ALARM_MEMORY_H_

#include <map>
#include <string>

#include "absl/time/time.h"
#include "base/clock.h"

namespace lifeboat {

// For what a person was woken, and when: troubles that take turns wake once in a while each, and
// not at every turn.
class AlarmMemory {
 public:
  // The same trouble wakes again `again` after it last did.
  explicit AlarmMemory(absl::Duration again) : again_(again) {}

  // Whether `trouble` wakes somebody at `now`; if so, it has.
  bool Wakes(const std::string& trouble, Instant now) {
    const auto known = woke_at_.find(trouble);
    if (known != woke_at_.end() && now - known->second < again_) return false;
    if (known == woke_at_.end() && woke_at_.size() >= kMost) woke_at_.clear();
    woke_at_[trouble] = now;
    return true;
  }
  void Forget() { woke_at_.clear(); }

 private:
  static constexpr size_t kMost = 100;  // they are words of others, of which there is no end

  absl::Duration again_;
  std::map<std::string, Instant> woke_at_;
};

}  // namespace lifeboat

#endif  // LIFEBOAT_CONTROLLER_FAILOVER_ALARM_MEMORY_H_
