#include "controller/health/window_filters.h"

#include <algorithm>
#include <bit>

#include "absl/strings/str_cat.h"

namespace lifeboat {

int KOfNFilter::Bad() const {
  if (bad_bits_ == 0) return 0;  // nearly always, and to count bits is a call
  const uint64_t window = rule_.n >= 64 ? ~uint64_t{0} : (uint64_t{1} << rule_.n) - 1;
  return std::popcount(bad_bits_ & window);
}

Health KOfNFilter::Push(Result result, Instant) {
  const bool bad = result == Result::kBad;
  bad_bits_ = bad_bits_ << 1 | static_cast<uint64_t>(bad);
  held_ = std::min(held_ + 1, rule_.n);
  good_run_ = bad ? 0 : std::min(good_run_ + 1, rule_.recover);
  if (Bad() >= rule_.k) {
    health_ = Health::kDown;
  } else if (health_ == Health::kDown) {
    if (good_run_ >= rule_.recover) health_ = Health::kUp;
  } else if (warm()) {
    health_ = Health::kUp;
  }
  return health_;
}

std::string KOfNFilter::Words() const {
  if (!warm()) return absl::StrCat(held_, " of ", rule_.n, " results");
  std::string words = absl::StrCat(Bad(), " of the last ", rule_.n, " bad");
  if (health_ == Health::kDown && Bad() < rule_.k) {
    absl::StrAppend(&words, ", ", good_run_, " of ", rule_.recover, " good ones in a row");
  }
  return words;
}

bool RunFilter::warm() const { return held_ >= std::max(rule_.fall, rule_.rise); }

Health RunFilter::Push(Result result, Instant) {
  const bool bad = result == Result::kBad;
  const int enough = bad ? rule_.fall : rule_.rise;
  run_ = bad == bad_ ? std::min(run_ + 1, enough) : 1;
  bad_ = bad;
  held_ = std::min(held_ + 1, std::max(rule_.fall, rule_.rise));
  if (run_ >= enough) {
    health_ = bad ? Health::kDown : Health::kUp;
  } else if (warm() && health_ == Health::kUnknown) {
    health_ = Health::kUp;
  }
  return health_;
}

std::string RunFilter::Words() const {
  if (!warm()) {
    return absl::StrCat(held_, " of ", std::max(rule_.fall, rule_.rise), " results");
  }
  return absl::StrCat(bad_ ? run_ : 0, " of ", rule_.fall, " bad in a row, ", bad_ ? 0 : run_,
                      " of ", rule_.rise, " good");
}

}  // namespace lifeboat
