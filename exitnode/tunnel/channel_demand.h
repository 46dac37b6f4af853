#ifndef LIFEBOAT_EXITNODE_TUNNEL_CHANNEL_DEMAND_H_
#define LIFEBOAT_EXITNODE_TUNNEL_CHANNEL_DEMAND_H_

#include <deque>

#include "absl/time/time.h"
#include "base/clock.h"

namespace lifeboat::exitnode {

struct ChannelPolicy {
  int spare = 8;       // channels kept ready beyond those that visitors wait for
  int in_flight = 64;  // asked for and not here yet; more would only queue up in the client
  absl::Duration answer_within =
      absl::Seconds(12);  // stock clients give up on a channel after 10 s
};

// How many data channels to ask one tunnel client for.
class ChannelDemand {
 public:
  explicit ChannelDemand(const ChannelPolicy& policy) : policy_(policy) {}

  // How many to ask for now, with `waiting` visitors and `pooled` channels at hand; the caller asks
  // for them. What was asked for and did not come in time is asked for again.
  int Ask(int waiting, int pooled, Instant now);
  // A channel has come, whether it was asked for or not.
  void Arrived();

 private:
  ChannelPolicy policy_;
  std::deque<Instant> asked_;  // oldest first
};

}  // namespace lifeboat::exitnode

#endif  // LIFEBOAT_EXITNODE_TUNNEL_CHANNEL_DEMAND_H_
