#ifndef LIFEBOAT_EXITNODE_TOTALS_H_
#define LIFEBOAT_EXITNODE_TOTALS_H_

#include <cstdint>

#include "base/metrics.h"

namespace lifeboat::exitnode {

// Brings a counter to a total that somebody else keeps. For one thread at a time.
inline void SetTotal(prometheus::Counter& counter, uint64_t total) {
  const double missing = static_cast<double>(total) - counter.Value();
  if (missing > 0) counter.Increment(missing);
}

}  // namespace lifeboat::exitnode

#endif  // LIFEBOAT_EXITNODE_TOTALS_H_
