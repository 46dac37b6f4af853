#include "controller/exits/exit_service.h"

#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/grpc_refusal.h"
#include "base/grpc_status.h"
#include "base/grpc_tls.h"
#include "base/mutex.h"
#include "base/status.h"

namespace lifeboat {
namespace {

namespace pb = lifeboat::v1;

using Reactor = grpc::ServerBidiReactor<pb::ExitReport, pb::ExitInstruction>;

}  // namespace

// One exit node's stream, read to its end. An instruction replaces the one before it whole, so of
// those that wait to be written only the newest is kept.
class ExitNodeService::Stream final : public Reactor {
 public:
  Stream(ExitNodeService& service, std::string exit, std::string address)
      : service_(service), exit_(std::move(exit)), address_(std::move(address)) {
    StartRead(&report_);
  }

  void OnReadDone(bool ok) override {
    if (!ok) return End();
    if (number_ == 0) {
      service_.log_.Info("exits", "connected", {{"exit", exit_}, {"from", address_}});
      number_ = service_.board_.Connect(
          exit_, address_, report_,
          [this](const pb::ExitInstruction& instruction) { Send(instruction); });
    } else {
      service_.board_.Report(exit_, number_, report_);
    }
    report_.Clear();
    StartRead(&report_);
  }

  void OnWriteDone(bool ok) override {
    MutexLock lock(mutex_);
    writing_.reset();
    if (ended_) return Finish(grpc::Status::OK);
    if (ok) WriteNext();
  }

  void OnDone() override { delete this; }

 private:
  // The board calls this under its lock, and never after Disconnect.
  void Send(const pb::ExitInstruction& instruction) {
    MutexLock lock(mutex_);
    if (ended_) return;
    waiting_ = instruction;
    if (!writing_) WriteNext();
  }

  void WriteNext() {
    if (!waiting_) return;
    writing_ = std::exchange(waiting_, std::nullopt);
    StartWrite(&*writing_);
  }

  void End() {
    if (number_ != 0) {
      service_.board_.Disconnect(exit_, number_);
      service_.log_.Info("exits", "disconnected", {{"exit", exit_}});
    }
    MutexLock lock(mutex_);
    ended_ = true;
    if (!writing_) Finish(grpc::Status::OK);
  }

  ExitNodeService& service_;
  const std::string exit_;
  const std::string address_;
  uint64_t number_ = 0;    // the board's number of this stream; reader only
  pb::ExitReport report_;  // reader only
  Mutex mutex_;
  std::optional<pb::ExitInstruction> waiting_ GUARDED_BY(mutex_);
  std::optional<pb::ExitInstruction> writing_ GUARDED_BY(mutex_);
  bool ended_ GUARDED_BY(mutex_) = false;
};

Reactor* ExitNodeService::Connect(grpc::CallbackServerContext* context) {
  const absl::StatusOr<Identity> peer =
      PeerIdentity(*context, {.trust_domain = trust_domain_, .roles = {Role::kExitNode}});
  absl::Status refused = peer.status();
  if (peer.ok() && !board_.Knows(peer->name)) {
    refused = absl::NotFoundError(absl::StrCat("the configuration names no exit node \"",
                                               peer->name, "\"; add it to `exits`"));
  }
  if (refused.ok()) return new Stream(*this, peer->name, context->peer());
  log_.Warning("exits", "refuses a caller", {{"peer", context->peer()}, {"why", Words(refused)}});
  return new Refusal<Reactor>(refused);
}

}  // namespace lifeboat
