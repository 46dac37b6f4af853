#include "exitnode/udp/udp_visitors.h"

namespace lifeboat::exitnode {
namespace {

// As rathole's clients do (protocol, section 7).
constexpr absl::Duration kIdle = absl::Seconds(60);

}  // namespace

bool UdpVisitors::Hear(const Endpoint& visitor, const IpAddress& local, Instant now) {
  const auto known = visitors_.find(visitor);
  if (known == visitors_.end() && !room_.TryEnter(visitor.address)) return false;
  visitors_[visitor] = {local, now};
  return true;
}

std::optional<IpAddress> UdpVisitors::LocalFor(const Endpoint& visitor, Instant now) {
  const auto known = visitors_.find(visitor);
  if (known == visitors_.end()) return std::nullopt;
  known->second.last = now;
  return known->second.local;
}

void UdpVisitors::ForgetIdle(Instant now) {
  absl::erase_if(visitors_, [&](const auto& entry) {
    const bool idle = now - entry.second.last >= kIdle;
    if (idle) room_.Leave(entry.first.address);
    return idle;
  });
}

}  // namespace lifeboat::exitnode
