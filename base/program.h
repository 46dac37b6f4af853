#ifndef LIFEBOAT_BASE_PROGRAM_H_
#define LIFEBOAT_BASE_PROGRAM_H_

#include <functional>
#include <iostream>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "base/status.h"

namespace lifeboat {

inline constexpr int kExitFailed = 1;
inline constexpr int kExitUsage = 2;  // of the command line or the configuration

// What a program does with its configuration file. Both return the exit code.
struct Program {
  std::string name;  // "lifeboat-agent"
  std::function<int(const std::string& path)> run;
  std::function<int(const std::string& path)> check;  // as `run` would judge it, offline
};

// main of a program that is called as NAME --config FILE | check FILE | version.
int RunProgram(const Program& program, int argc, char** argv);

// The configuration in what reading a file gave; nothing if there is none. What was found goes to
// stderr.
template <typename ConfigFile>
auto TakeConfig(absl::StatusOr<ConfigFile> file) -> decltype(file->config) {
  if (!file.ok()) {
    std::cerr << Words(file.status()) << "\n";
    return {};
  }
  std::cerr << file->findings;
  return std::move(file->config);
}

}  // namespace lifeboat

#endif  // LIFEBOAT_BASE_PROGRAM_H_
