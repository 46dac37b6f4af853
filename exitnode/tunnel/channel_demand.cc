#include "exitnode/tunnel/channel_demand.h"

#include <algorithm>

namespace lifeboat::exitnode {

int ChannelDemand::Ask(int waiting, int pooled, Instant now) {
  while (!asked_.empty() && now - asked_.front() >= policy_.answer_within) asked_.pop_front();
  const int in_flight = static_cast<int>(asked_.size());
  const int wanted = waiting + policy_.spare - pooled - in_flight;
  const int count = std::clamp(wanted, 0, std::max(0, policy_.in_flight - in_flight));
  asked_.insert(asked_.end(), count, now);
  return count;
}

void ChannelDemand::Arrived() {
  if (!asked_.empty()) asked_.pop_front();
}

}  // namespace lifeboat::exitnode
