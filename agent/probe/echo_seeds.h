#ifndef LIFEBOAT_AGENT_PROBE_ECHO_SEEDS_H_
#define LIFEBOAT_AGENT_PROBE_ECHO_SEEDS_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "agent/plan/plan.h"
#include "base/clock.h"
#include "base/echo.h"

namespace lifeboat::agent {

// The newest seed of each controller, and the nonces that come of them. A pure value.
class EchoSeeds {
 public:
  // A controller that is silent for so long no longer counts: it would not know its seed any more.
  static constexpr absl::Duration kHeldFor = absl::Seconds(30);

  // What a nonce is made of.
  struct Source {
    std::vector<EchoBytes> seeds;  // sorted; never empty
    uint64_t counter = 0;          // never used twice
    EchoBytes Nonce() const { return EchoNonce(seeds, counter); }
    friend bool operator==(const Source&, const Source&) = default;
  };

  void Take(SubscriberId controller, const EchoBytes& seed, Instant now);
  // Nothing where no seed is held.
  std::optional<Source> Next(Instant now);

 private:
  struct Held {
    EchoBytes seed;
    Instant since;
  };
  absl::flat_hash_map<SubscriberId, Held> held_;
  uint64_t counter_ = 0;
};

}  // namespace lifeboat::agent

#endif  // LIFEBOAT_AGENT_PROBE_ECHO_SEEDS_H_
