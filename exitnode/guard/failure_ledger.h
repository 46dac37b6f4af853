#ifndef LIFEBOAT_EXITNODE_GUARD_FAILURE_LEDGER_H_
#define LIFEBOAT_EXITNODE_GUARD_FAILURE_LEDGER_H_

#include <cstdint>

#include "absl/container/btree_map.h"
#include "base/address.h"

namespace lifeboat::exitnode {

// How often each source has failed to say who it is.
class FailureLedger {
 public:
  // With so many sources the ledger begins anew: a flood from everywhere must not cost memory.
  static constexpr size_t kMostSources = 4096;

  // Returns how often `address`'s source has failed, with this one.
  uint64_t Count(const IpAddress& address);

 private:
  absl::btree_map<IpAddress, uint64_t> failures_;
};

// Whether the n-th event of its kind is worth a log line: the 1st, 10th, 100th and so on.
bool IsWorthTelling(uint64_t n);

}  // namespace lifeboat::exitnode

#endif  // LIFEBOAT_EXITNODE_GUARD_FAILURE_LEDGER_H_
