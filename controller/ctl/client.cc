#include "controller/ctl/client.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/grpc_tls.h"
#include "base/status.h"
#include "controller/ctl/diagnosis.h"

namespace lifeboat::ctl {

absl::StatusOr<std::unique_ptr<Client>> Client::Make(const Settings& settings, const Clock& clock,
                                                     absl::Duration timeout) {
  const auto identity = LoadIdentity(settings.identity, clock.WallNow());
  if (!identity.ok()) return absl::UnauthenticatedError(Words(identity.status()));
  return std::unique_ptr<Client>(new Client(settings, *identity, timeout));
}

Client::Client(const Settings& settings, LoadedIdentity identity, absl::Duration timeout)
    : identity_(std::move(identity)), timeout_(timeout) {
  const PeerPolicy policy{.trust_domain = identity_.identity.trust_domain,
                          .roles = {Role::kController}};
  const auto credentials = ClientCredentials(settings.identity, policy);
  for (const std::string& target : settings.controllers) {
    controllers_.push_back({target, NewChannel(target, credentials)});
  }
}

void Client::SetDeadline(grpc::ClientContext& context) const {
  context.set_deadline(std::chrono::system_clock::now() + absl::ToChronoMilliseconds(timeout_));
}

// gRPC folds every trouble on the way into one word; the way itself tells which it was.
absl::Status Client::Unreached(const std::string& controller, const grpc::Status& status) const {
  const absl::Duration limit = std::min(timeout_, absl::Seconds(5));
  const absl::Status diagnosis = Diagnose(controller, identity_, limit);
  if (!diagnosis.ok()) return diagnosis;
  return absl::UnavailableError(absl::StrCat(controller,
                                             ": the way there works now, but the "
                                             "question failed: ",
                                             status.error_message()));
}

absl::Status Client::TryEach(const Attempt& attempt) {
  std::vector<std::string> reasons;
  absl::Status last;
  unreachable_ = false;
  for (const Controller& controller : controllers_) {
    const auto stub = v1::AdminService::NewStub(controller.channel);
    grpc::ClientContext context;
    bool heard = false;
    const grpc::Status status = attempt(*stub, context, &heard);
    const bool connected = controller.channel->GetState(false) == GRPC_CHANNEL_READY;
    const bool on_the_way = status.error_code() == grpc::StatusCode::UNAVAILABLE ||
                            status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED;
    if (status.ok() || heard || connected || !on_the_way) return FromGrpc(status);
    last = Unreached(controller.target, status);
    reasons.push_back(Words(last));
  }
  unreachable_ = true;
  return absl::Status(last.code(), absl::StrJoin(reasons, "\n  "));
}

}  // namespace lifeboat::ctl
