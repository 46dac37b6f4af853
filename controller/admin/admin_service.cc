#include "controller/admin/admin_service.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/grpc_refusal.h"
#include "base/grpc_status.h"
#include "base/grpc_tls.h"
#include "base/status.h"
#include "controller/admin/acknowledgement.h"
#include "controller/admin/explanation.h"
#include "controller/admin/wire.h"

namespace lifeboat {
namespace {

using config::OperatorRole;

constexpr int kWorkers = 2;
constexpr size_t kMostWaiting = 256;
constexpr size_t kLongestReason = 500;
constexpr int kUsualEvents = 1000;
constexpr uint32_t kMostEvents = 10'000;

// A call that is answered at once. The default reactor is to be had once only.
grpc::ServerUnaryReactor* Finished(grpc::CallbackServerContext* context,
                                   const absl::Status& status) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(ToGrpc(status));
  return reactor;
}

absl::Status CheckReason(const std::string& reason) {
  if (reason.find_first_not_of(" \t\r\n") == std::string::npos) {
    return absl::InvalidArgumentError("a reason is missing: it goes to the journal");
  }
  if (reason.size() > kLongestReason) {
    return absl::InvalidArgumentError(
        absl::StrCat("the reason has ", reason.size(), " bytes, at most ", kLongestReason));
  }
  return absl::OkStatus();
}

}  // namespace

AdminService::AdminService(Controls& controls, std::string trust_domain, admin::Operators operators,
                           const Clock& clock, Log& log)
    : controls_(controls),
      trust_domain_(std::move(trust_domain)),
      operators_(std::move(operators)),
      clock_(clock),
      log_(log),
      views_(controls, clock),
      workers_(kWorkers, kMostWaiting),
      watchers_(controls, views_, workers_) {}

absl::StatusOr<std::string> AdminService::Caller(const grpc::CallbackServerContext& context,
                                                 OperatorRole needed,
                                                 absl::string_view verb) const {
  const auto person =
      PeerIdentity(context, {.trust_domain = trust_domain_, .roles = {Role::kPerson}});
  auto who = person.ok() ? admin::Authorise(operators_, *person, needed, verb) : person.status();
  if (!who.ok()) {
    log_.Warning("admin", "refuses a caller",
                 {{"verb", verb}, {"peer", context.peer()}, {"why", Words(who.status())}});
  }
  return who;
}

grpc::ServerUnaryReactor* AdminService::Hand(grpc::CallbackServerContext* context,
                                             std::function<absl::Status()> work) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  const bool handed =
      workers_.Do([reactor, work = std::move(work)] { reactor->Finish(ToGrpc(work())); });
  if (!handed) {
    reactor->Finish(ToGrpc(absl::ResourceExhaustedError("too many ask at once; try again")));
  }
  return reactor;
}

grpc::ServerUnaryReactor* AdminService::Look(grpc::CallbackServerContext* context,
                                             absl::string_view verb, Work work) {
  const auto who = Caller(*context, OperatorRole::kViewer, verb);
  if (!who.ok()) return Finished(context, who.status());
  return Hand(context, [work = std::move(work), who = *who] { return work(who); });
}

grpc::ServerUnaryReactor* AdminService::Act(grpc::CallbackServerContext* context,
                                            OperatorRole needed, absl::string_view verb,
                                            const std::string& service, const std::string& reason,
                                            Work work) {
  const auto who = Caller(*context, needed, verb);
  if (!who.ok()) return Finished(context, who.status());
  if (const absl::Status may = CheckReason(reason); !may.ok()) {
    log_.Warning("admin", absl::StrCat(verb, " refused"),
                 {{"service", service}, {"why", Words(may)}});
    return Finished(context, may);
  }
  return Hand(context, [this, work = std::move(work), who = *who, verb = std::string(verb), service,
                        reason] {
    const absl::Status done = work(who);
    log_.Info("admin", verb,
              {{"who", who}, {"service", service}, {"reason", reason}, {"answer", Words(done)}});
    return done;
  });
}

absl::Time AdminService::Since(bool given, const google::protobuf::Duration& since) const {
  return given ? clock_.WallNow() - admin::FromProto(since) : absl::InfinitePast();
}

grpc::ServerUnaryReactor* AdminService::GetStatus(grpc::CallbackServerContext* context,
                                                  const v1::GetStatusRequest*,
                                                  v1::StatusView* response) {
  const auto who = Caller(*context, OperatorRole::kViewer, "GetStatus");
  if (who.ok()) *response = *views_.Current();
  return Finished(context, who.status());
}

grpc::ServerWriteReactor<v1::StatusView>* AdminService::WatchStatus(
    grpc::CallbackServerContext* context, const v1::WatchStatusRequest*) {
  const auto who = Caller(*context, OperatorRole::kViewer, "WatchStatus");
  if (!who.ok()) return new Refusal<grpc::ServerWriteReactor<v1::StatusView>>(who.status());
  return watchers_.WatchStatus();
}

grpc::ServerUnaryReactor* AdminService::Explain(grpc::CallbackServerContext* context,
                                                const v1::ExplainRequest* request,
                                                v1::ExplainResponse* response) {
  return Look(context, "Explain", [this, request, response](const std::string&) -> absl::Status {
    ASSIGN_OR_RETURN(*response, admin::Explain(*request, *views_.Current(), controls_));
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* AdminService::ListEvents(grpc::CallbackServerContext* context,
                                                   const v1::ListEventsRequest* request,
                                                   v1::ListEventsResponse* response) {
  return Look(context, "ListEvents", [this, request, response](const std::string&) -> absl::Status {
    EventQuery query;
    query.service = request->service();
    query.after_id = request->after_id();
    query.since = Since(request->has_since(), request->since());
    query.brief = true;
    query.limit = request->limit() == 0 ? kUsualEvents
                                        : static_cast<int>(std::min(request->limit(), kMostEvents));
    ASSIGN_OR_RETURN(const std::vector<Event> events, controls_.Events(query));
    for (const Event& event : events) *response->add_events() = admin::ToProto(event);
    return absl::OkStatus();
  });
}

grpc::ServerWriteReactor<v1::EventView>* AdminService::WatchEvents(
    grpc::CallbackServerContext* context, const v1::WatchEventsRequest* request) {
  const auto who = Caller(*context, OperatorRole::kViewer, "WatchEvents");
  if (!who.ok()) return new Refusal<grpc::ServerWriteReactor<v1::EventView>>(who.status());
  EventQuery query;
  query.service = request->service();
  query.after_id = request->after_id();
  query.brief = true;
  query.since = request->has_since()          ? Since(true, request->since())
                : request->after_id().empty() ? clock_.WallNow()
                                              : absl::InfinitePast();
  return watchers_.WatchEvents(std::move(query));
}

grpc::ServerUnaryReactor* AdminService::Failover(grpc::CallbackServerContext* context,
                                                 const v1::FailoverRequest* request,
                                                 v1::MoveResponse* response) {
  return Act(context, OperatorRole::kOperator, "Failover", request->service(), request->reason(),
             [this, request, response](const std::string& who) -> absl::Status {
               ASSIGN_OR_RETURN(
                   *response->mutable_move_id(),
                   controls_.Failover(request->service(), request->exit(), request->reason(), who));
               return absl::OkStatus();
             });
}

grpc::ServerUnaryReactor* AdminService::Failback(grpc::CallbackServerContext* context,
                                                 const v1::FailbackRequest* request,
                                                 v1::MoveResponse* response) {
  return Act(context, OperatorRole::kOperator, "Failback", request->service(), request->reason(),
             [this, request, response](const std::string& who) -> absl::Status {
               ASSIGN_OR_RETURN(*response->mutable_move_id(),
                                controls_.Failback(request->service(), request->force(),
                                                   request->reason(), who));
               return absl::OkStatus();
             });
}

grpc::ServerUnaryReactor* AdminService::Pause(grpc::CallbackServerContext* context,
                                              const v1::PauseRequest* request, v1::PauseResponse*) {
  return Act(context, OperatorRole::kOperator, "Pause", request->service(), request->reason(),
             [this, request](const std::string& who) {
               return SetPaused(request->service(), request->all(), true, request->reason(), who);
             });
}

grpc::ServerUnaryReactor* AdminService::Resume(grpc::CallbackServerContext* context,
                                               const v1::ResumeRequest* request,
                                               v1::ResumeResponse*) {
  return Act(context, OperatorRole::kOperator, "Resume", request->service(), request->reason(),
             [this, request](const std::string& who) {
               return SetPaused(request->service(), request->all(), false, request->reason(), who);
             });
}

absl::Status AdminService::SetPaused(const std::string& service, bool all, bool paused,
                                     const std::string& reason, const std::string& who) {
  if (all && !service.empty()) {
    return absl::InvalidArgumentError("either one service or all of them");
  }
  return all ? controls_.PauseAll(paused, reason, who)
             : controls_.Pause(service, paused, reason, who);
}

grpc::ServerUnaryReactor* AdminService::Ack(grpc::CallbackServerContext* context,
                                            const v1::AckRequest* request,
                                            v1::AckResponse* response) {
  const std::string reason = request->reason().empty() ? "seen" : request->reason();
  const std::string& whom = request->service().empty() ? request->event() : request->service();
  return Act(context, OperatorRole::kOperator, "Ack", whom, reason,
             [this, request, reason, response](const std::string& who) -> absl::Status {
               ASSIGN_OR_RETURN(*response, admin::Acknowledge(*request, reason, who, controls_));
               return absl::OkStatus();
             });
}

grpc::ServerUnaryReactor* AdminService::RaiseEpoch(grpc::CallbackServerContext* context,
                                                   const v1::RaiseEpochRequest* request,
                                                   v1::RaiseEpochResponse* response) {
  return Act(context, OperatorRole::kAdmin, "RaiseEpoch", "", request->reason(),
             [this, request, response](const std::string& who) -> absl::Status {
               ASSIGN_OR_RETURN(const Epoch epoch, controls_.RaiseEpoch(request->reason(), who));
               *response->mutable_epoch() = admin::ToProto(epoch);
               return absl::OkStatus();
             });
}

}  // namespace lifeboat
