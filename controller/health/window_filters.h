#ifndef LIFEBOAT_CONTROLLER_HEALTH_WINDOW_FILTERS_H_
#define LIFEBOAT_CONTROLLER_HEALTH_WINDOW_FILTERS_H_

#include <cstdint>
#include <string>

#include "base/clock.h"
#include "controller/health/health_rule.h"

namespace lifeboat {

// How one result looks to a filter; a slow one has served.
enum class Result { kGood, kSlow, kBad };

enum class Health { kUnknown, kUp, kDegraded, kDown };

// Filters that count results, however far apart they are. The contract of each is its rule's.
class KOfNFilter {
 public:
  explicit KOfNFilter(const KOfN& rule) : rule_(rule) {}
  Health Push(Result result, Instant at);
  Health health() const { return health_; }
  bool warm() const { return held_ >= rule_.n; }
  std::string Words() const;

 private:
  int Bad() const;

  KOfN rule_;
  Health health_ = Health::kUnknown;
  uint64_t bad_bits_ = 0;  // newest result in bit 0
  int held_ = 0;           // at most n
  int good_run_ = 0;       // at most recover
};

// Until it is warm and neither run was seen, a path that answered now and then is UP.
class RunFilter {
 public:
  explicit RunFilter(const Run& rule) : rule_(rule) {}
  Health Push(Result result, Instant at);
  Health health() const { return health_; }
  bool warm() const;
  std::string Words() const;

 private:
  Run rule_;
  Health health_ = Health::kUnknown;
  int held_ = 0;      // at most what makes it warm
  int run_ = 0;       // equal results at the end, at most fall or rise
  bool bad_ = false;  // what they are
};

}  // namespace lifeboat

#endif  // LIFEBOAT_CONTROLLER_HEALTH_WINDOW_FILTERS_H_
