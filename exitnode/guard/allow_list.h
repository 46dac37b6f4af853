#ifndef LIFEBOAT_EXITNODE_GUARD_ALLOW_LIST_H_
#define LIFEBOAT_EXITNODE_GUARD_ALLOW_LIST_H_

#include <cstddef>
#include <vector>

#include "absl/container/btree_map.h"
#include "base/address.h"
#include "base/clock.h"

namespace lifeboat::exitnode {

// The addresses that may pass in stand-by, each until its time is over. Every verb returns whether
// the addresses changed, so that the caller knows when to renew the filters made of them.
class AllowList {
 public:
  // So many fit the kernel's default limit on a socket's filter (see socket_filter.h).
  static constexpr size_t kMostAddresses = 128;

  // Lets `address` in until `until`, or renews it. When the list is full the one that would end
  // first gives way: whoever knocks holds a certificate of ours, and the newest knock is the one
  // that is about to be used.
  bool Admit(const IpAddress& address, Instant until);
  bool Withdraw(const IpAddress& address);
  bool ForgetExpired(Instant now);

  // In ascending order.
  std::vector<IpAddress> Addresses() const;
  size_t size() const { return until_.size(); }

 private:
  absl::btree_map<IpAddress, Instant> until_;
};

}  // namespace lifeboat::exitnode

#endif  // LIFEBOAT_EXITNODE_GUARD_ALLOW_LIST_H_
