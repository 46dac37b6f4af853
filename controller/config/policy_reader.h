#ifndef LIFEBOAT_CONTROLLER_CONFIG_POLICY_READER_H_
#define LIFEBOAT_CONTROLLER_CONFIG_POLICY_READER_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "controller/config/config.h"
#include "controller/config/values.h"
#include "proto/lifeboat/v1/config.pb.h"

// When a probe is good, and when votes make a verdict.
namespace lifeboat::config {

Health ReadHealth(const Reading& reading, const std::string& key, const v1::HealthConfig& health);

// Judged against the vantages there are: a policy that they can never meet is an error, one that
// the loss of a single vantage leaves BLIND a warning.
QuorumPolicy ReadQuorum(const Reading& reading, const std::string& key,
                        const v1::QuorumConfig& quorum,
                        const std::vector<VantageSettings>& vantages);

}  // namespace lifeboat::config

#endif  // LIFEBOAT_CONTROLLER_CONFIG_POLICY_READER_H_
