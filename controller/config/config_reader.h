#ifndef LIFEBOAT_CONTROLLER_CONFIG_CONFIG_READER_H_
#define LIFEBOAT_CONTROLLER_CONFIG_CONFIG_READER_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "controller/config/config.h"

namespace lifeboat::config {

// What a configuration file says, and what is wrong with it.
struct ConfigFile {
  std::optional<Config> config;  // nothing where there is an error
  int errors = 0;
  int warnings = 0;
  // Every finding with its line and a caret, then "2 errors, 1 warning"; empty: none.
  std::string findings;
};

// Reads the controller's configuration and the secret files that it names, and opens nothing else:
// `lifeboatctl check` says what the controller would. Fails only where `path` cannot be read.
absl::StatusOr<ConfigFile> ReadConfigFile(const std::string& path);

}  // namespace lifeboat::config

#endif  // LIFEBOAT_CONTROLLER_CONFIG_CONFIG_READER_H_
