#ifndef LIFEBOAT_CONTROLLER_HEALTH_FILTER_H_
#define LIFEBOAT_CONTROLLER_HEALTH_FILTER_H_

#include <cstdint>

namespace lifeboat {

// DOWN once `k` of the last `n` results are bad; UP again after `recover` good ones in a row.
struct KOfN {
  int k = 3;
  int n = 4;  // at most 64
  int recover = 4;
};

// How one result looks to a filter.
enum class Result { kGood, kSlow, kBad };

enum class Health { kUnknown, kUp, kDegraded, kDown };

// Turns one vantage's results on one path into a health. kUnknown until it holds `n` results, or
// `k` bad ones, whichever the rule needs to be sure: see Push. kDegraded: not down, and `k` of the
// last `n` were slow or bad.
class KOfNFilter {
 public:
  explicit KOfNFilter(const KOfN& rule) : rule_(rule) {}

  // Takes the next result, oldest first, and returns the health that follows.
  Health Push(Result result);
  Health health() const { return health_; }
  // Whether it holds a full window: before that a vantage abstains (warming).
  bool warm() const { return held_ >= rule_.n; }
  int held() const { return held_; }
  // How many of the last `n` were bad; good ones in a row at the end.
  int bad() const;
  int good_run() const { return good_run_; }
  const KOfN& rule() const { return rule_; }

 private:
  KOfN rule_;
  uint64_t bad_bits_ = 0;   // newest result in bit 0
  uint64_t slow_bits_ = 0;  // slow or bad
  int held_ = 0;            // at most n
  int good_run_ = 0;
  Health health_ = Health::kUnknown;
};

}  // namespace lifeboat

#endif  // LIFEBOAT_CONTROLLER_HEALTH_FILTER_H_
