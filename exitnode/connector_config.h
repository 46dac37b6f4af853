#ifndef LIFEBOAT_EXITNODE_CONNECTOR_CONFIG_H_
#define LIFEBOAT_EXITNODE_CONNECTOR_CONFIG_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "exitnode/connector/connector.h"
#include "exitnode/connector/echo_server.h"

namespace lifeboat::exitnode {

// The origin echo of one service.
struct ConnectorEcho {
  std::string service;
  std::string key;                      // secret
  std::vector<EchoListener> listeners;  // at least one, a path each
};

// The connector's configuration file, checked, its token and key files read.
struct ConnectorConfig {
  std::vector<ConnectorExit> exits;        // at least one
  std::vector<ConnectorService> services;  // at least one
  std::vector<ConnectorEcho> echoes;       // of the services that have one
  std::string http;                        // "address:port"; empty: none
};

// What reading gave: a configuration unless there were errors, and all findings in words.
struct ConnectorConfigFile {
  std::optional<ConnectorConfig> config;
  std::string findings;  // with file, line and key; empty where nothing was found
};

// Fails only where the file at `path` cannot be read.
absl::StatusOr<ConnectorConfigFile> ReadConnectorConfig(const std::string& path);

}  // namespace lifeboat::exitnode

#endif  // LIFEBOAT_EXITNODE_CONNECTOR_CONFIG_H_
