#ifndef LIFEBOAT_EXITNODE_CONNECTOR_ECHO_CONFIG_H_
#define LIFEBOAT_EXITNODE_CONNECTOR_ECHO_CONFIG_H_

#include <string>
#include <vector>

#include "base/yaml_document.h"
#include "exitnode/connector_config.h"
#include "proto/lifeboat/v1/config.pb.h"

namespace lifeboat::exitnode {

// The origin echoes of `message`'s services, judged against the exits and services of `config`,
// which are checked already. Findings go to the document.
std::vector<ConnectorEcho> CheckEchoes(const v1::ConnectorConfig& message,
                                       const std::string& config_path,
                                       const ConnectorConfig& config, YamlDocument& document);

}  // namespace lifeboat::exitnode

#endif  // LIFEBOAT_EXITNODE_CONNECTOR_ECHO_CONFIG_H_
