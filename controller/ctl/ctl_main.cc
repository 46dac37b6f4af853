#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "base/clock.h"
#include "controller/ctl/program.h"

int main(int argc, char** argv) {
  const lifeboat::SystemClock clock;
  // What gRPC has to say of a failed call is said by us, in words; GRPC_VERBOSITY brings it back.
  setenv("GRPC_VERBOSITY", "NONE", 0);
  std::signal(SIGPIPE, SIG_DFL);  // `lifeboatctl events | head` ends quietly
  return lifeboat::ctl::RunProgram(
      std::vector<std::string>(argv + 1, argv + argc),
      {.out = std::cout, .err = std::cerr, .clock = clock, .out_is_terminal = isatty(1) == 1});
}
