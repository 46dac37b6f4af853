#include "exitnode/control/controller_link.h"

#include <filesystem>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/grpc_server.h"
#include "base/grpc_tls.h"
#include "base/testing/capture_log.h"
#include "base/testing/eventually.h"
#include "base/testing/test_pki.h"
#include "exitnode/control/testing/fake_controller.h"
#include "exitnode/control/testing/fake_data_plane.h"
#include "exitnode/control/to_proto.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace lifeboat::exitnode {
namespace {

namespace pb = lifeboat::v1;

pb::ExitInstruction Numbered(uint64_t revision, uint64_t sequence, bool open) {
  return ToProto(Instruction{{1, revision}, sequence, {{"web", "a-token-of-tests", {443}, open}}});
}

class ControllerLinkTest : public testing::Test {
 protected:
  ControllerLinkTest()
      : directory_(std::filesystem::path(testing::TempDir()) /
                   testing::UnitTest::GetInstance()->current_test_info()->name()),
        control_(InstructionStore(directory_), "1.2.3", plane_, clock_, log_) {}
  ~ControllerLinkTest() override { std::filesystem::remove_all(directory_); }

  std::unique_ptr<GrpcServer> Serve(FakeController& controller, Role role = Role::kController) {
    GrpcServerOptions options;
    options.accept.listen = "127.0.0.1:0";
    options.credentials = *ServerCredentials(pki_.Issue(role, "main"), clock_, log_);
    auto server = GrpcServer::Start(std::move(options), {&controller}, clock_, log_, registry_);
    EXPECT_TRUE(server.ok()) << server.status();
    return *std::move(server);
  }
  std::unique_ptr<ControllerLink> Dial(uint16_t port, Role role = Role::kExitNode) {
    LinkOptions options{.controller = absl::StrCat("127.0.0.1:", port),
                        .identity = pki_.Issue(role, "nyc"),
                        .trust_domain = "test",
                        .report_every = absl::Milliseconds(300)};
    return std::make_unique<ControllerLink>(std::move(options), control_, clock_, random_, log_);
  }

  const std::filesystem::path directory_;
  TestPki pki_;
  SystemClock clock_;
  CaptureLog log_;
  std::mt19937 random_{1};
  prometheus::Registry registry_;
  FakeDataPlane plane_;
  ExitControl control_;
};

TEST_F(ControllerLinkTest, ReportsFirstObeysAndReportsAgain) {
  FakeController controller({Numbered(3, 1, false), Numbered(3, 2, true)});
  const auto server = Serve(controller);
  const auto link = Dial(server->port());
  ASSERT_TRUE(Eventually([&] { return controller.last().applied_sequence() == 2; })) << log_.Text();
  const auto reports = controller.reports();
  EXPECT_EQ(reports.front().highest_epoch().generation(), 0u);
  EXPECT_EQ(reports.back().highest_epoch().revision(), 3u);
  EXPECT_TRUE(reports.back().services(0).open());
  EXPECT_TRUE(plane_.services().at(0).open);
  EXPECT_TRUE(link->connected());
  EXPECT_TRUE(Eventually([&] { return controller.reports().size() >= reports.size() + 2; }))
      << "and every little while";
}

TEST_F(ControllerLinkTest, SaysOnTheStreamWhyItRefusedAndObeysTheHigherOfTwoControllers) {
  FakeController leader({Numbered(7, 1, true)});
  FakeController stale({Numbered(6, 50, false)});
  const auto leader_server = Serve(leader);
  const auto stale_server = Serve(stale);
  const auto to_leader = Dial(leader_server->port());
  ASSERT_TRUE(Eventually([&] { return leader.last().applied_sequence() == 1; })) << log_.Text();
  const auto to_stale = Dial(stale_server->port());
  ASSERT_TRUE(Eventually([&] { return !stale.last().refused().empty(); })) << log_.Text();
  EXPECT_THAT(stale.last().refused(), testing::HasSubstr("epoch 1.6 is lower than 1.7"));
  EXPECT_EQ(stale.last().highest_epoch().revision(), 7u);
  EXPECT_EQ(leader.last().refused(), "") << "a refusal is its own stream's";
  EXPECT_TRUE(plane_.services().at(0).open);
}

TEST_F(ControllerLinkTest, ReportsAChangeSoonerThanItsTime) {
  FakeController controller({});
  const auto server = Serve(controller);
  LinkOptions options{.controller = absl::StrCat("127.0.0.1:", server->port()),
                      .identity = pki_.Issue(Role::kExitNode, "nyc"),
                      .trust_domain = "test",
                      .report_every = absl::Hours(1)};
  ControllerLink link(options, control_, clock_, random_, log_);
  ASSERT_TRUE(Eventually([&] { return controller.reports().size() == 1; }));
  link.OnChange();
  EXPECT_TRUE(Eventually([&] { return controller.reports().size() == 2; }));
}

TEST_F(ControllerLinkTest, DialsAgainUntilThereIsAController) {
  FakeController controller({Numbered(3, 1, true)});
  auto server = Serve(controller);
  const auto link = Dial(server->port());
  ASSERT_TRUE(Eventually([&] { return link->connected(); })) << log_.Text();
  const uint16_t port = server->port();
  server->Shutdown(absl::ZeroDuration());
  server.reset();
  ASSERT_TRUE(Eventually([&] { return !link->connected(); }));
  GrpcServerOptions options;
  options.accept.listen = absl::StrCat("127.0.0.1:", port);
  options.credentials = *ServerCredentials(pki_.Issue(Role::kController, "main"), clock_, log_);
  auto again = GrpcServer::Start(std::move(options), {&controller}, clock_, log_, registry_);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_TRUE(Eventually([&] { return link->connected(); })) << log_.Text();
}

TEST_F(ControllerLinkTest, SaysNothingToAServerThatIsNoController) {
  FakeController controller({Numbered(3, 1, true)});
  const auto server = Serve(controller, Role::kAgent);
  const auto link = Dial(server->port());
  EXPECT_TRUE(Eventually([&] { return log_.Contains("dialling again"); }));
  EXPECT_TRUE(controller.reports().empty());
  EXPECT_FALSE(link->connected());
}

TEST_F(ControllerLinkTest, IsToldWhyItIsNotLetIn) {
  FakeController controller({});
  const auto server = Serve(controller);
  const auto link = Dial(server->port(), Role::kConnector);
  EXPECT_TRUE(Eventually([&] { return log_.Contains("not an exit node"); })) << log_.Text();
}

}  // namespace
}  // namespace lifeboat::exitnode
