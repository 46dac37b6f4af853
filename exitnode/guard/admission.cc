#include "exitnode/guard/admission.h"

#include <string>

namespace lifeboat::exitnode {

IpAddress SourceOf(const IpAddress& address) {
  if (address.is_v4()) return address;
  const auto prefix = IpAddress::FromBytes(address.ToBytes().substr(0, 8) + std::string(8, '\0'));
  return prefix.value_or(address);
}

bool Admission::TryEnter(const IpAddress& address, int extra) {
  if (inside_ >= most_) return false;
  const auto [source, added] = by_source_.try_emplace(SourceOf(address), 0);
  if (source->second >= most_per_source_ + extra) return false;
  ++source->second;
  ++inside_;
  return true;
}

void Admission::Leave(const IpAddress& address) {
  const auto source = by_source_.find(SourceOf(address));
  if (source == by_source_.end()) return;
  --inside_;
  if (--source->second == 0) by_source_.erase(source);
}

}  // namespace lifeboat::exitnode
