#ifndef LIFEBOAT_CONTROLLER_ADMIN_EXPLANATION_H_
#define LIFEBOAT_CONTROLLER_ADMIN_EXPLANATION_H_

#include "absl/status/statusor.h"
#include "controller/failover/controls.h"
#include "proto/lifeboat/v1/admin.pb.h"

namespace lifeboat::admin {

// What Explain answers, from the state `now` and the history; errors as in admin.proto. May wait
// for the disk.
absl::StatusOr<v1::ExplainResponse> Explain(const v1::ExplainRequest& request,
                                            const v1::StatusView& now, Controls& controls);

}  // namespace lifeboat::admin

#endif  // LIFEBOAT_CONTROLLER_ADMIN_EXPLANATION_H_
