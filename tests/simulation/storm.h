#ifndef LIFEBOAT_TESTS_SIMULATION_STORM_H_
#define LIFEBOAT_TESTS_SIMULATION_STORM_H_

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "base/clock.h"
#include "controller/replay/nature.h"
#include "controller/replay/virtual_world.h"
#include "tests/simulation/installation.h"
#include "tests/simulation/truth.h"

namespace lifeboat {

// What befalls an installation, drawn from its seed: a course of episodes, each of which begins,
// lasts and ends. What really is so is written down in the truth.
class Storm final : public Nature {
 public:
  // `installation` and `truth` outlive the storm.
  Storm(const Installation& installation, Truth& truth);

  // Draws the episodes of `world` until `end`. Once, before the world runs.
  void Plan(VirtualWorld& world, Instant end);
  // Ends everything: what is dead lives again, people put their edits back and resume.
  void Calm();

  void Probe(size_t vantage, size_t target, const TargetRole& role, Instant now, Random& random,
             Seen& seen) override;
  Carriage Carry(size_t vantage, size_t controller, Instant now, Random& random) override;
  CallFate Call(size_t controller, size_t lever, Instant now, Random& random) override;
  absl::Status Record(size_t controller, Instant now, Random& random) override;
  bool DiesAt(size_t controller, const std::string& point, Random& random) override;

 private:
  enum class EdgeTrouble { kHard, kPartial, kFlaps, kBrownout, kSlow, kNameFails };
  struct EdgeFault {
    EdgeTrouble trouble = EdgeTrouble::kHard;
    int service = -1;       // −1: of all
    uint32_t vantages = 0;  // that see it, as bits
    ProbeClass probe_class = ProbeClass::kTimeoutConnect;
    double probability = 1;
    absl::Duration period;  // of kFlaps
    Instant began;
  };
  enum class LeverTrouble { kNone, kErrors, kFrozen, kUnauthorized, kAnswersLost, kSilent, kLies };
  struct VantageState {
    bool captive = false;    // every answer is somebody's login page
    bool refused = false;    // by the edge
    bool liar = false;       // says the opposite of what is so
    bool congested = false;  // what it sends arrives late, or not at all
    double loss = 0;         // of its probes
  };

  // How an episode ends; empty: it has no end.
  using End = std::function<void()>;

  void PlanNoise(Instant end);
  void PlanClear(Instant end);
  void PlanStorm(Instant end);
  // About `per_day` times until `end` something begins, and ends after `least` to `most`.
  void Often(Instant end, double per_day, absl::Duration least, absl::Duration most,
             std::function<End()> begin);
  void Begin(absl::Duration span, const std::function<End()>& begin);
  End BreakVantage();
  End BreakEyes();  // of the unreliable only: they lie, or sit behind a broken network
  End BreakLink();
  End BreakExit();
  End BreakEdge();
  End BreakEdgeForAll();
  End BreakOrigin();
  End BreakLever();
  End BreakZone();
  End BreakJournal();
  End KillController();
  End AddEdgeFault(EdgeFault fault);
  EdgeFault DrawEdgeFault();
  void JumpClock();
  void RestartAgent();
  void StepWall();

  void ActAsPerson();
  void Move(size_t service);
  void MoveBack(size_t service, bool force);
  void Acknowledge(size_t service);
  void SetPaused(size_t service, bool paused);
  void SetStopped(bool stopped);
  void EditByHand(size_t service);
  void PutBack(size_t service);

  void SeeEdge(size_t vantage, const TargetRole& role, Instant now, Random& random, Seen& seen);
  void SeeExit(const TargetRole& role, Seen& seen);
  size_t AnyOf(size_t count) { return static_cast<size_t>(random_.Below(count)); }
  int NumberOf(const std::string& service) const;

  const Installation& installation_;
  Truth& truth_;
  VirtualWorld* world_ = nullptr;
  Random random_;  // of the plan; what happens at each step draws from the world's
  bool over_ = false;
  double probe_loss_ = 0;     // single probes that fail by chance
  double duplicates_ = 0;     // observations that arrive twice
  double crash_at_step_ = 0;  // per step of an effect

  std::vector<VantageState> states_;
  std::map<uint64_t, EdgeFault> edge_faults_;
  std::map<uint64_t, End> ends_;  // of the episodes under way
  uint64_t next_id_ = 0;
  int origin_dead_ = 0;
  int origin_errors_ = 0;
  std::vector<LeverTrouble> levers_;
  int journal_trouble_ = 0;
};

}  // namespace lifeboat

#endif  // LIFEBOAT_TESTS_SIMULATION_STORM_H_
