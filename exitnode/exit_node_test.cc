#include "exitnode/exit_node.h"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/grpc_server.h"
#include "base/grpc_tls.h"
#include "base/testing/capture_log.h"
#include "base/testing/eventually.h"
#include "base/testing/test_pki.h"
#include "exitnode/connector_program.h"
#include "exitnode/control/testing/fake_controller.h"
#include "exitnode/control/to_proto.h"
#include "exitnode/testing/curl_knock.h"
#include "exitnode/testing/echo_origin.h"
#include "exitnode/testing/wire_peer.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

// Both programs whole, a controller that says what to do, an origin and visitors, on loopback.
namespace lifeboat::exitnode {
namespace {

namespace pb = lifeboat::v1;

constexpr char kToken[] = "a-token-of-tests";
constexpr int kBriefly = 200;  // a stranger's wait: silence is what is expected

class ExitNodeTest : public testing::Test {
 protected:
  ExitNodeTest() : origin_(log_), port_(WireListener().endpoint().port) {
    config_.identity = pki_.Issue(Role::kExitNode, "nyc");
    config_.state_directory = directory_;
    config_.tunnel = {*IpAddress::Parse("127.0.0.1"), 0};
    config_.knock = {*IpAddress::Parse("127.0.0.1"), 0};
    config_.visitor_addresses = {*IpAddress::Parse("127.0.0.1")};
    config_.http = "127.0.0.1:0";
  }
  ~ExitNodeTest() override {
    node_.reset();
    if (server_ != nullptr) server_->Shutdown(absl::ZeroDuration());
    std::filesystem::remove_all(directory_);
  }

  // A controller that says each of `instructions` to whoever connects.
  void StartController(const std::vector<pb::ExitInstruction>& instructions) {
    if (server_ != nullptr) server_->Shutdown(absl::ZeroDuration());
    server_.reset();
    controller_.emplace(instructions);
    GrpcServerOptions options;
    options.accept.listen = "127.0.0.1:0";
    options.credentials = *ServerCredentials(pki_.Issue(Role::kController, "main"), clock_, log_);
    auto server = GrpcServer::Start(std::move(options), {&*controller_}, clock_, log_, registry_);
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    config_.controllers = {absl::StrCat("127.0.0.1:", server_->port())};
  }
  void StartNode() {
    auto node = ExitNode::Start(config_, clock_, log_);
    ASSERT_TRUE(node.ok()) << node.status();
    node_ = *std::move(node);
    config_.tunnel = node_->tunnel();  // the same again after a restart
  }
  void StartConnector() {
    ConnectorConfig config;
    config.exits = {{"nyc", {"127.0.0.1", node_->tunnel().port}}};
    config.services = {{"web", kToken, {"127.0.0.1", origin_.endpoint().port}}};
    auto connector = ConnectorProgram::Start(config, clock_, log_);
    ASSERT_TRUE(connector.ok()) << connector.status();
    connector_ = *std::move(connector);
  }
  pb::ExitInstruction Numbered(uint64_t revision, uint64_t sequence, bool open) {
    return ToProto(Instruction{{1, revision}, sequence, {{"web", kToken, {port_}, open}}});
  }
  long KnockFrom(const char* source, const char* method = "POST") {
    return Knock(node_->knock(), pki_.Issue(Role::kAgent, "fra"),
                 {.method = method, .source = source});
  }
  std::string Visit(const char* source) {
    WirePeer visitor =
        WirePeer::TryConnect({*IpAddress::Parse("127.0.0.1"), port_}, source, kBriefly);
    if (!visitor.connected()) return "<silence>";
    visitor.Send("hello");
    visitor.FinishSending();
    return visitor.ReceiveToEnd();
  }
  pb::ExitServiceReport Reported() {
    const pb::ExitReport report = controller_->last();
    return report.services().empty() ? pb::ExitServiceReport() : report.services(0);
  }

  TestPki pki_;
  SystemClock clock_;
  CaptureLog log_;
  EchoOrigin origin_;
  const uint16_t port_;  // free a moment ago
  const std::filesystem::path directory_ =
      std::filesystem::path(testing::TempDir()) /
      testing::UnitTest::GetInstance()->current_test_info()->name();
  ExitConfig config_;
  prometheus::Registry registry_;
  std::optional<FakeController> controller_;
  std::unique_ptr<GrpcServer> server_;
  std::unique_ptr<ExitNode> node_;
  std::unique_ptr<ConnectorProgram> connector_;
};

TEST_F(ExitNodeTest, IsDarkButForVantagesUntilTheControllerOpensIt) {
  StartController({Numbered(3, 1, false)});
  StartNode();
  StartConnector();
  ASSERT_TRUE(Eventually([&] { return Reported().tunnel_up() && Reported().listening(); }))
      << log_.Text();
  EXPECT_FALSE(Reported().open());
  EXPECT_EQ(Visit("127.0.0.3"), "<silence>");
  EXPECT_EQ(KnockFrom("127.0.0.2"), 204);
  EXPECT_EQ(Visit("127.0.0.2"), "hellobye");
  EXPECT_EQ(Visit("127.0.0.3"), "<silence>");
  EXPECT_TRUE(Eventually([&] { return Reported().upstream() == pb::UPSTREAM_OUTCOME_ANSWERED; }));
  EXPECT_TRUE(Eventually([&] { return controller_->last().knocked() == 1; }));
  EXPECT_EQ(KnockFrom("127.0.0.2", "DELETE"), 204);
  EXPECT_EQ(Visit("127.0.0.2"), "<silence>");

  StartController({Numbered(3, 2, true)});  // elsewhere: this node does not know of it
  node_.reset();
  StartNode();
  ASSERT_TRUE(Eventually([&] { return Reported().open() && Reported().listening(); }))
      << log_.Text();
  EXPECT_EQ(Visit("127.0.0.3"), "hellobye") << "the connector has come back by itself";
  EXPECT_EQ(node_->NotReady(), "");
  EXPECT_EQ(node_->NotLive(), "");
}

TEST_F(ExitNodeTest, ServesOnWithoutAControllerAlsoAfterARestart) {
  StartController({Numbered(3, 1, true)});
  StartNode();
  StartConnector();
  ASSERT_TRUE(Eventually([&] { return Reported().open(); })) << log_.Text();
  server_->Shutdown(absl::ZeroDuration());
  EXPECT_EQ(Visit("127.0.0.3"), "hellobye");
  node_.reset();
  StartNode();
  EXPECT_EQ(Visit("127.0.0.3"), "hellobye");
  EXPECT_EQ(node_->NotReady(), "");
}

TEST_F(ExitNodeTest, IsNotReadyBeforeItsFirstInstruction) {
  StartController({});
  StartNode();
  EXPECT_THAT(node_->NotReady(), testing::HasSubstr("no instruction yet"));
}

TEST_F(ExitNodeTest, SaysWhyItDoesNotStart) {
  config_.controllers = {"127.0.0.1:1"};
  config_.identity = pki_.Issue(Role::kAgent, "fra");
  EXPECT_THAT(std::string(ExitNode::Start(config_, clock_, log_).status().message()),
              testing::HasSubstr("not an exit node's"));
  config_.identity = pki_.Issue(Role::kExitNode, "nyc");
  const WireListener squatter;
  config_.tunnel = squatter.endpoint();
  EXPECT_THAT(std::string(ExitNode::Start(config_, clock_, log_).status().message()),
              testing::HasSubstr("Address already in use"));
}

}  // namespace
}  // namespace lifeboat::exitnode
