#ifndef LIFEBOAT_CONTROLLER_REPLAY_RANDOM_H_
#define LIFEBOAT_CONTROLLER_REPLAY_RANDOM_H_

#include <cstdint>
#include <random>

#include "absl/time/time.h"

namespace lifeboat {

// The one source of chance in a world: the same seed gives the same run on every machine, which
// the standard library's distributions do not promise.
class Random {
 public:
  using result_type = std::mt19937_64::result_type;
  explicit Random(uint64_t seed) : bits_(seed) {}

  static constexpr result_type min() { return std::mt19937_64::min(); }
  static constexpr result_type max() { return std::mt19937_64::max(); }
  result_type operator()() { return bits_(); }

  double Unit() { return static_cast<double>(bits_() >> 11) * 0x1.0p-53; }  // [0, 1)
  bool Chance(double probability) { return probability > 0 && Unit() < probability; }
  uint64_t Below(uint64_t end) { return end == 0 ? 0 : bits_() % end; }
  absl::Duration Between(absl::Duration low, absl::Duration high) {
    return low + Unit() * (high - low);
  }

 private:
  std::mt19937_64 bits_;
};

}  // namespace lifeboat

#endif  // LIFEBOAT_CONTROLLER_REPLAY_RANDOM_H_
