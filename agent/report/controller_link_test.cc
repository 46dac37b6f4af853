#include "agent/report/controller_link.h"

#include <atomic>
#include <functional>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "agent/report/testing/fake_controller.h"
#include "base/grpc_server.h"
#include "base/grpc_tls.h"
#include "base/testing/capture_log.h"
#include "base/testing/test_pki.h"
#include "gtest/gtest.h"

namespace lifeboat::agent {
namespace {

namespace pb = lifeboat::v1;

class ControllerLinkTest : public testing::Test {
 protected:
  void SetUp() override {
    controller_.assignments.set_revision(4);
    auto& target = *controller_.assignments.add_targets();
    target.set_number(1);
    target.set_leg(pb::LEG_PINNED);
    target.mutable_interval()->set_seconds(2);
    target.mutable_timeout()->set_seconds(1);
    target.mutable_tcp()->set_host("127.0.0.1");
    target.mutable_tcp()->set_port(9);
    controller_.assignments.add_targets()->set_number(2);  // a bad one
    StartServer();
  }
  void StartServer(Role role = Role::kController) {
    GrpcServerOptions options;
    options.accept.listen = absl::StrCat("127.0.0.1:", port_);
    options.credentials = *ServerCredentials(pki_.Issue(role, "main"), clock_, log_);
    auto server = GrpcServer::Start(std::move(options), {&controller_}, clock_, log_, registry_);
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    port_ = server_->port();
  }
  std::unique_ptr<ControllerLink> Dial(size_t queue_limit = 1000) {
    LinkOptions options{.controller = absl::StrCat("127.0.0.1:", port_),
                        .identity = pki_.Issue(Role::kAgent, "fra"),
                        .trust_domain = "test",
                        .run_id = 42,
                        .version = "1.2.3",
                        .queue_limit = queue_limit,
                        .silence_limit = silence_limit_};
    return std::make_unique<ControllerLink>(
        std::move(options), clock_, random_,
        [this](Assignment assignment) {
          MutexLock lock(mutex_);
          assigned_.push_back(std::move(assignment));
        },
        [this](const EchoBytes& seed) {
          MutexLock lock(mutex_);
          seeds_.push_back(seed);
        },
        [] {
          return Vitals{absl::Milliseconds(3), true};
        },
        metrics_, log_);
  }
  void Push(ControllerLink& link, uint32_t first, uint32_t last) {
    for (uint32_t target = first; target <= last; ++target) {
      Observation seen;
      seen.ended = clock_.Now();
      seen.http_status = 200;
      seen.address = *IpAddress::Parse("192.0.2.1");
      link.Push(4, target, seen);
    }
  }
  static std::vector<uint32_t> Range(uint32_t first, uint32_t last) {
    std::vector<uint32_t> range;
    for (uint32_t i = first; i <= last; ++i) range.push_back(i);
    return range;
  }
  bool Await(const std::function<bool()>& done, absl::Duration limit = absl::Seconds(15)) {
    for (const Instant end = clock_.Now() + limit; clock_.Now() < end;) {
      if (done()) return true;
      MutexLock lock(mutex_);
      never_.WaitFor(mutex_, absl::Milliseconds(5));
    }
    return done();
  }
  std::vector<EchoBytes> seeds() {
    MutexLock lock(mutex_);
    return seeds_;
  }
  std::vector<Assignment> assigned() {
    MutexLock lock(mutex_);
    return assigned_;
  }

  TestPki pki_;
  SystemClock clock_;
  CaptureLog log_;
  std::mt19937 random_{1};
  prometheus::Registry registry_;
  Metrics metrics_{registry_};
  FakeController controller_;
  uint16_t port_ = 0;
  absl::Duration silence_limit_ = absl::Seconds(10);
  std::unique_ptr<GrpcServer> server_;
  Mutex mutex_;
  CondVar never_;
  std::vector<Assignment> assigned_ GUARDED_BY(mutex_);
  std::vector<EchoBytes> seeds_ GUARDED_BY(mutex_);
};

TEST_F(ControllerLinkTest, GreetsFirstTakesAssignmentsAndAnswersPings) {
  const Instant begin = clock_.Now();
  const auto link = Dial();
  ASSERT_TRUE(Await([&] { return controller_.messages().size() >= 2; })) << log_.Text();
  const auto messages = controller_.messages();
  ASSERT_TRUE(messages[0].has_hello());
  EXPECT_EQ(messages[0].hello().run_id(), 42u);
  EXPECT_EQ(messages[0].hello().version(), "1.2.3");
  ASSERT_TRUE(messages[1].has_pong());
  EXPECT_EQ(messages[1].pong().id(), 77u);
  EXPECT_GE(messages[1].pong().boottime_us(), absl::ToInt64Microseconds(begin.since_boot()));
  ASSERT_EQ(assigned().size(), 1u);
  EXPECT_EQ(assigned()[0].revision, 4u);
  EXPECT_EQ(assigned()[0].targets.size(), 1u);
  EXPECT_TRUE(log_.Contains("target 2")) << "the bad one is said: " << log_.Text();
  EXPECT_TRUE(link->connected());
}

TEST_F(ControllerLinkTest, BringsObservationsInBatchesWithTheAgentsOwnCondition) {
  const auto link = Dial();
  Push(*link, 1, 700);
  ASSERT_TRUE(Await([&] { return controller_.Targets().size() == 700; })) << log_.Text();
  EXPECT_EQ(controller_.Targets(), Range(1, 700));
  for (const auto& message : controller_.messages()) {
    if (!message.has_batch()) continue;
    EXPECT_EQ(message.batch().assignments_revision(), 4u);
    EXPECT_EQ(message.batch().lag_us(), 3000u);
    EXPECT_TRUE(message.batch().resolvers_dead());
    EXPECT_EQ(message.batch().observations(0).class_(), pb::PROBE_CLASS_OK);
    EXPECT_EQ(message.batch().observations(0).address().size(), 4u);
  }
}

TEST_F(ControllerLinkTest, SaysNothingThatItSawBeforeItHasAnsweredAPing) {
  controller_.pings_late = true;
  const auto link = Dial();
  Push(*link, 1, 10);
  ASSERT_TRUE(Await([&] { return controller_.Targets().size() == 10; })) << log_.Text();
  const auto messages = controller_.messages();
  EXPECT_TRUE(messages[0].has_hello());
  EXPECT_TRUE(messages[1].has_pong()) << "else the controller could not date what it is told";
}

TEST_F(ControllerLinkTest, NothingIsLostWhenTheStreamBreaksAndTheOrderStays) {
  controller_.acknowledge = false;
  controller_.hang_up_after_batches = 2;
  const auto link = Dial(10000);
  Push(*link, 1, 1800);
  ASSERT_TRUE(Await([&] { return controller_.Targets().size() == 1800; })) << log_.Text();
  EXPECT_EQ(controller_.Targets(), Range(1, 1800));
  EXPECT_GT(controller_.Targets(false).size(), 1800u) << "sent again under the same numbers";
  EXPECT_TRUE(log_.Contains("restarting"));
}

TEST_F(ControllerLinkTest, KeepsWhatFitsWhileTheControllerIsAwayAndSaysWhatDoesNot) {
  server_->Shutdown(absl::ZeroDuration());
  server_.reset();
  const auto link = Dial(600);
  Push(*link, 1, 1000);
  ASSERT_TRUE(Await([&] { return log_.Contains("the queue is full"); }));
  StartServer();
  ASSERT_TRUE(Await([&] { return controller_.Targets().size() == 600; })) << log_.Text();
  EXPECT_EQ(controller_.Targets(), Range(401, 1000));
  uint64_t dropped = 0;
  for (const auto& message : controller_.messages()) {
    if (message.has_batch()) dropped = message.batch().dropped_total();
  }
  EXPECT_EQ(dropped, 400u);
  EXPECT_EQ(metrics_.Dropped(absl::StrCat("127.0.0.1:", port_)).Value(), 400);
}

TEST_F(ControllerLinkTest, AServerThatIsNoControllerGetsNothing) {
  server_->Shutdown(absl::ZeroDuration());
  server_.reset();
  StartServer(Role::kExitNode);
  const auto link = Dial();
  Push(*link, 1, 10);
  ASSERT_TRUE(Await([&] { return log_.Contains("exitnode"); })) << log_.Text();
  EXPECT_TRUE(controller_.messages().empty());
  EXPECT_FALSE(link->connected());
}

TEST_F(ControllerLinkTest, ACertificateThatCannotBeReadIsSaidAndWaitedFor) {
  const TlsFiles good = pki_.Issue(Role::kAgent, "fra");
  LinkOptions options{.controller = absl::StrCat("127.0.0.1:", port_),
                      .identity = {good.ca, good.certificate, pki_.Path("late.key")},
                      .trust_domain = "test",
                      .run_id = 42};
  const ControllerLink link(
      options, clock_, random_, [](const Assignment&) {}, [](const EchoBytes&) {},
      [] { return Vitals{}; }, metrics_, log_);
  ASSERT_TRUE(Await([&] { return log_.Contains("late.key"); }));
  std::rename(good.key.c_str(), pki_.Path("late.key").c_str());
  EXPECT_TRUE(Await([&] { return link.connected(); })) << log_.Text();
}

TEST_F(ControllerLinkTest, AControllerThatFallsSilentIsDialledAnew) {
  controller_.mute = true;
  silence_limit_ = absl::Milliseconds(300);
  const auto link = Dial();
  ASSERT_TRUE(Await([&] { return log_.Contains("no stream"); })) << log_.Text();
  controller_.mute = false;
  EXPECT_TRUE(Await([&] { return link->connected(); }));
}

TEST_F(ControllerLinkTest, GoesInGoodOrderWithItsLastWords) {
  auto link = Dial();
  ASSERT_TRUE(Await([&] { return controller_.messages().size() >= 2; }));
  Push(*link, 1, 5);
  link.reset();
  EXPECT_TRUE(Await([&] { return controller_.closed() == 1; }));
  EXPECT_EQ(controller_.Targets(), Range(1, 5));
}

TEST_F(ControllerLinkTest, GoesQuicklyWhenNobodyIsThere) {
  server_->Shutdown(absl::ZeroDuration());
  server_.reset();
  auto link = Dial();
  ASSERT_TRUE(Await([&] { return log_.Contains("no stream"); }));
  const Instant begin = clock_.Now();
  link.reset();
  EXPECT_LT(clock_.Now() - begin, absl::Seconds(5));
}

TEST_F(ControllerLinkTest, TakesSeedsOfThirtyTwoBytesAndBringsTheirAnswers) {
  server_.reset();
  controller_.seeds = {std::string(32, 'a'), "short", std::string(32, 'b')};
  StartServer();
  const auto link = Dial();
  ASSERT_TRUE(Await([&] { return seeds().size() == 2; })) << log_.Text();
  EchoBytes second;
  second.fill('b');
  EXPECT_EQ(seeds()[1], second);
  Observation seen;
  seen.echo = std::make_shared<const EchoAnswer>(EchoAnswer{seeds(), 7, second});
  link->Push(4, 1, seen);
  const auto batches = [&] { return controller_.Targets().size(); };
  ASSERT_TRUE(Await([&] { return batches() == 1; }));
  const pb::Observation sent = controller_.messages().back().batch().observations(0);
  EXPECT_EQ(sent.echo().seeds_size(), 2);
  EXPECT_EQ(sent.echo().seeds(0), std::string(32, 'a'));
  EXPECT_EQ(sent.echo().counter(), 7u);
  EXPECT_EQ(sent.echo().mac(), std::string(32, 'b'));
}

}  // namespace
}  // namespace lifeboat::agent
