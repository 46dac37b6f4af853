#ifndef LIFEBOAT_CONTROLLER_REPLAY_VIRTUAL_CONTROLLER_H_
#define LIFEBOAT_CONTROLLER_REPLAY_VIRTUAL_CONTROLLER_H_

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "controller/failover/failover.h"
#include "controller/failover/lever_standing.h"
#include "controller/failover/look.h"
#include "controller/failover/snapshot.h"
#include "controller/failover/vote_source.h"
#include "controller/replay/nature.h"
#include "controller/replay/virtual_world.h"

namespace lifeboat {

// A journal in memory; it outlives its controller's process.
struct VirtualJournal {
  Epoch epoch{.generation = 1, .revision = 1};
  std::map<std::string, ServiceRecord> services;
};

// One controller of a world: the real cores, driven as FailoverLoop and ZoneWorker drive them, but
// by virtual time. Effects take a while, and the process may die between any two of their steps.
class VirtualController final : public VoteSource {
 public:
  VirtualController(VirtualWorld& world, size_t index);

  bool alive() const { return alive_; }
  VirtualJournal& journal() { return journal_; }
  const Failover& core(size_t service) const { return *runners_[service].core; }
  Sight Look(size_t service) const;
  const VantageHealth& health(size_t vantage) const { return healths_[vantage]; }
  const LeverHealth& lever(size_t index) const { return levers_[index].health(); }
  ServiceSnapshot Describe(size_t service) const;

  // A person's wish. `told` gets what became of it: once it is in the journal, or what refuses it.
  using Act = std::function<absl::StatusOr<Step>(Failover&, const Sight&)>;
  void Command(size_t service, Act act, std::function<void(absl::Status)> told);

  Ballots BallotsOn(const std::string& service, const Path& path, Instant now) const override;
  std::vector<VantageSnapshot> Vantages(Instant now) const override;

 private:
  friend class VirtualWorld;
  // An effect under way.
  struct Flight {
    Effect effect;
    Outcome outcome;
    size_t service = 0;
    uint64_t life = 0;
    Instant deadline;
    std::function<void(absl::Status)> told;
  };
  using FlightPtr = std::shared_ptr<Flight>;
  struct Runner {
    std::unique_ptr<Failover> core;
    Instant evaluate_at = Instant::SinceBoot(absl::InfiniteDuration());
    Instant looked_at;
    // Whether something is under way or amiss, so that time alone may make the core act.
    bool restless = true;
    std::vector<uint32_t> targets;  // that vote, by path
    std::vector<VoteKind> votes;    // as the core last saw them: all vantages by all targets
    Instant last_change;
    int last_down = 0;
    Verdict last_verdict = Verdict::kBlind;
    bool offers_failback = false;
  };

  void Start();
  void Die();
  void Evaluate(size_t service);
  // Remembers how everybody votes now; whether somebody does so otherwise than before.
  bool TakeVotes(Runner& runner) const;
  static bool IsRestless(const Failover& core, const Sight& sight);
  absl::Duration LookAgainIn(const Runner& runner) const;
  void Perform(size_t service, Step step, std::function<void(absl::Status)> told = nullptr);
  void TryCommand(size_t service, const Act& act, const std::function<void(absl::Status)>& told,
                  Instant deadline);

  // Later, unless the process has died meanwhile.
  void After(absl::Duration span, std::function<void()> task);
  bool Passes(const std::string& point);
  void TryJournal();
  void Record(const FlightPtr& flight);
  void DoAction(const FlightPtr& flight);
  void Pull(const FlightPtr& flight, size_t lever);
  void Read(const FlightPtr& flight, size_t lever);
  void Prove(const FlightPtr& flight, size_t lever);
  void Open(const FlightPtr& flight);
  void Fetch(const FlightPtr& flight);
  void Finish(const FlightPtr& flight);

  void CheckLever(size_t lever);
  void TellExits();
  void Obey(size_t exit, const std::set<std::string>& open, Epoch epoch);
  void TellChangedHouse();
  void RefreshExits() const;
  // Tells what has changed in the house since the last time: TellChanges.
  void TellHouse();
  void Tell(const Event& event) { world_.witness_.Told(index_, event); }
  size_t LeverByName(const std::string& name) const;

  VirtualWorld& world_;
  const size_t index_;
  bool alive_ = false;
  uint64_t life_ = 0;
  VirtualJournal journal_;
  bool journal_fails_ = false;
  std::deque<VantageHealth> healths_;  // never moved: they point into themselves
  std::vector<Runner> runners_;
  std::vector<LeverStanding> levers_;
  std::map<std::string, std::set<std::string>> wanted_;
  mutable std::map<std::string, ExitStatus> exit_statuses_;
  mutable uint64_t exits_seen_ = 0;  // the world's count as they were refreshed
  Snapshot house_;
  uint64_t house_print_ = 0;
};

}  // namespace lifeboat

#endif  // LIFEBOAT_CONTROLLER_REPLAY_VIRTUAL_CONTROLLER_H_
