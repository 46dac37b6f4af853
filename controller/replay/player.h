#ifndef LIFEBOAT_CONTROLLER_REPLAY_PLAYER_H_
#define LIFEBOAT_CONTROLLER_REPLAY_PLAYER_H_

#include <optional>
#include <string>
#include <vector>

#include "controller/replay/nature.h"
#include "controller/replay/scenario.h"
#include "controller/replay/virtual_world.h"

namespace lifeboat {

enum class LeverMode { kIndep, kEdge };
absl::string_view LeverModeName(LeverMode mode);

// The world of a scenario: its fleet, its zone, its levers, one policy for all its services. In
// mode kEdge the first lever is the edge provider's API, in mode kIndep one that always works.
WorldSettings WorldOf(const Scenario& scenario, const ReplayPolicy& policy, LeverMode mode,
                      uint64_t seed);

// Plays a scenario's timeline: the nature of its world.
class Player final : public Nature {
 public:
  // Both outlive the player.
  Player(const Scenario& scenario, const ReplayPolicy& policy, LeverMode mode, uint64_t seed);

  // Puts the rows on the world's clock, their zero at `zero`. To be called once.
  void Begin(VirtualWorld& world, Instant zero);

  void Probe(size_t vantage, size_t target, const TargetRole& role, Instant now, Random& random,
             Seen& seen) override;
  CallFate Call(size_t controller, size_t lever, Instant now, Random& random) override;

  // Share of the users' weight that the edge fails now, by what it truly does.
  double EdgeFailsUsers(Instant now) const;

 private:
  struct Symptom {
    ProbeClass probe_class = ProbeClass::kHttpEdge;
    int status = 0;
    double up_to = 1;  // cumulated share
  };
  struct Edge {
    std::vector<bool> bad;  // by vantage
    double p_err = 0, to_p_err = 0;
    absl::Duration ramp;
    double slow = 1;
    bool pinned_answers = false;
    std::vector<Symptom> symptoms;
    Instant since;
  };

  void Apply(const lifeboat::v1::ScenarioRow& row);
  void ApplyEdge(const lifeboat::v1::ScenarioEdge& edge);
  void ApplyAgent(const lifeboat::v1::ScenarioAgent& agent);
  void ApplyCut(const lifeboat::v1::ScenarioCut& cut);
  std::vector<bool> BadVantages(const lifeboat::v1::ScenarioEdge& edge) const;
  double ErrorChance(Instant now) const;
  void ProbeEdge(size_t vantage, bool by_name, Instant now, Random& random, Seen& seen) const;
  size_t VantageByName(const std::string& name) const;
  bool Affects(const std::string& service) const;

  const Scenario& scenario_;
  const LeverMode mode_;
  VirtualWorld* world_ = nullptr;
  std::vector<size_t> order_;  // in which vantages go bad, the same all the time
  Edge edge_;
  lifeboat::v1::ScenarioApi api_;
  std::vector<bool> captive_;     // by vantage
  std::vector<bool> diagnostic_;  // by vantage: it asks for a page that the edge always serves
  std::vector<double>
      dns_fails_;  // by vantage: chance that the name of a bad edge does not resolve
};

}  // namespace lifeboat

#endif  // LIFEBOAT_CONTROLLER_REPLAY_PLAYER_H_
