#include "agent/agent.h"

#include <functional>
#include <memory>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "agent/probe/testing/fake_web_server.h"
#include "agent/report/testing/fake_controller.h"
#include "base/grpc_server.h"
#include "base/grpc_tls.h"
#include "base/testing/capture_log.h"
#include "base/testing/test_pki.h"
#include "gtest/gtest.h"

namespace lifeboat::agent {
namespace {

class AgentTest : public testing::Test {
 protected:
  // A controller that wants `web` probed twice a second under the number `number`.
  std::unique_ptr<GrpcServer> Serve(FakeController& controller, uint32_t number,
                                    const Endpoint& web) {
    controller.assignments.set_revision(1);
    auto& target = *controller.assignments.add_targets();
    target.set_number(number);
    target.set_leg(v1::LEG_PINNED);
    target.mutable_interval()->set_nanos(500'000'000);
    target.mutable_timeout()->set_nanos(400'000'000);
    target.mutable_http()->set_url(absl::StrCat("http://", web.ToString(), "/"));
    GrpcServerOptions options;
    options.accept.listen = "127.0.0.1:0";
    options.credentials = *ServerCredentials(pki_.Issue(Role::kController, "main"), clock_, log_);
    return *GrpcServer::Start(std::move(options), {&controller}, clock_, log_, registry_);
  }
  bool Await(const std::function<bool()>& done) {
    for (const Instant end = clock_.Now() + absl::Seconds(15); clock_.Now() < end;) {
      if (done()) return true;
      MutexLock lock(mutex_);
      never_.WaitFor(mutex_, absl::Milliseconds(5));
    }
    return done();
  }

  TestPki pki_;
  SystemClock clock_;
  CaptureLog log_;
  prometheus::Registry registry_;
  Mutex mutex_;
  CondVar never_;
};

TEST_F(AgentTest, ProbesOnceForTwoControllersAndTellsBoth) {
  const FakeWebServer web(FakeWebServer::Answer("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
  FakeController one, two;
  const auto server_one = Serve(one, 5, web.endpoint());
  const auto server_two = Serve(two, 6, web.endpoint());
  const AgentConfig config{.identity = pki_.Issue(Role::kAgent, "fra"),
                           .controllers = {absl::StrCat("127.0.0.1:", server_one->port()),
                                           absl::StrCat("127.0.0.1:", server_two->port())},
                           .http = "127.0.0.1:0"};
  auto agent = Agent::Start(config, clock_, log_);
  ASSERT_TRUE(agent.ok()) << agent.status();
  ASSERT_TRUE(Await([&] { return one.Targets().size() >= 3 && two.Targets().size() >= 3; }))
      << log_.Text();
  EXPECT_EQ(one.Targets()[0], 5u);
  EXPECT_EQ(two.Targets()[0], 6u);
  EXPECT_LE(web.accepted(), static_cast<int>(one.Targets().size()) + 2);
  EXPECT_EQ((*agent)->NotLive(), "");
  EXPECT_EQ((*agent)->NotReady(), "");
  EXPECT_NE((*agent)->http_port(), 0);
  agent->reset();
  EXPECT_TRUE(Await([&] { return one.closed() == 1 && two.closed() == 1; }));
}

TEST_F(AgentTest, IsNotReadyUntilAControllerHasSpokenAndStopsAtOnce) {
  const AgentConfig config{.identity = pki_.Issue(Role::kAgent, "fra"),
                           .controllers = {"127.0.0.1:1"}};
  auto agent = Agent::Start(config, clock_, log_);
  ASSERT_TRUE(agent.ok()) << agent.status();
  EXPECT_NE((*agent)->NotReady(), "");
  const Instant begin = clock_.Now();
  agent->reset();
  EXPECT_LT(clock_.Now() - begin, absl::Seconds(5));
}

TEST_F(AgentTest, OnlyAnAgentsCertificateWillDo) {
  const AgentConfig config{.identity = pki_.Issue(Role::kExitNode, "nyc"),
                           .controllers = {"127.0.0.1:1"}};
  const auto agent = Agent::Start(config, clock_, log_);
  ASSERT_FALSE(agent.ok());
  EXPECT_TRUE(absl::StrContains(agent.status().message(), "exitnode/nyc"));
}

}  // namespace
}  // namespace lifeboat::agent
