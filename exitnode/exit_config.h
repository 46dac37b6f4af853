#ifndef LIFEBOAT_EXITNODE_EXIT_CONFIG_H_
#define LIFEBOAT_EXITNODE_EXIT_CONFIG_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/address.h"
#include "base/tls.h"

namespace lifeboat::exitnode {

// The exit node's configuration file, checked; paths are absolute or as the process finds them.
struct ExitConfig {
  TlsFiles identity;
  std::vector<std::string> controllers;  // "host:port", at least one
  std::string state_directory;
  Endpoint tunnel;  // where connectors dial in
  Endpoint knock;   // where vantages knock
  std::vector<IpAddress> visitor_addresses;
  std::string http;  // "address:port"; empty: none
};

// What reading gave: a configuration unless there were errors, and all findings in words.
struct ExitConfigFile {
  std::optional<ExitConfig> config;
  std::string findings;  // with file, line and key; empty where nothing was found
};

// Fails only where the file at `path` cannot be read.
absl::StatusOr<ExitConfigFile> ReadExitConfig(const std::string& path);

}  // namespace lifeboat::exitnode

#endif  // LIFEBOAT_EXITNODE_EXIT_CONFIG_H_
