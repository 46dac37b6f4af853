#include "base/program.h"

#include <vector>

#include "base/version.h"

namespace lifeboat {

int RunProgram(const Program& program, int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (arguments.size() == 1 && arguments[0] == "version") {
    std::cout << program.name << " " << kVersion << "\n";
    return 0;
  }
  if (arguments.size() == 2 && arguments[0] == "--config") return program.run(arguments[1]);
  if (arguments.size() == 2 && arguments[0] == "check") return program.check(arguments[1]);
  std::cerr << "usage: " << program.name << " --config FILE | check FILE | version\n";
  return kExitUsage;
}

}  // namespace lifeboat
