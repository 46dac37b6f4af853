#ifndef LIFEBOAT_CONTROLLER_FAILOVER_EPOCH_H_
#define LIFEBOAT_CONTROLLER_FAILOVER_EPOCH_H_

#include <compare>
#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"

namespace lifeboat {

// The number of a controller's leadership; the contract is Epoch in types.proto. 0.0 is none.
struct Epoch {
  uint64_t generation = 0;
  uint64_t revision = 0;

  std::string ToString() const { return absl::StrCat(generation, ".", revision); }
  friend auto operator<=>(const Epoch&, const Epoch&) = default;
};

}  // namespace lifeboat

#endif  // LIFEBOAT_CONTROLLER_FAILOVER_EPOCH_H_
