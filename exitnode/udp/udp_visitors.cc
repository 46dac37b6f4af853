#include "exitnode/udp/udp_visitors.h"

namespace lifeboat::exitnode {
namespace {

// Longer than most address translators between here and a visitor remember it (RFC 4787, section
// 4.3, asks them for two minutes).
constexpr absl::Duration kIdle = absl::Minutes(2);

}  // namespace

UdpVisitors::UdpVisitors(size_t most, int most_per_source)
    : most_(most), room_(static_cast<int>(most), most_per_source) {}

bool UdpVisitors::Hear(const Endpoint& visitor, const IpAddress& local, Instant now) {
  const auto known = visitors_.find(visitor);
  if (known != visitors_.end()) {
    known->second.local = local;
    known->second.heard = now;
    by_silence_.splice(by_silence_.end(), by_silence_, known->second.place);
    return true;
  }
  if (visitors_.size() >= most_) ForgetTheLongestSilent();
  if (!room_.TryEnter(visitor.address)) return false;
  const auto place = by_silence_.insert(by_silence_.end(), visitor);
  visitors_[visitor] = {local, now, place};
  return true;
}

std::optional<IpAddress> UdpVisitors::LocalFor(const Endpoint& visitor) const {
  const auto known = visitors_.find(visitor);
  if (known == visitors_.end()) return std::nullopt;
  return known->second.local;
}

void UdpVisitors::ForgetIdle(Instant now) {
  while (!by_silence_.empty() && now - visitors_[by_silence_.front()].heard >= kIdle) {
    ForgetTheLongestSilent();
  }
}

void UdpVisitors::ForgetTheLongestSilent() {
  room_.Leave(by_silence_.front().address);
  visitors_.erase(by_silence_.front());
  by_silence_.pop_front();
}

}  // namespace lifeboat::exitnode
