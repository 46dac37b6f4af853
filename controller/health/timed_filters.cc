#include "controller/health/timed_filters.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace lifeboat {
namespace {

constexpr int kResultsOfLeaky = 3;
constexpr double kHalfLivesToWarm = 2, kHalfLivesToForget = 8;

}  // namespace

Health RateFilter::Push(Result result, Instant at) {
  recent_.Push(result == Result::kBad, at);
  if (!warm()) return health_;
  const double share = static_cast<double>(recent_.bad()) / recent_.held();
  return health_ = share >= rule_.threshold ? Health::kDown : Health::kUp;
}

std::string RateFilter::Words() const {
  if (!warm()) return absl::StrCat(recent_.held(), " of ", rule_.minimum, " results");
  return absl::StrCat(recent_.bad(), " of ", recent_.held(), " bad within ",
                      absl::FormatDuration(rule_.window));
}

Health LeakyFilter::Push(Result result, Instant at) {
  const double half_lives = absl::FDivDuration(at - last_, rule_.half_life);
  if (results_ == 0 || half_lives >= kHalfLivesToForget) {
    began_ = at;
    results_ = 0;
    warm_ = false;
    weight_ = bad_weight_ = 0;
  }
  const double left = results_ == 0 ? 0 : std::exp2(-half_lives);
  weight_ = weight_ * left + 1;
  bad_weight_ = bad_weight_ * left + (result == Result::kBad);
  last_ = at;
  results_ = std::min(results_ + 1, kResultsOfLeaky);
  warm_ =
      warm_ || (results_ >= kResultsOfLeaky && at - began_ >= kHalfLivesToWarm * rule_.half_life);
  if (!warm_) return health_;
  if (Score() >= rule_.trip) {
    health_ = Health::kDown;
  } else if (Score() <= rule_.clear || health_ == Health::kUnknown) {
    health_ = Health::kUp;
  }
  return health_;
}

std::string LeakyFilter::Words() const {
  if (!warm_) return absl::StrCat("first results of ", absl::FormatDuration(2 * rule_.half_life));
  return absl::StrFormat("score %.2f, down from %.2f, up from %.2f", Score(), rule_.trip,
                         rule_.clear);
}

Health SilenceFilter::Push(Result result, Instant at) {
  if (!good_at_) good_at_ = at;
  last_ = at;
  if (result != Result::kBad) {
    good_at_ = at;
    health_ = Health::kUp;
  } else if (at - *good_at_ > rule_.after) {
    health_ = Health::kDown;
  }
  return health_;
}

std::string SilenceFilter::Words() const {
  if (!good_at_) return "no result yet";
  return absl::StrCat("no good result for ",
                      absl::FormatDuration(absl::Trunc(last_ - *good_at_, absl::Seconds(1))),
                      ", down after ", absl::FormatDuration(rule_.after));
}

void EjectionFilter::Eject(Instant at) {
  const int most = static_cast<int>(absl::FDivDuration(rule_.most, rule_.base));
  times_ = std::min(times_ + 1, std::max(most, 1));
  until_ = at + std::min(times_ * rule_.base, rule_.most);
  health_ = Health::kDown;
}

void EjectionFilter::Return(Instant at) {
  health_ = Health::kUp;
  bad_run_ = 0;
  forgiven_at_ = at;
}

void EjectionFilter::Forgive(Instant at) {
  while (times_ > 0 && at - forgiven_at_ >= rule_.forgive) {
    --times_;
    forgiven_at_ = forgiven_at_ + rule_.forgive;
  }
}

Health EjectionFilter::Push(Result result, Instant at) {
  held_ = std::min(held_ + 1, rule_.fall);
  if (health_ == Health::kDown) {
    if (at < until_) return health_;
    Return(until_);
  }
  Forgive(at);
  bad_run_ = result == Result::kBad ? bad_run_ + 1 : 0;
  if (bad_run_ >= rule_.fall) {
    Eject(at);
  } else if (warm()) {
    health_ = Health::kUp;
  }
  return health_;
}

std::string EjectionFilter::Words() const {
  if (!warm()) return absl::StrCat(held_, " of ", rule_.fall, " results");
  if (health_ == Health::kDown) return absl::StrCat("ejected for the ", times_, ". time");
  return absl::StrCat(bad_run_, " of ", rule_.fall, " bad in a row");
}

}  // namespace lifeboat
