#ifndef LIFEBOAT_CONTROLLER_CONFIG_FILTER_READER_H_
#define LIFEBOAT_CONTROLLER_CONFIG_FILTER_READER_H_

#include <string>

#include "absl/time/time.h"
#include "controller/config/values.h"
#include "controller/health/health_rule.h"
#include "proto/lifeboat/v1/config.pb.h"

namespace lifeboat::config {

// How results become a health: `filter` and `oscillation` of the service at `key`, which is probed
// each `interval`. A rule that this could never satisfy is an error.
HealthRule ReadHealthRule(const Reading& reading, const std::string& key,
                          const v1::ServiceConfig& service, absl::Duration interval);

}  // namespace lifeboat::config

#endif  // LIFEBOAT_CONTROLLER_CONFIG_FILTER_READER_H_
