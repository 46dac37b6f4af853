#ifndef LIFEBOAT_CONTROLLER_CONFIG_EDGE_READER_H_
#define LIFEBOAT_CONTROLLER_CONFIG_EDGE_READER_H_

#include <string>

#include "absl/strings/string_view.h"
#include "controller/config/config.h"
#include "controller/config/values.h"
#include "proto/lifeboat/v1/config.pb.h"

namespace lifeboat::config {

// What DNS says while the edge serves. Fills `service.edge_…`; reads its hostname.
void ReadEdge(const Reading& reading, const std::string& key, const v1::EdgeConfig& edge,
              Service& service);

// Whoever reaches the edge by one address family alone must reach `exit` too.
void CheckFamilies(const Reading& reading, const std::string& key, const Service& service,
                   const ExitNode& exit);

}  // namespace lifeboat::config

#endif  // LIFEBOAT_CONTROLLER_CONFIG_EDGE_READER_H_
