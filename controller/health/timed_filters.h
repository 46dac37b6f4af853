#ifndef LIFEBOAT_CONTROLLER_HEALTH_TIMED_FILTERS_H_
#define LIFEBOAT_CONTROLLER_HEALTH_TIMED_FILTERS_H_

#include <optional>
#include <string>

#include "base/clock.h"
#include "controller/health/health_rule.h"
#include "controller/health/sliced_count.h"
#include "controller/health/window_filters.h"

namespace lifeboat {

// Filters in which results weigh by when they came. The contract of each is its rule's.
class RateFilter {
 public:
  explicit RateFilter(const Rate& rule) : rule_(rule), recent_(rule.window) {}
  Health Push(Result result, Instant at);
  Health health() const { return health_; }
  // Once the window holds `minimum` results; no more after a gap that empties it.
  bool warm() const { return recent_.held() >= rule_.minimum; }
  std::string Words() const;

 private:
  Rate rule_;
  Health health_ = Health::kUnknown;
  SlicedCount recent_;
};

// Warm after two half-lives and three results: the first one alone would be the whole score. It
// starts over after a gap of eight half-lives, which leaves nothing of what was before.
class LeakyFilter {
 public:
  explicit LeakyFilter(const Leaky& rule) : rule_(rule) {}
  Health Push(Result result, Instant at);
  Health health() const { return health_; }
  bool warm() const { return warm_; }
  std::string Words() const;

 private:
  double Score() const { return weight_ > 0 ? bad_weight_ / weight_ : 0; }

  Leaky rule_;
  Health health_ = Health::kUnknown;
  bool warm_ = false;
  int results_ = 0;  // since it began; at most 3
  double weight_ = 0;
  double bad_weight_ = 0;
  Instant began_;
  Instant last_;
};

// Warm once it has seen a good result, or waited for one as long as its rule says.
class SilenceFilter {
 public:
  explicit SilenceFilter(const Silence& rule) : rule_(rule) {}
  Health Push(Result result, Instant at);
  Health health() const { return health_; }
  bool warm() const { return health_ != Health::kUnknown; }
  std::string Words() const;

 private:
  Silence rule_;
  Health health_ = Health::kUnknown;
  std::optional<Instant> good_at_;  // or when the first result came
  Instant last_;
};

class EjectionFilter {
 public:
  explicit EjectionFilter(const Ejection& rule) : rule_(rule) {}
  Health Push(Result result, Instant at);
  Health health() const { return health_; }
  bool warm() const { return held_ >= rule_.fall; }
  std::string Words() const;

 private:
  void Eject(Instant at);
  void Return(Instant at);
  void Forgive(Instant at);

  Ejection rule_;
  Health health_ = Health::kUnknown;
  int held_ = 0;     // at most fall
  int bad_run_ = 0;  // likewise
  int times_ = 0;    // at most what makes the longest ejection
  Instant until_;    // of the ejection
  Instant forgiven_at_;
};

}  // namespace lifeboat

#endif  // LIFEBOAT_CONTROLLER_HEALTH_TIMED_FILTERS_H_
