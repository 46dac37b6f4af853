#ifndef LIFEBOAT_CONTROLLER_CTL_DIAGNOSIS_H_
#define LIFEBOAT_CONTROLLER_CTL_DIAGNOSIS_H_

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "base/tls.h"

namespace lifeboat::ctl {

// Why `target`, "host:port", could not be asked: goes the way anew, step by step, and says how far
// it came (resolve, connect, TLS, authorise), who the other side is, and what to try. Blocks for at
// most about `limit` a step.
//   UNAVAILABLE        no way there: not resolved, not connected, nobody who speaks TLS
//   UNAUTHENTICATED    one side does not accept the other's certificate
//   PERMISSION_DENIED  whoever listens there is no controller
//   OK                 all steps work now
absl::Status Diagnose(const std::string& target, const LoadedIdentity& identity,
                      absl::Duration limit);

}  // namespace lifeboat::ctl

#endif  // LIFEBOAT_CONTROLLER_CTL_DIAGNOSIS_H_
