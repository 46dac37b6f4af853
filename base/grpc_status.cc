#include "base/grpc_status.h"

#include <string>

namespace lifeboat {

grpc::Status ToGrpc(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  // status.code() has folded unknown codes into kUnknown already.
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()), std::string(status.message()));
}

absl::Status FromGrpc(const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  const bool known = status.error_code() > grpc::StatusCode::OK &&
                     status.error_code() <= grpc::StatusCode::UNAUTHENTICATED;
  const auto code =
      known ? static_cast<absl::StatusCode>(status.error_code()) : absl::StatusCode::kUnknown;
  return absl::Status(code, status.error_message());
}

}  // namespace lifeboat
