#include "exitnode/guard/allow_list.h"

#include <algorithm>

namespace lifeboat::exitnode {

bool AllowList::Admit(const IpAddress& address, Instant until) {
  const auto [entry, added] = until_.try_emplace(address, until);
  if (!added) {
    entry->second = std::max(entry->second, until);
    return false;
  }
  if (until_.size() > kMostAddresses) {
    until_.erase(std::min_element(until_.begin(), until_.end(), [&](const auto& a, const auto& b) {
      if (a.first == address || b.first == address) return b.first == address;
      return a.second < b.second;
    }));
  }
  return true;
}

bool AllowList::Withdraw(const IpAddress& address) { return until_.erase(address) > 0; }

bool AllowList::ForgetExpired(Instant now) {
  return absl::erase_if(until_, [now](const auto& entry) { return entry.second <= now; }) > 0;
}

std::vector<IpAddress> AllowList::Addresses() const {
  std::vector<IpAddress> addresses;
  addresses.reserve(until_.size());
  for (const auto& [address, until] : until_) addresses.push_back(address);
  return addresses;
}

}  // namespace lifeboat::exitnode
