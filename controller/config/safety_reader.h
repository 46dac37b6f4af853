#ifndef LIFEBOAT_CONTROLLER_CONFIG_SAFETY_READER_H_
#define LIFEBOAT_CONTROLLER_CONFIG_SAFETY_READER_H_

#include <string>
#include <vector>

#include "controller/config/config.h"
#include "controller/config/values.h"
#include "controller/failover/safety.h"
#include "google/protobuf/repeated_field.h"
#include "proto/lifeboat/v1/config.pb.h"

// What a move must respect, whatever the votes say.
namespace lifeboat::config {

// Windows that make no sense are findings, and left out.
std::vector<MaintenanceWindow> ReadMaintenance(
    const Reading& reading, const std::string& key,
    const google::protobuf::RepeatedPtrField<v1::MaintenanceConfig>& windows);

// The service's own safety, priority and windows; its exits and levers are resolved already. `key`
// is the service's.
void ReadSafety(const Reading& reading, const std::string& key, const v1::ServiceConfig& proto,
                const Config& config, Service& service);

}  // namespace lifeboat::config

#endif  // LIFEBOAT_CONTROLLER_CONFIG_SAFETY_READER_H_
