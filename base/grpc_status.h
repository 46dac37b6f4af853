#ifndef LIFEBOAT_BASE_GRPC_STATUS_H_
#define LIFEBOAT_BASE_GRPC_STATUS_H_

#include "absl/status/status.h"
#include "grpcpp/support/status.h"

namespace lifeboat {

// The two kinds of status share their codes and the meaning of each. A code that a peer made up
// becomes UNKNOWN. gRPC's words for a connection that did not come about are unwrapped: whoever
// reads them wants the address and the reason.
grpc::Status ToGrpc(const absl::Status& status);
absl::Status FromGrpc(const grpc::Status& status);

}  // namespace lifeboat

#endif  // LIFEBOAT_BASE_GRPC_STATUS_H_
