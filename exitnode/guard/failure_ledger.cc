#include "exitnode/guard/failure_ledger.h"

#include "exitnode/guard/admission.h"

namespace lifeboat::exitnode {

uint64_t FailureLedger::Count(const IpAddress& address) {
  const IpAddress source = SourceOf(address);
  if (failures_.size() >= kMostSources && !failures_.contains(source)) failures_.clear();
  return ++failures_[source];
}

bool IsWorthTelling(uint64_t n) {
  while (n % 10 == 0 && n > 0) n /= 10;
  return n == 1;
}

}  // namespace lifeboat::exitnode
