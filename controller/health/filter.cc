#include "controller/health/filter.h"

#include <algorithm>
#include <bit>

namespace lifeboat {
namespace {

// The newest `n` bits; n is at most 64.
uint64_t Newest(uint64_t bits, int n) { return n >= 64 ? bits : bits & ((uint64_t{1} << n) - 1); }

}  // namespace

int KOfNFilter::bad() const { return std::popcount(Newest(bad_bits_, rule_.n)); }

Health KOfNFilter::Push(Result result) {
  bad_bits_ = bad_bits_ << 1 | (result == Result::kBad);
  slow_bits_ = slow_bits_ << 1 | (result != Result::kGood);
  held_ = std::min(held_ + 1, rule_.n);
  good_run_ = result == Result::kBad ? 0 : good_run_ + 1;

  if (bad() >= rule_.k) {
    health_ = Health::kDown;
  } else if (health_ == Health::kDown && good_run_ < rule_.recover) {
    health_ = Health::kDown;  // not until it has proved itself
  } else if (std::popcount(Newest(slow_bits_, rule_.n)) >= rule_.k) {
    health_ = Health::kDegraded;
  } else if (held_ >= rule_.n || health_ != Health::kUnknown) {
    health_ = Health::kUp;
  }
  return health_;
}

}  // namespace lifeboat
