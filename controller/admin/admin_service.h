#ifndef LIFEBOAT_CONTROLLER_ADMIN_ADMIN_SERVICE_H_
#define LIFEBOAT_CONTROLLER_ADMIN_ADMIN_SERVICE_H_

#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/log.h"
#include "controller/admin/authority.h"
#include "controller/admin/view_source.h"
#include "controller/admin/watchers.h"
#include "controller/admin/worker_pool.h"
#include "controller/failover/controls.h"
#include "proto/lifeboat/v1/admin.grpc.pb.h"

namespace lifeboat {

// What people ask of a running controller, over gRPC: see admin.proto. Who calls comes from the
// certificate, what they may do from `operators`. What may block is done on threads of its own.
class AdminService final : public v1::AdminService::CallbackService {
 public:
  // `controls`, `clock` and `log` outlive this; this outlives the server.
  AdminService(Controls& controls, std::string trust_domain, admin::Operators operators,
               const Clock& clock, Log& log);

  grpc::ServerUnaryReactor* GetStatus(grpc::CallbackServerContext* context,
                                      const v1::GetStatusRequest* request,
                                      v1::StatusView* response) override;
  grpc::ServerWriteReactor<v1::StatusView>* WatchStatus(
      grpc::CallbackServerContext* context, const v1::WatchStatusRequest* request) override;
  grpc::ServerUnaryReactor* Explain(grpc::CallbackServerContext* context,
                                    const v1::ExplainRequest* request,
                                    v1::ExplainResponse* response) override;
  grpc::ServerUnaryReactor* ListEvents(grpc::CallbackServerContext* context,
                                       const v1::ListEventsRequest* request,
                                       v1::ListEventsResponse* response) override;
  grpc::ServerWriteReactor<v1::EventView>* WatchEvents(
      grpc::CallbackServerContext* context, const v1::WatchEventsRequest* request) override;
  grpc::ServerUnaryReactor* Failover(grpc::CallbackServerContext* context,
                                     const v1::FailoverRequest* request,
                                     v1::MoveResponse* response) override;
  grpc::ServerUnaryReactor* Failback(grpc::CallbackServerContext* context,
                                     const v1::FailbackRequest* request,
                                     v1::MoveResponse* response) override;
  grpc::ServerUnaryReactor* Pause(grpc::CallbackServerContext* context,
                                  const v1::PauseRequest* request,
                                  v1::PauseResponse* response) override;
  grpc::ServerUnaryReactor* Resume(grpc::CallbackServerContext* context,
                                   const v1::ResumeRequest* request,
                                   v1::ResumeResponse* response) override;
  grpc::ServerUnaryReactor* Ack(grpc::CallbackServerContext* context, const v1::AckRequest* request,
                                v1::AckResponse* response) override;
  grpc::ServerUnaryReactor* RaiseEpoch(grpc::CallbackServerContext* context,
                                       const v1::RaiseEpochRequest* request,
                                       v1::RaiseEpochResponse* response) override;

 private:
  // What is done for `who` once they may.
  using Work = std::function<absl::Status(const std::string& who)>;

  absl::StatusOr<std::string> Caller(const grpc::CallbackServerContext& context,
                                     config::OperatorRole needed, absl::string_view verb) const;
  // Does `work` on a worker, if the caller has the role.
  grpc::ServerUnaryReactor* Look(grpc::CallbackServerContext* context, absl::string_view verb,
                                 Work work);
  // The same for what changes something: wants a reason, and is logged.
  grpc::ServerUnaryReactor* Act(grpc::CallbackServerContext* context, config::OperatorRole needed,
                                absl::string_view verb, const std::string& service,
                                const std::string& reason, Work work);
  grpc::ServerUnaryReactor* Hand(grpc::CallbackServerContext* context,
                                 std::function<absl::Status()> work);
  absl::Status SetPaused(const std::string& service, bool all, bool paused,
                         const std::string& reason, const std::string& who);
  absl::Time Since(bool given, const google::protobuf::Duration& since) const;

  Controls& controls_;
  const std::string trust_domain_;
  const admin::Operators operators_;
  const Clock& clock_;
  Log& log_;
  admin::ViewSource views_;
  admin::WorkerPool workers_;
  admin::Watchers watchers_;
};

}  // namespace lifeboat

#endif  // LIFEBOAT_CONTROLLER_ADMIN_ADMIN_SERVICE_H_
