#ifndef LIFEBOAT_CONTROLLER_CTL_PROGRAM_H_
#define LIFEBOAT_CONTROLLER_CTL_PROGRAM_H_

#include <ostream>
#include <string>
#include <vector>

#include "base/clock.h"
#include "controller/ctl/exit_code.h"

namespace lifeboat::ctl {

// Where lifeboatctl stands.
struct Surroundings {
  std::ostream& out;
  std::ostream& err;
  const Clock& clock;
  bool out_is_terminal = false;
};

// Runs lifeboatctl with `arguments` (without the program's name). A mistyped command or option is
// named, with what was probably meant, and ends in kUsage.
ExitCode RunProgram(const std::vector<std::string>& arguments, const Surroundings& surroundings);

}  // namespace lifeboat::ctl

#endif  // LIFEBOAT_CONTROLLER_CTL_PROGRAM_H_
