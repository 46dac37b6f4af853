#ifndef LIFEBOAT_CONTROLLER_ADMIN_TESTING_ADMIN_SERVER_H_
#define LIFEBOAT_CONTROLLER_ADMIN_TESTING_ADMIN_SERVER_H_

#include <memory>
#include <string>
#include <utility>

#include "base/clock.h"
#include "base/clock_kicker.h"
#include "base/grpc_server.h"
#include "base/grpc_tls.h"
#include "base/testing/capture_log.h"
#include "base/testing/test_pki.h"
#include "controller/admin/admin_service.h"
#include "controller/admin/testing/fake_controls.h"
#include "controller/admin/testing/snapshots.h"
#include "gtest/gtest.h"

namespace lifeboat::admin {

// The admin API over real TLS on a port of the kernel's choice, before a controller in memory.
class AdminServer {
 public:
  explicit AdminServer(TestPki& pki, Operators operators = {}, Role role = Role::kController)
      : service_(controls, "test", std::move(operators), clock_, log) {
    auto credentials = ServerCredentials(pki.Issue(role, "home"), clock_, log);
    EXPECT_TRUE(credentials.ok()) << credentials.status();
    GrpcServerOptions options;
    options.accept.listen = "127.0.0.1:0";
    options.credentials = *credentials;
    auto server = GrpcServer::Start(std::move(options), {&service_}, clock_, log, registry_);
    EXPECT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }

  std::string address() const { return server_->local().ToString(); }
  // As when the controller ends: nobody listens any more.
  void Stop() { server_->Shutdown(absl::ZeroDuration()); }

  FakeControls controls{Fresh(AllWell())};
  CaptureLog log;

  // `snapshot` as of now: a golden one is as old as it likes.
  static Snapshot Fresh(Snapshot snapshot) {
    snapshot.now = SystemClock().Now();
    snapshot.wall = SystemClock().WallNow();
    return snapshot;
  }

 private:
  SystemClock clock_;
  ClockKicker kicker_;
  prometheus::Registry registry_;
  AdminService service_;
  std::unique_ptr<GrpcServer> server_;
};

}  // namespace lifeboat::admin

#endif  // LIFEBOAT_CONTROLLER_ADMIN_TESTING_ADMIN_SERVER_H_
