#ifndef LIFEBOAT_AGENT_PLAN_PLAN_H_
#define LIFEBOAT_AGENT_PLAN_PLAN_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "agent/plan/probe_spec.h"

namespace lifeboat::agent {

// One probe that this agent repeats; never used again for another one.
using ProbeId = uint32_t;
// One controller, by its place in the configuration.
using SubscriberId = int;

// A probe as one controller asks for it.
struct NumberedSpec {
  uint32_t number = 0;  // what this controller calls it
  ProbeSpec spec;
};

// Whom a probe's observations go to, and what they are called there.
struct Subscription {
  SubscriberId subscriber = 0;
  uint32_t number = 0;
  uint64_t revision = 0;  // of that controller's assignments
  friend auto operator<=>(const Subscription&, const Subscription&) = default;
};

// What all controllers together want probed: equal specs are one probe. A pure value.
class Plan {
 public:
  struct Change {
    std::vector<ProbeId> added;
    std::vector<ProbeId> removed;
  };

  // Puts `wanted` in place of what `subscriber` wanted before. A spec that anybody wanted before
  // and somebody wants still keeps its probe.
  Change Replace(SubscriberId subscriber, uint64_t revision, std::vector<NumberedSpec> wanted);

  // `probe` is in the plan. The reference is good until the probe is removed.
  const ProbeSpec& Spec(ProbeId probe) const { return *probes_.at(probe).spec; }
  // Nobody, if `probe` is no longer in the plan.
  std::vector<Subscription> Subscribers(ProbeId probe) const;
  size_t size() const { return probes_.size(); }

 private:
  struct Wanted {
    SubscriberId subscriber;
    uint32_t number;
  };
  struct Probe {
    const ProbeSpec* spec;  // the key in by_spec_
    std::vector<Wanted> wanted;
  };

  ProbeId Intern(ProbeSpec spec, Change& change);

  std::map<ProbeSpec, ProbeId> by_spec_;
  absl::flat_hash_map<ProbeId, Probe> probes_;
  absl::flat_hash_map<SubscriberId, uint64_t> revisions_;
  ProbeId last_ = 0;
};

}  // namespace lifeboat::agent

#endif  // LIFEBOAT_AGENT_PLAN_PLAN_H_
