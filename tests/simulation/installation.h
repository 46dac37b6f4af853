#ifndef LIFEBOAT_TESTS_SIMULATION_INSTALLATION_H_
#define LIFEBOAT_TESTS_SIMULATION_INSTALLATION_H_

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "controller/replay/virtual_world.h"

namespace lifeboat {

// What befalls an installation.
enum class Mix {
  kCalm,   // next to nothing: the speed of an ordinary day
  kNoise,  // everything that happens daily and justifies no move
  kClear,  // noise, and one hard failure of the edge that must lead to a move
  kStorm,  // everything at once, people and crashes included
};
absl::string_view MixName(Mix mix);
std::optional<Mix> ParseMix(absl::string_view name);

// An installation drawn from a seed.
struct Installation {
  Mix mix = Mix::kCalm;
  WorldSettings settings;
  // Vantages that may lie or sit behind a broken network, all at the same time: whatever they say,
  // and whoever else is silent, no policy here lets them say DOWN for all.
  std::set<size_t> unreliable;
  // Within this a hard failure that everybody sees is DOWN for every filter here.
  absl::Duration detection;
};

Installation DrawInstallation(uint64_t seed, Mix mix);
// One service, six vantages, one exit, the configuration's defaults: what the speed is measured by.
Installation OrdinaryInstallation(uint64_t seed);

// Whether the vantages in `liars` can make an edge DOWN that everybody else sees UP, whoever of
// these is silent. By trying all.
bool CanMove(const QuorumPolicy& policy, const std::vector<Vantage>& vantages,
             const std::set<size_t>& liars);

}  // namespace lifeboat

#endif  // LIFEBOAT_TESTS_SIMULATION_INSTALLATION_H_
