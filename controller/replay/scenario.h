#ifndef LIFEBOAT_CONTROLLER_REPLAY_SCENARIO_H_
#define LIFEBOAT_CONTROLLER_REPLAY_SCENARIO_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "controller/failover/sight.h"
#include "controller/health/health_rule.h"
#include "proto/lifeboat/v1/config.pb.h"
#include "proto/lifeboat/v1/scenario.pb.h"

namespace lifeboat {

// What a file says, or what is wrong with it: every mistake with its line.
template <typename Value>
struct FileOf {
  std::optional<Value> value;  // nothing where there is an error
  std::string findings;
};

// A checked scenario: every default filled in, rows in the order of time, repetitions unrolled.
struct Scenario {
  std::string file;
  lifeboat::v1::Scenario said;
  absl::Time start;
  absl::Duration runs_for;
};

// How a service is judged: the keys of a service in the controller's configuration that say so.
struct ReplayPolicy {
  std::string name;
  HealthRule rule;
  QuorumPolicy quorum;
  SafetySettings safety;
  absl::Duration interval, timeout;
  absl::Duration ttl;
  absl::Duration clean_for;
  absl::Duration intent_expires_after;
};

// Fail only where `path` cannot be read.
absl::StatusOr<FileOf<Scenario>> ReadScenario(const std::string& path);
// Judged against the vantages of `scenario`. `service` is the one meant where `path` is a
// controller's configuration; without `path` it is the defaults.
absl::StatusOr<FileOf<ReplayPolicy>> ReadReplayPolicy(const std::string& path,
                                                      const Scenario& scenario,
                                                      const std::string& service = "");
// The configuration's own defaults.
ReplayPolicy DefaultReplayPolicy();

}  // namespace lifeboat

#endif  // LIFEBOAT_CONTROLLER_REPLAY_SCENARIO_H_
