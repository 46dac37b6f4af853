#ifndef LIFEBOAT_CONTROLLER_ADMIN_ACKNOWLEDGEMENT_H_
#define LIFEBOAT_CONTROLLER_ADMIN_ACKNOWLEDGEMENT_H_

#include <string>

#include "absl/status/statusor.h"
#include "controller/failover/controls.h"
#include "proto/lifeboat/v1/admin.pb.h"

namespace lifeboat::admin {

// Does what Ack is asked for, for `who` and with `reason`; errors as in admin.proto. May wait for
// the disk.
absl::StatusOr<v1::AckResponse> Acknowledge(const v1::AckRequest& request,
                                            const std::string& reason, const std::string& who,
                                            Controls& controls);

}  // namespace lifeboat::admin

#endif  // LIFEBOAT_CONTROLLER_ADMIN_ACKNOWLEDGEMENT_H_
