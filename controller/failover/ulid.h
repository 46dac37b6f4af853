#ifndef LIFEBOAT_CONTROLLER_FAILOVER_ULID_H_
#define LIFEBOAT_CONTROLLER_FAILOVER_ULID_H_

#include <string>

#include "absl/random/bit_gen_ref.h"
#include "absl/time/time.h"

namespace lifeboat {

// An id of 26 characters that sorts by `at` (milliseconds) and is random below it: the ULID of
// github.com/ulid/spec, 48 bits of time and 80 of `random` in Crockford's base 32.
std::string NewUlid(absl::Time at, absl::BitGenRef random);

// The same, but always above `last`, also within one millisecond or when the clock was set back.
std::string NextUlid(const std::string& last, absl::Time at, absl::BitGenRef random);

}  // namespace lifeboat

#endif  // LIFEBOAT_CONTROLLER_FAILOVER_ULID_H_
