#include "agent/probe/echo_seeds.h"

#include <algorithm>

namespace lifeboat::agent {

void EchoSeeds::Take(SubscriberId controller, const EchoBytes& seed, Instant now) {
  held_[controller] = {seed, now};
}

std::optional<EchoSeeds::Source> EchoSeeds::Next(Instant now) {
  absl::erase_if(held_, [now](const auto& held) { return now - held.second.since > kHeldFor; });
  if (held_.empty()) return std::nullopt;
  Source source{.seeds = {}, .counter = ++counter_};
  for (const auto& [controller, held] : held_) source.seeds.push_back(held.seed);
  std::sort(source.seeds.begin(), source.seeds.end());
  return source;
}

}  // namespace lifeboat::agent
