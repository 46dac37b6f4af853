#ifndef LIFEBOAT_TESTS_SIMULATION_COURSE_H_
#define LIFEBOAT_TESTS_SIMULATION_COURSE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "tests/simulation/installation.h"

namespace lifeboat {

struct CourseResult {
  std::vector<std::string> violations;
  double service_days = 0;
  int moves = 0;
  int moves_by_itself = 0;
  uint64_t observations = 0;
  uint64_t digest = 0;
};

// The days of one seed: an installation is drawn, things befall it, it is calmed, and what must be
// so at rest is looked at. The same seed, mix and days give the same result, byte for byte.
struct CourseOptions {
  uint64_t seed = 1;
  Mix mix = Mix::kStorm;
  absl::Duration days = absl::Hours(24);
  bool digests = false;
  bool trace = false;     // prints every event
  bool ordinary = false;  // the ordinary installation instead of a drawn one
};
CourseResult RunCourse(const CourseOptions& options);

}  // namespace lifeboat

#endif  // LIFEBOAT_TESTS_SIMULATION_COURSE_H_
