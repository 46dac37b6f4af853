#ifndef LIFEBOAT_CONTROLLER_REPLAY_VIRTUAL_WORLD_H_
#define LIFEBOAT_CONTROLLER_REPLAY_VIRTUAL_WORLD_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "base/clock.h"
#include "controller/failover/failover.h"
#include "controller/health/vantage_health.h"
#include "controller/replay/event_queue.h"
#include "controller/replay/nature.h"
#include "controller/replay/random.h"
#include "controller/replay/virtual_zone.h"

namespace lifeboat {

class VirtualController;

// What a world is made of.
struct WorldSettings {
  struct Service {
    ServiceSettings settings;
    std::vector<std::string> levers;  // names, the best first
  };
  struct LeverPlan {
    std::string name;
    std::string zone;  // apex
  };
  std::vector<Vantage> vantages;
  std::vector<TargetRole> roles;  // what every vantage probes: PlanProbes
  std::vector<Service> services;
  std::vector<std::string> exits;
  std::vector<LeverPlan> levers;
  int servers_per_zone = 2;
  absl::Duration servers_behind = absl::Milliseconds(500);  // the zone's primary
  int controllers = 1;
  absl::Duration check_levers_every = absl::Seconds(15);
  absl::Duration call_timeout = absl::Seconds(5);  // of a lever
  absl::Time wall_at_start = absl::UnixEpoch();
  uint64_t seed = 1;
};

// One agent, as the world has it. Change it through VirtualWorld, but for the plain members.
struct VirtualVantage {
  bool uplink = true;           // else all its probes fail, and its streams
  bool probes = true;           // else it starts none: starved, or stopped
  absl::Duration lag;           // how late its probes start, as it publishes
  bool resolvers_dead = false;  // as it publishes
  absl::Duration clock_offset;  // its CLOCK_BOOTTIME less ours
  uint64_t run = 1;             // of its process
};

// One exit node, as the world has it.
struct VirtualExit {
  bool up = true;         // process and network; down: it serves nobody
  bool connected = true;  // to the controllers
  bool tunnel_up = true;
  Upstream upstream = Upstream::kAnswered;
  bool opens = true;             // when told to
  bool serves_strangers = true;  // once open
  int visitors = 0;
  std::set<std::string> open;  // services, as last obeyed
  Epoch highest_epoch;         // it has ever obeyed

  // Whether a controller reaches it.
  bool Hears() const { return up && connected; }
  // Whether who is let in is served.
  bool Serves() const { return up && tunnel_up && upstream == Upstream::kAnswered; }
};

// A whole installation on virtual time: the real cores of controllers (VantageHealth, Failover,
// and Look between them) among agents, exits and zones that exist in memory only. Nothing waits:
// events are worked off in the order of virtual time, so hours pass in well under a second, and
// the same settings, nature and seed give the same run, byte for byte.
//
// A core is evaluated when one of its votes changed, when one of its effects ended, and at least
// every 250 ms to 2 s while something is pending, every 5 s while nothing is.
class VirtualWorld {
 public:
  // `nature` and `witness` outlive the world.
  VirtualWorld(WorldSettings settings, Nature& nature, Witness& witness);
  ~VirtualWorld();

  Instant start() const { return start_; }
  Instant now() const { return now_; }
  absl::Time wall() const { return WallAt(now_); }
  absl::Time WallAt(Instant at) const {
    return settings_.wall_at_start + wall_step_ + (at - start_);
  }
  void RunUntil(Instant end);
  void RunFor(absl::Duration span) { RunUntil(now_ + span); }
  // Does `task` when its time comes.
  void At(Instant at, std::function<void()> task);

  const WorldSettings& settings() const { return settings_; }
  Random& random() { return random_; }

  // ------------------------------------------------------------------- what may be changed
  VirtualVantage& vantage(size_t index) { return vantages_[index]; }
  // The agent's way out to everything. Once it is back its streams come up again, and it sends the
  // backlog.
  void SetUplink(size_t vantage, bool up);
  // Its process begins anew: what it has not sent is lost, and its batches are numbered afresh.
  void RestartAgent(size_t vantage);
  // The stream between one agent and one controller alone.
  void SetLink(size_t vantage, size_t controller, bool up);
  const VirtualExit& exit(size_t index) const { return exits_[index]; }
  // Everybody looks again afterwards.
  void ChangeExit(size_t index, const std::function<void(VirtualExit&)>& change);
  VirtualZone& zone(const std::string& apex);
  VirtualZone& ZoneOf(size_t service);

  // The global stop of people: why, or empty.
  void SetStopped(std::string why) { stopped_ = std::move(why); }
  // Somebody sets the controllers' wall clock.
  void StepWall(absl::Duration by) { wall_step_ += by; }
  // A person raises the generation above all that anybody knows: lifeboatctl epoch raise.
  void RaiseEpoch(size_t controller);
  // A controller dies, or lives again with what its journal says.
  void Crash(size_t controller);
  void Restart(size_t controller);
  VirtualController& controller(size_t index) { return *controllers_[index]; }
  size_t controllers() const { return controllers_.size(); }

  // ------------------------------------------------------------------------------ what may be
  // asked
  const Records& InDns(size_t service);
  // Whether a stranger who comes to `address` is served.
  bool ServesStrangers(const std::string& address, const std::string& service) const;
  uint64_t observations() const { return observations_; }  // that probes made
  uint64_t evaluations() const { return evaluations_; }

 private:
  friend class VirtualController;
  enum class Kind : uint8_t { kProbe, kArrive, kPing, kEvaluate, kTask };
  struct Parcel {  // an observation on its way
    uint32_t vantage = 0;
    uint32_t controller = 0;
    uint32_t target = 0;
    uint64_t run = 0;
    uint64_t batch = 0;
    Instant ended;
    absl::Duration lag;
    bool resolvers_dead = false;
    Seen seen;
  };
  struct Link {  // of one vantage to one controller
    bool up = true;
    std::deque<Parcel> backlog;
  };

  absl::Duration AgentTime(size_t vantage, Instant at) const;
  Link& LinkOf(size_t vantage, size_t controller) {
    return links_[vantage * controllers_.size() + controller];
  }
  void Dispatch(const EventQueue<Kind>::Event& event);
  void Probe(size_t vantage, size_t target);
  uint32_t NewParcel();  // its place
  void Send(uint32_t slot, absl::Duration takes);
  void Arrive(uint32_t slot);
  void Ping(size_t vantage, size_t controller);
  void CutLink(size_t vantage, size_t controller);
  void RaiseLink(size_t vantage, size_t controller);
  void EvaluateSoon(size_t controller, size_t service, Instant at);
  void EvaluateAll();

  const WorldSettings settings_;
  Nature& nature_;
  Witness& witness_;
  Random random_;
  const Instant start_ = Instant::SinceBoot(absl::Hours(1));
  Instant now_ = start_;
  EventQueue<Kind> queue_;
  std::vector<VirtualVantage> vantages_;
  std::vector<Instant> probe_base_;  // by vantage and target: the grid of its starts
  std::vector<Link> links_;
  std::vector<VirtualExit> exits_;
  uint64_t exits_changed_ = 1;  // times
  std::string stopped_;
  absl::Duration wall_step_;
  std::vector<VirtualZone> zones_;
  std::vector<std::unique_ptr<VirtualController>> controllers_;
  std::deque<Parcel> parcels_;  // never moved
  std::vector<uint32_t> free_parcels_;
  std::vector<std::function<void()>> tasks_;
  std::vector<uint32_t> free_tasks_;
  uint64_t observations_ = 0;
  uint64_t evaluations_ = 0;
};

}  // namespace lifeboat

#endif  // LIFEBOAT_CONTROLLER_REPLAY_VIRTUAL_WORLD_H_
