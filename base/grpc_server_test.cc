#include "base/grpc_server.h"

#include <unistd.h>

#include <filesystem>

#include "base/grpc_status.h"
#include "base/grpc_tls.h"
#include "base/testing/capture_log.h"
#include "base/testing/crowd.h"
#include "base/testing/descriptor_limit.h"
#include "base/testing/eventually.h"
#include "base/testing/test_pki.h"
#include "base/testing/who.grpc.pb.h"
#include "gmock/gmock.h"
#include "grpcpp/generic/generic_stub.h"
#include "gtest/gtest.h"

namespace lifeboat {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

const PeerPolicy kControllers{.trust_domain = "test", .roles = {Role::kController}};
const PeerPolicy kAgents{.trust_domain = "test", .roles = {Role::kAgent}};

class WhoService final : public testing::WhoService::CallbackService {
  grpc::ServerUnaryReactor* Ask(grpc::CallbackServerContext* context,
                                const testing::WhoRequest* /*request*/,
                                testing::WhoAnswer* answer) override {
    const auto peer = PeerIdentity(*context, kAgents);
    if (peer.ok()) answer->set_uri(peer->Uri());
    auto* reactor = context->DefaultReactor();
    reactor->Finish(ToGrpc(peer.status()));
    return reactor;
  }
};

class GrpcServerTest : public ::testing::Test {
 protected:
  void Serve(const TlsFiles& files) {
    auto credentials = ServerCredentials(files, clock_, log_);
    ASSERT_TRUE(credentials.ok()) << credentials.status();
    auto server =
        GrpcServer::Start({.accept = {.listen = "127.0.0.1:0"}, .credentials = *credentials},
                          {&service_}, clock_, log_, registry_);
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }
  std::shared_ptr<grpc::Channel> Dial(const TlsFiles& files) {
    return NewChannel(server_->local().ToString(), ClientCredentials(files, kControllers));
  }
  // What the server takes the caller for, over a fresh connection.
  absl::StatusOr<std::string> Ask(const TlsFiles& files) { return AskOver(Dial(files)); }
  static absl::StatusOr<std::string> AskOver(const std::shared_ptr<grpc::Channel>& channel) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(5));
    testing::WhoAnswer answer;
    const auto status =
        testing::WhoService::NewStub(channel)->Ask(&context, testing::WhoRequest(), &answer);
    if (!status.ok()) return FromGrpc(status);
    return answer.uri();
  }

  Crowd crowd_;  // first: it forks
  TestPki pki_;
  SystemClock clock_;
  CaptureLog log_;
  prometheus::Registry registry_;
  WhoService service_;
  std::unique_ptr<GrpcServer> server_;
};

TEST_F(GrpcServerTest, TheCallerIsWhoItsCertificateSays) {
  Serve(pki_.Issue(Role::kController, "ctl"));
  EXPECT_EQ(*Ask(pki_.Issue(Role::kAgent, "fra")), "spiffe://test/agent/fra");
}

TEST_F(GrpcServerTest, ACallerInTheWrongRoleIsToldWhoItIsAndWhatItLacks) {
  Serve(pki_.Issue(Role::kController, "ctl"));
  const auto refused = Ask(pki_.Issue(Role::kConnector, "home"));
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kPermissionDenied);
  EXPECT_THAT(refused.status().message(),
              AllOf(HasSubstr("connector home"), HasSubstr("lacks the role agent")));
}

TEST_F(GrpcServerTest, AClientToldOfAServerInTheWrongRoleSaysWhy) {
  Serve(pki_.Issue(Role::kExitNode, "nyc"));
  const auto refused = Ask(pki_.Issue(Role::kAgent, "fra"));
  EXPECT_THAT(refused.status().message(),
              AllOf(HasSubstr("exitnode nyc"), HasSubstr("lacks the role controller")));
}

TEST_F(GrpcServerTest, ACallerOfAnotherAuthorityNeverReachesTheService) {
  TestPki other;
  Serve(pki_.Issue(Role::kController, "ctl"));
  TlsFiles stranger = other.Issue(Role::kAgent, "fra");
  stranger.ca = pki_.Path("ca.pem");
  EXPECT_EQ(Ask(stranger).status().code(), absl::StatusCode::kUnavailable);
}

TEST_F(GrpcServerTest, AnExpiredCallerNeverReachesTheService) {
  Serve(pki_.Issue(Role::kController, "ctl"));
  const auto old = pki_.Issue(
      "old", {.uris = {"spiffe://test/agent/fra"}, .not_after = clock_.WallNow() - absl::Hours(1)});
  const absl::Status refused = Ask(old).status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(refused.message(), HasSubstr("does it accept our certificate?"));
}

TEST_F(GrpcServerTest, ReplacedCertificatesCountAtTheNextHandshake) {
  const TlsFiles files = pki_.Issue(Role::kController, "ctl");
  const TlsFiles agent = pki_.Issue(Role::kAgent, "fra");
  Serve(files);
  ASSERT_TRUE(Ask(agent).ok());

  pki_.Write("controller-ctl.key", "torn");
  EXPECT_TRUE(Ask(agent).ok()) << "the last good ones are kept";
  EXPECT_TRUE(Ask(agent).ok());
  EXPECT_THAT(log_.Text(), HasSubstr("the changed certificate is not used"));
  EXPECT_EQ(log_.Lines().size(), 1u) << "said once";

  pki_.Issue("controller-ctl", {.uris = {"spiffe://test/controller/other"}});
  EXPECT_TRUE(Ask(agent).ok());
  EXPECT_THAT(log_.Text(), HasSubstr("restart to become another"));

  pki_.Issue(Role::kController, "ctl");
  EXPECT_TRUE(Ask(agent).ok());
  EXPECT_THAT(log_.Text(), HasSubstr("certificate reloaded"));
}

TEST_F(GrpcServerTest, AnswersHealthChecks) {
  Serve(pki_.Issue(Role::kController, "ctl"));
  const auto check = [this] {
    grpc::GenericStub stub(Dial(pki_.Issue(Role::kAgent, "fra")));
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(5));
    grpc::CompletionQueue queue;
    const grpc::Slice empty;
    const grpc::ByteBuffer request(&empty, 1);
    auto call = stub.PrepareUnaryCall(&context, "/grpc.health.v1.Health/Check", request, &queue);
    call->StartCall();
    grpc::ByteBuffer answer;
    grpc::Status status;
    call->Finish(&answer, &status, nullptr);
    void* tag;
    bool ok;
    queue.Next(&tag, &ok);
    grpc::Slice slice;
    EXPECT_TRUE(status.ok()) << status.error_message();
    EXPECT_TRUE(answer.DumpToSingleSlice(&slice).ok());
    return std::string(slice.begin(), slice.end());
  };
  EXPECT_EQ(check(), std::string("\x08\x01"));  // status: SERVING
  server_->SetServing("", false);
  EXPECT_EQ(check(), std::string("\x08\x02"));  // status: NOT_SERVING
}

TEST_F(GrpcServerTest, AHundredIdleStrangersDoNotMakeItDeaf) {
  const DescriptorLimit limit(64);
  Serve(pki_.Issue(Role::kController, "ctl"));
  const TlsFiles agent = pki_.Issue(Role::kAgent, "fra");
  for (int wave = 0; wave < 2; ++wave) {
    EXPECT_EQ(crowd_.Come(server_->port(), 100), 100);
    const auto during = Ask(agent);
    EXPECT_TRUE(during.ok()) << "another network is served all along: " << during.status();
    crowd_.Leave();
    const Instant left = clock_.Now();
    const auto after = Ask(agent);
    EXPECT_TRUE(after.ok()) << after.status();
    EXPECT_LE(clock_.Now() - left, absl::Seconds(1));
  }
  EXPECT_THAT(MetricsText(registry_), HasSubstr("reason=\"strangers_of_prefix\""));
}

TEST_F(GrpcServerTest, ManyGoodCallersOfOneNetworkAreNoStrangers) {
  const DescriptorLimit limit(256);  // 64 newcomers, 16 of one network
  Serve(pki_.Issue(Role::kController, "ctl"));
  std::vector<std::shared_ptr<grpc::Channel>> channels;
  for (int i = 0; i < 24; ++i) {
    channels.push_back(Dial(pki_.Issue(Role::kAgent, absl::StrCat("a", i))));
    const auto answer = AskOver(channels.back());
    EXPECT_TRUE(answer.ok()) << i << ": " << answer.status();
  }
}

TEST_F(GrpcServerTest, AStrangerIsShownOutWhenItsTimeIsUp) {
  auto credentials = ServerCredentials(pki_.Issue(Role::kController, "ctl"), clock_, log_);
  auto server = GrpcServer::Start({.accept = {.listen = "127.0.0.1:0"},
                                   .credentials = *credentials,
                                   .handshake_limit = absl::Milliseconds(300)},
                                  {&service_}, clock_, log_, registry_);
  ASSERT_TRUE(server.ok());
  const auto descriptors = [] {
    return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {});
  };
  const auto before = descriptors();
  crowd_.Come((*server)->port(), 5);
  EXPECT_TRUE(Eventually([&] { return descriptors() == before + 5; }));
  EXPECT_TRUE(Eventually([&] { return descriptors() == before; }));
}

TEST_F(GrpcServerTest, APortInUseIsNamed) {
  Serve(pki_.Issue(Role::kController, "ctl"));
  const std::string taken = server_->local().ToString();
  auto credentials = ServerCredentials(pki_.Issue(Role::kController, "two"), clock_, log_);
  const auto second = GrpcServer::Start({.accept = {.listen = taken}, .credentials = *credentials},
                                        {}, clock_, log_, registry_);
  EXPECT_THAT(second.status().message(), AllOf(HasSubstr(taken), HasSubstr("in use")));
}

TEST(ParseGrpcPeerTest, ReadsBothFamilies) {
  EXPECT_EQ(ParseGrpcPeer("ipv4:192.0.2.1:99")->ToString(), "192.0.2.1:99");
  EXPECT_EQ(ParseGrpcPeer("ipv6:%5B2001:db8::1%5D:99")->ToString(), "[2001:db8::1]:99");
  EXPECT_EQ(ParseGrpcPeer("ipv6:%5B::ffff:192.0.2.1%5D:99")->ToString(), "192.0.2.1:99");
  EXPECT_FALSE(ParseGrpcPeer("unix:/run/x").ok());
}

}  // namespace
}  // namespace lifeboat
