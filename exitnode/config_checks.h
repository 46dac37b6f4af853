#ifndef LIFEBOAT_EXITNODE_CONFIG_CHECKS_H_
#define LIFEBOAT_EXITNODE_CONFIG_CHECKS_H_

#include <string>

#include "base/address.h"
#include "base/yaml_document.h"

// What exit node and connector check in the same way. Findings go to the document, under `key`.
namespace lifeboat::exitnode {

// `path` as seen from the configuration file.
std::string BesideFile(const std::string& config_path, const std::string& path);

HostPort CheckHostPort(const std::string& key, const std::string& given, YamlDocument& document);

// The address of the page of figures; empty for "off".
std::string CheckHttp(const std::string& given, const char* otherwise, YamlDocument& document);

}  // namespace lifeboat::exitnode

#endif  // LIFEBOAT_EXITNODE_CONFIG_CHECKS_H_
