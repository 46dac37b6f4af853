#ifndef LIFEBOAT_AGENT_KNOCK_KNOCK_SPEC_H_
#define LIFEBOAT_AGENT_KNOCK_KNOCK_SPEC_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "base/address.h"

namespace lifeboat::agent {

// One exit node's doors to be kept open, or closed, for one source address.
struct KnockSpec {
  std::string exit;                 // the name that its certificate must bear
  std::vector<Endpoint> endpoints;  // each knocked at
  std::optional<IpAddress> source;  // nothing: the kernel's choice
  absl::Duration every = absl::Seconds(60);
  bool withdraw = false;  // take the knock back
};

}  // namespace lifeboat::agent

#endif  // LIFEBOAT_AGENT_KNOCK_KNOCK_SPEC_H_
