#ifndef LIFEBOAT_BASE_GRPC_REFUSAL_H_
#define LIFEBOAT_BASE_GRPC_REFUSAL_H_

#include "absl/status/status.h"
#include "base/grpc_status.h"

namespace lifeboat {

// A streaming call that is refused before it begins. `Reactor` is grpc::ServerBidiReactor,
// grpc::ServerWriteReactor or their like; make it with new, gRPC's last use deletes it.
template <typename Reactor>
class Refusal final : public Reactor {
 public:
  explicit Refusal(const absl::Status& status) { this->Finish(ToGrpc(status)); }
  void OnDone() override { delete this; }
};

}  // namespace lifeboat

#endif  // LIFEBOAT_BASE_GRPC_REFUSAL_H_
