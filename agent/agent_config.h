#ifndef LIFEBOAT_AGENT_AGENT_CONFIG_H_
#define LIFEBOAT_AGENT_AGENT_CONFIG_H_

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/tls.h"

namespace lifeboat::agent {

// The agent's configuration file, checked; paths are absolute or as the process finds them.
struct AgentConfig {
  TlsFiles identity;
  std::vector<std::string> controllers;  // "host:port", at least one
  std::string http;                      // "address:port"; empty: none
  size_t queue_limit = 100'000;
};

// What reading gave: a configuration unless there were errors, and all findings in words.
struct AgentConfigFile {
  std::optional<AgentConfig> config;
  std::string findings;  // with file, line and key; empty where nothing was found
};

// Fails only where the file at `path` cannot be read.
absl::StatusOr<AgentConfigFile> ReadAgentConfig(const std::string& path);

}  // namespace lifeboat::agent

#endif  // LIFEBOAT_AGENT_AGENT_CONFIG_H_
