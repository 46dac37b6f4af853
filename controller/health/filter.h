#ifndef LIFEBOAT_CONTROLLER_HEALTH_FILTER_H_
#define LIFEBOAT_CONTROLLER_HEALTH_FILTER_H_

#include <string>
#include <variant>

#include "base/clock.h"
#include "controller/health/health_rule.h"
#include "controller/health/timed_filters.h"
#include "controller/health/window_filters.h"

namespace lifeboat {

// Turns one vantage's results on one path into kUp or kDown, by any rule. A value: nothing is
// allocated, and what it holds is bounded whatever comes.
class Filter {
 public:
  explicit Filter(const FilterRule& rule);

  // Takes the next result, the oldest first, and returns the health that follows. kUnknown until it
  // has seen enough to be sure; a rule may be sure of kDown before it is warm.
  Health Push(Result result, Instant at) {
    return std::visit([&](auto& filter) { return filter.Push(result, at); }, filter_);
  }
  Health health() const {
    return std::visit([](const auto& filter) { return filter.health(); }, filter_);
  }
  // Whether it holds a full window: before that a vantage abstains (warming).
  bool warm() const {
    return std::visit([](const auto& filter) { return filter.warm(); }, filter_);
  }
  // Where it stands, for people: "3 of the last 4 bad"; "2 of 4 results" while it is not warm.
  std::string Words() const {
    return std::visit([](const auto& filter) { return filter.Words(); }, filter_);
  }

 private:
  std::variant<KOfNFilter, RunFilter, RateFilter, LeakyFilter, SilenceFilter, EjectionFilter>
      filter_;
};

}  // namespace lifeboat

#endif  // LIFEBOAT_CONTROLLER_HEALTH_FILTER_H_
