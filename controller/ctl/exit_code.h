#ifndef LIFEBOAT_CONTROLLER_CTL_EXIT_CODE_H_
#define LIFEBOAT_CONTROLLER_CTL_EXIT_CODE_H_

#include "absl/status/status.h"

namespace lifeboat::ctl {

// What lifeboatctl ends with; docs/operations.md lists them for people.
enum ExitCode : int {
  kDone = 0,
  kFailed = 1,
  kUsage = 2,         // or the configuration
  kNotPermitted = 3,  // or not enrolled
  kUnreachable = 4,   // no controller
  kHeld = 5,          // a rule refuses it; the reason is printed
  kTimedOut = 6,      // what is missing is printed
  kInterrupted = 130,
};

// For an error that a controller answered.
ExitCode ExitCodeFor(const absl::Status& status);

}  // namespace lifeboat::ctl

#endif  // LIFEBOAT_CONTROLLER_CTL_EXIT_CODE_H_
