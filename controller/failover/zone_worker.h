#ifndef LIFEBOAT_CONTROLLER_FAILOVER_ZONE_WORKER_H_
#define LIFEBOAT_CONTROLLER_FAILOVER_ZONE_WORKER_H_

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>

#include "absl/time/time.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "controller/failover/effect.h"
#include "controller/failover/exit_commander.h"
#include "controller/failover/journal.h"
#include "controller/failover/lever.h"

namespace lifeboat {

// What effects are done with. Everything outlives the workers.
struct EffectTools {
  Journal& journal;
  ExitCommander& exits;
  PublicFetcher& fetcher;
  std::map<std::string, Lever*> levers;  // by name
  // Called with "recorded:PULLING", "done:PULLING", … as each step passes. Tests end the process
  // there; by default nothing happens.
  std::function<void(const std::string&)> fault_point = [](const std::string&) {};
};

// Does the effects of one zone's services, one after another, on a thread of its own: the core
// never waits, and a zone's server is asked one thing at a time. Between effects it checks the
// zone's levers, every `check_every`, and more often while one is in trouble.
class ZoneWorker {
 public:
  // `on_done` is called on the worker's thread.
  ZoneWorker(EffectTools tools, std::vector<Lever*> levers, absl::Duration check_every,
             const Clock& clock, std::function<void(const Effect&, Outcome)> on_done);
  // Finishes the effect under way, drops the rest: what is in the journal is resumed after the
  // start.
  ~ZoneWorker();

  void Do(Effect effect);
  // The levers are checked at once instead of when their time comes.
  void CheckSoon();

 private:
  void Run();
  void CheckLevers();
  // The next effect; nothing while none is there and the levers' check is due or the end has come.
  std::optional<Effect> Next();
  Outcome Perform(const Effect& effect);
  void Act(const Effect& effect, Outcome& outcome);

  const EffectTools tools_;
  const std::vector<Lever*> levers_;
  const absl::Duration check_every_;
  const Clock& clock_;
  const std::function<void(const Effect&, Outcome)> on_done_;
  Mutex mutex_;
  CondVar changed_;
  std::deque<Effect> queue_ GUARDED_BY(mutex_);
  Instant next_check_ GUARDED_BY(mutex_);
  bool ending_ GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace lifeboat

#endif  // LIFEBOAT_CONTROLLER_FAILOVER_ZONE_WORKER_H_
