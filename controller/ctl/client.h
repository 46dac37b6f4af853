#ifndef LIFEBOAT_CONTROLLER_CTL_CLIENT_H_
#define LIFEBOAT_CONTROLLER_CTL_CLIENT_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "base/clock_kicker.h"
#include "base/grpc_status.h"
#include "base/tls.h"
#include "controller/ctl/settings.h"
#include "grpcpp/channel.h"
#include "grpcpp/client_context.h"
#include "grpcpp/support/sync_stream.h"
#include "proto/lifeboat/v1/admin.grpc.pb.h"

namespace lifeboat::ctl {

// Asks controllers, one after another until one answers. What a controller answers, a refusal too,
// is the answer. Not thread-safe.
class Client {
 public:
  using Stub = v1::AdminService::Stub;

  // UNAUTHENTICATED where our own certificate will not do.
  static absl::StatusOr<std::unique_ptr<Client>> Make(const Settings& settings, const Clock& clock,
                                                      absl::Duration timeout);

  // One question, one answer. `*unreachable` tells whether no controller was reached; the status
  // then says of each how far the way led.
  template <typename Request, typename Response>
  absl::StatusOr<Response> Ask(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&,
                                                            Response*),
                               const Request& request) {
    Response response;
    const absl::Status status =
        TryEach([&](Stub& stub, grpc::ClientContext& context, bool* /*heard*/) {
          SetDeadline(context);
          return (stub.*method)(&context, request, &response);
        });
    if (!status.ok()) return status;
    return response;
  }

  // A stream: `take` gets each message, until it returns false or the stream ends. OK only in the
  // first case.
  template <typename Request, typename Response>
  absl::Status Watch(std::unique_ptr<grpc::ClientReader<Response>> (Stub::*method)(
                         grpc::ClientContext*, const Request&),
                     const Request& request, const std::function<bool(const Response&)>& take) {
    return TryEach([&](Stub& stub, grpc::ClientContext& context, bool* heard) {
      const std::unique_ptr<grpc::ClientReader<Response>> reader =
          (stub.*method)(&context, request);
      Response response;
      while (reader->Read(&response)) {
        *heard = true;
        if (!take(response)) {
          context.TryCancel();
          reader->Finish();
          return grpc::Status::OK;
        }
      }
      const grpc::Status status = reader->Finish();
      return status.ok() ? grpc::Status(grpc::StatusCode::UNAVAILABLE, "the controller ended it")
                         : status;
    });
  }

  // Whether the last question reached no controller at all.
  bool unreachable() const { return unreachable_; }

 private:
  Client(const Settings& settings, LoadedIdentity identity, absl::Duration timeout);

  using Attempt = std::function<grpc::Status(Stub&, grpc::ClientContext&, bool* heard)>;
  absl::Status TryEach(const Attempt& attempt);
  absl::Status Unreached(const std::string& controller, const grpc::Status& status) const;
  void SetDeadline(grpc::ClientContext& context) const;

  struct Controller {
    std::string target;
    std::shared_ptr<grpc::Channel> channel;
  };
  const ClockKicker kicker_;
  const LoadedIdentity identity_;
  const absl::Duration timeout_;
  std::vector<Controller> controllers_;
  bool unreachable_ = false;
};

}  // namespace lifeboat::ctl

#endif  // LIFEBOAT_CONTROLLER_CTL_CLIENT_H_
