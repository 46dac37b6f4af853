#ifndef LIFEBOAT_CONTROLLER_REPLAY_NATURE_H_
#define LIFEBOAT_CONTROLLER_REPLAY_NATURE_H_

#include <string>

#include "absl/time/time.h"
#include "base/clock.h"
#include "controller/failover/failover.h"
#include "controller/failover/lever.h"
#include "controller/health/vantage_health.h"
#include "controller/replay/random.h"

namespace lifeboat {

// How one observation travels from an agent to a controller.
struct Carriage {
  bool lost = false;   // for good: a queue was full
  bool twice = false;  // it arrives a second time, under the same number
  absl::Duration delay = absl::Milliseconds(20);
};

// How one call of a lever goes.
struct CallFate {
  bool arrives = true;
  bool answered = true;                // false: it timed out here, whatever became of it there
  LeverState state = LeverState::kOk;  // what the provider answers; not kOk: it did nothing
  std::string why;                     // then: in its words
  bool lies = false;                   // it answers that all is done, and does nothing
  absl::Duration there = absl::Milliseconds(20);
  absl::Duration back = absl::Milliseconds(20);
};

// What befalls a world: a scenario's timeline or a seeded storm. By default all is well. Instances
// may use `random`, and nothing else that another run would not have.
class Nature {
 public:
  virtual ~Nature() = default;

  // What the vantage sees of a target. `seen` comes in as a healthy answer of 30 ms; `ended` is
  // filled in by the world. Not asked while the vantage's uplink is lost.
  virtual void Probe(size_t /*vantage*/, size_t /*target*/, const TargetRole& /*role*/,
                     Instant /*now*/, Random& /*random*/, Seen& /*seen*/) {}
  // A stream keeps the order: what takes different times is overtaken, and counts for nothing then.
  virtual Carriage Carry(size_t /*vantage*/, size_t /*controller*/, Instant /*now*/,
                         Random& /*random*/) {
    return {};
  }
  virtual CallFate Call(size_t /*controller*/, size_t /*lever*/, Instant /*now*/,
                        Random& /*random*/) {
    return {};
  }
  // The journal's disk: not OK: the entry is not recorded.
  virtual absl::Status Record(size_t /*controller*/, Instant /*now*/, Random& /*random*/) {
    return absl::OkStatus();
  }
  // Asked as each step of an effect passes, "recorded:PULLING", "done:PULLING", …: whether the
  // controller dies there. It stays dead until VirtualWorld::Restart.
  virtual bool DiesAt(size_t /*controller*/, const std::string& /*point*/, Random& /*random*/) {
    return false;
  }
};

// An observation that has reached a controller, by a stream that is up: whether it counts is the
// controller's to decide.
struct Delivery {
  size_t vantage = 0;
  size_t target = 0;  // its place in the roles
  uint64_t run = 0;   // of the agent's process that made it
  uint64_t batch = 0;
  absl::Duration lag;
  bool resolvers_dead = false;
  Instant ended;  // when the probe really ended, whatever the agent's clock says
  const Seen* seen = nullptr;
};

// Who looks on. Nothing it does may change the world, except through VirtualWorld's own verbs.
class Witness {
 public:
  virtual ~Witness() = default;

  // After each evaluation of a service's core.
  virtual void Evaluated(size_t /*controller*/, size_t /*service*/, const Sight& /*sight*/,
                         const Failover& /*core*/) {}
  // A controller begins, or begins anew with what its journal says.
  virtual void Started(size_t /*controller*/) {}
  virtual void Delivered(size_t /*controller*/, const Delivery& /*delivery*/) {}
  // An event of a core or of the house, journaled or only noted.
  virtual void Told(size_t /*controller*/, const Event& /*event*/) {}
  // A call of a lever began: a check, a read, or a pull with `change`.
  virtual void Called(size_t /*controller*/, size_t /*lever*/, const Change* /*change*/) {}
  // A change reached the zone's primary and was made, or found something else there.
  virtual void Arrived(size_t /*lever*/, const Change& /*change*/, bool /*made*/) {}
};

}  // namespace lifeboat

#endif  // LIFEBOAT_CONTROLLER_REPLAY_NATURE_H_
