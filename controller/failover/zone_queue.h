#ifndef LIFEBOAT_CONTROLLER_FAILOVER_ZONE_QUEUE_H_
#define LIFEBOAT_CONTROLLER_FAILOVER_ZONE_QUEUE_H_

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "base/clock.h"
#include "controller/failover/effect.h"

namespace lifeboat {

// In the order in which they go when several wait: what costs nothing first, then what the users
// wait for.
enum class EffectKind { kJournal, kErrand, kPull, kRead, kProve };
EffectKind KindOf(const Effect& effect);

// Which effects of a zone are done next, and which of them together. A pull waits for others only
// while another service of the zone is on its way to one: a service that moves alone never waits.
class ZoneQueue {
 public:
  // A pull waits no longer than this for those of other services.
  static constexpr absl::Duration kGatherAtMost = absl::Milliseconds(250);
  // So soon after a step that leads to a pull the next one comes, if the core goes on at all.
  static constexpr absl::Duration kNextStepWithin = absl::Milliseconds(30);

  void Push(Effect effect, Instant now);
  // To be told when an effect is done.
  void Done(const Effect& effect, Instant now);

  // The effects of the first kind that may go, of one lever where the kind needs one, in order of
  // priority. Empty: nothing may go yet.
  std::vector<Effect> Pop(Instant now);
  // When `Pop` has something without a further `Push` or `Done`; nullopt: nothing waits.
  std::optional<Instant> NextAt(Instant now) const;
  bool empty() const { return waiting_.empty(); }

 private:
  struct Waiting {
    Effect effect;
    Instant since;
  };
  // When the pulls that wait may go.
  Instant PullsGoAt(Instant now) const;

  std::vector<Waiting> waiting_;
  // Services whose last step leads to a pull, and until when the pull is waited for.
  std::map<std::string, Instant> on_the_way_;
};

}  // namespace lifeboat

#endif  // LIFEBOAT_CONTROLLER_FAILOVER_ZONE_QUEUE_H_
