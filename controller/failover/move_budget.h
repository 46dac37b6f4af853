#ifndef LIFEBOAT_CONTROLLER_FAILOVER_MOVE_BUDGET_H_
#define LIFEBOAT_CONTROLLER_FAILOVER_MOVE_BUDGET_H_

#include <algorithm>
#include <vector>

#include "absl/time/time.h"
#include "base/clock.h"

namespace lifeboat {

// How many moves a service has made by itself within a day. While the process lives its own clock
// counts, so that a wall clock that is set neither frees the budget nor locks it. After a start the
// journal's wall-clock times are all there is: one that lies in the future counts as just now, and
// so for a day at most.
class MoveBudget {
 public:
  // Takes what the journal says, in place of what was known.
  void Load(const std::vector<absl::Time>& made_at, Instant now, absl::Time wall) {
    made_.clear();
    for (const absl::Time at : made_at) {
      made_.push_back(now - std::max(wall - at, absl::ZeroDuration()));
    }
  }
  // How many count.
  int Made(Instant now) const {
    return static_cast<int>(
        std::count_if(made_.begin(), made_.end(), [now](Instant at) { return now - at < kDay; }));
  }
  // How long until the oldest of those that count no longer does; zero: there is none.
  absl::Duration FreeIn(Instant now) const {
    absl::Duration oldest = absl::ZeroDuration();
    for (const Instant at : made_) {
      if (now - at < kDay) oldest = std::max(oldest, now - at);
    }
    return Made(now) == 0 ? absl::ZeroDuration() : kDay - oldest;
  }
  // Those that count and one more made now, by the wall clock as it is: what the journal is to say.
  std::vector<absl::Time> WithOneMore(Instant now, absl::Time wall) const {
    std::vector<absl::Time> made_at;
    for (const Instant at : made_) {
      if (now - at < kDay) made_at.push_back(wall - (now - at));
    }
    made_at.push_back(wall);
    return made_at;
  }

 private:
  static constexpr absl::Duration kDay = absl::Hours(24);

  std::vector<Instant> made_;
};

}  // namespace lifeboat

#endif  // LIFEBOAT_CONTROLLER_FAILOVER_MOVE_BUDGET_H_
