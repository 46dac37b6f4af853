#ifndef LIFEBOAT_CONTROLLER_CONFIG_POLICY_FILE_H_
#define LIFEBOAT_CONTROLLER_CONFIG_POLICY_FILE_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "controller/config/config.h"

// A policy in a file of its own: the keys of a service in the controller's configuration that say
// how it is judged, at the top of the file.
namespace lifeboat::config {

// What such a file says; what it does not say is the configuration's default.
struct PolicyFile {
  std::vector<std::string> given;  // keys
  Health health;
  HealthRule rule;
  QuorumPolicy quorum;
  SafetySettings safety;
  std::optional<absl::Duration> ttl, clean_for, intent_expires_after;
  int errors = 0;        // above 0: the values are not to be used
  std::string findings;  // with line and caret; empty: none

  bool Gives(absl::string_view key) const;
};

// A policy that stands by itself. Judged against `vantages` and the file's own probes. A key that
// is no part of a policy is an error. Fails only where `path` cannot be read.
// `path` may also be a whole configuration of a controller: then its `service` is the policy, which
// need not be named where it is the only one. Without `path` it is the defaults.
absl::StatusOr<PolicyFile> ReadPolicyFile(const std::string& path,
                                          const std::vector<VantageSettings>& vantages,
                                          const std::string& service = "");

// The same for one that is put over a service which was probed each `interval`: only what it gives
// is judged, and it must give something that judges.
absl::StatusOr<PolicyFile> ReadOverrulingPolicy(const std::string& path,
                                                const std::vector<VantageSettings>& vantages,
                                                absl::Duration interval,
                                                const std::string& service = "");

// Whether a policy's `key` replaces a service's own: `filter`, `oscillation`, `quorum` and
// `safety`.
bool Overrules(absl::string_view key);
// Puts those that `policy` gives in the place of the service's, each as a whole. What else it gives
// says how a service is probed or how a move goes on.
void Overrule(const PolicyFile& policy, Service& service);

}  // namespace lifeboat::config

#endif  // LIFEBOAT_CONTROLLER_CONFIG_POLICY_FILE_H_
