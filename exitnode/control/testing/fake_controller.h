#ifndef LIFEBOAT_EXITNODE_CONTROL_TESTING_FAKE_CONTROLLER_H_
#define LIFEBOAT_EXITNODE_CONTROL_TESTING_FAKE_CONTROLLER_H_

#include <utility>
#include <vector>

#include "base/grpc_tls.h"
#include "base/mutex.h"
#include "proto/lifeboat/v1/exitnode.grpc.pb.h"

namespace lifeboat::exitnode {

// A controller that says what it is told to, and remembers the reports.
class FakeController final : public lifeboat::v1::ExitNodeService::Service {
 public:
  explicit FakeController(std::vector<lifeboat::v1::ExitInstruction> instructions)
      : instructions_(std::move(instructions)) {}

  grpc::Status Connect(grpc::ServerContext* context,
                       grpc::ServerReaderWriter<lifeboat::v1::ExitInstruction,
                                                lifeboat::v1::ExitReport>* stream) override {
    const auto peer = PeerIdentity(*context, {.trust_domain = "test", .roles = {Role::kExitNode}});
    if (!peer.ok()) return {grpc::StatusCode::PERMISSION_DENIED, "not an exit node"};
    lifeboat::v1::ExitReport report;
    if (!stream->Read(&report)) return grpc::Status::OK;
    Remember(report);
    for (const lifeboat::v1::ExitInstruction& instruction : instructions_)
      stream->Write(instruction);
    while (stream->Read(&report)) Remember(report);
    return grpc::Status::OK;
  }

  std::vector<lifeboat::v1::ExitReport> reports() const {
    MutexLock lock(mutex_);
    return reports_;
  }
  lifeboat::v1::ExitReport last() const {
    MutexLock lock(mutex_);
    return reports_.empty() ? lifeboat::v1::ExitReport() : reports_.back();
  }

 private:
  void Remember(const lifeboat::v1::ExitReport& report) {
    MutexLock lock(mutex_);
    reports_.push_back(report);
  }

  const std::vector<lifeboat::v1::ExitInstruction> instructions_;
  mutable Mutex mutex_;
  std::vector<lifeboat::v1::ExitReport> reports_ GUARDED_BY(mutex_);
};

}  // namespace lifeboat::exitnode

#endif  // LIFEBOAT_EXITNODE_CONTROL_TESTING_FAKE_CONTROLLER_H_
