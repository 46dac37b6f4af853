#ifndef LIFEBOAT_CONTROLLER_FAILOVER_ZONE_WORKER_H_
#define LIFEBOAT_CONTROLLER_FAILOVER_ZONE_WORKER_H_

#include <functional>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "controller/failover/effect.h"
#include "controller/failover/errands.h"
#include "controller/failover/exit_commander.h"
#include "controller/failover/journal.h"
#include "controller/failover/lever.h"
#include "controller/failover/zone_queue.h"

namespace lifeboat {

// What effects are done with. Everything outlives the workers.
struct EffectTools {
  Journal& journal;
  ExitCommander& exits;
  PublicFetcher& fetcher;
  std::map<std::string, Lever*> levers;  // by name
  // Called with "recorded:PULLING", "done:PULLING", … as each step passes, from any thread of the
  // worker. Tests end the process there; by default nothing happens.
  std::function<void(const std::string&)> fault_point = [](const std::string&) {};
};

// Does the effects of one zone's services, so that the core never waits. On the worst day all of
// them move at once: what waits of one kind is done together, the lowest priority number first. The
// journal and the zone's server belong to one thread, which asks one thing at a time, of many
// services; exits and public fetches are waited for side by side. Levers are checked elsewhere
// (LeverChecks), so that no pull waits for a check.
class ZoneWorker {
 public:
  // `on_done` is called on threads of the worker.
  ZoneWorker(EffectTools tools, const Clock& clock,
             std::function<void(const Effect&, Outcome)> on_done);
  // Finishes the effects under way, drops the rest: what is in the journal is resumed after the
  // start.
  ~ZoneWorker();

  void Do(Effect effect);

 private:
  void Run();
  // What is to be done next, together; nothing once the end has come.
  std::vector<Effect> Next();
  // All of one kind, and for the same lever.
  void Perform(std::vector<Effect> batch);
  // Makes the entries durable; what could not be recorded is done with and leaves the batch.
  void Record(std::vector<Effect>& batch);
  void Read(Lever& lever, const std::vector<Effect>& batch);
  void Pull(Lever& lever, const std::vector<Effect>& batch);
  void Prove(Lever& lever, const std::vector<Effect>& batch);
  void SendOut(Effect effect);
  Outcome RunErrand(const Effect& effect);
  // As a stranger, at each address that can be asked from here; at least one must be.
  Outcome Fetch(const std::string& service, const FetchThrough& fetch);
  // It was done: the fault point, then the report.
  void Finish(const Effect& effect, Outcome outcome);
  void Report(const Effect& effect, Outcome outcome);

  const EffectTools tools_;
  const Clock& clock_;
  const std::function<void(const Effect&, Outcome)> on_done_;
  Mutex mutex_;
  CondVar changed_;
  ZoneQueue queue_ GUARDED_BY(mutex_);
  bool ending_ GUARDED_BY(mutex_) = false;
  Errands errands_;
  std::thread thread_;
};

}  // namespace lifeboat

#endif  // LIFEBOAT_CONTROLLER_FAILOVER_ZONE_WORKER_H_
