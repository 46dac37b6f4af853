#include "base/newcomers.h"

#include <algorithm>
#include <string>

namespace lifeboat {

IpAddress CustomerPrefix(const IpAddress& address) {
  constexpr size_t kV4Bytes = 3, kV6Bytes = 7;
  std::string bytes = address.ToBytes();
  std::fill(bytes.begin() + (address.is_v4() ? kV4Bytes : kV6Bytes), bytes.end(), '\0');
  return IpAddress::FromBytes(bytes).value_or(address);  // the length is right
}

Newcomers::Answer Newcomers::Ask(const IpAddress& from) const {
  if (count() >= limits_.in_all) return Answer::kTooMany;
  const auto of_prefix = per_prefix_.find(CustomerPrefix(from));
  const bool full = of_prefix != per_prefix_.end() && of_prefix->second >= limits_.per_prefix;
  return full ? Answer::kTooManyOfPrefix : Answer::kWelcome;
}

void Newcomers::Add(const Endpoint& from, Socket socket, Instant now) {
  Forget(from);  // the same address and port again: the earlier connection is gone
  entries_[from] = {socket, now};
  ++per_prefix_[CustomerPrefix(from.address)];
}

void Newcomers::Forget(const Endpoint& from) {
  const auto entry = entries_.find(from);
  if (entry != entries_.end()) Drop(entry);
}

void Newcomers::Sweep(Instant now, const std::function<bool(const Socket&)>& is_open) {
  for (auto entry = entries_.begin(); entry != entries_.end();) {
    const bool old = now - entry->second.since >= limits_.forgotten_after;
    entry = old || !is_open(entry->second.socket) ? Drop(entry) : std::next(entry);
  }
}

Newcomers::Entries::iterator Newcomers::Drop(Entries::iterator entry) {
  const auto of_prefix = per_prefix_.find(CustomerPrefix(entry->first.address));
  if (--of_prefix->second == 0) per_prefix_.erase(of_prefix);
  return entries_.erase(entry);
}

}  // namespace lifeboat
