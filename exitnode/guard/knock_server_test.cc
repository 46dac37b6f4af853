#include "exitnode/guard/knock_server.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "base/testing/capture_log.h"
#include "base/testing/eventually.h"
#include "base/testing/test_pki.h"
#include "exitnode/testing/curl_knock.h"
#include "exitnode/testing/io_thread.h"
#include "exitnode/testing/wire_peer.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace lifeboat::exitnode {
namespace {

// A door with a memory.
class FakeDoor final : public Door {
 public:
  absl::Status Open(const IpAddress& address, Instant until) override {
    MutexLock lock(mutex_);
    if (broken_) return absl::UnavailableError("the hinge");
    open_[address.ToString()] = until;
    return absl::OkStatus();
  }
  absl::Status Close(const IpAddress& address) override {
    MutexLock lock(mutex_);
    open_.erase(address.ToString());
    return absl::OkStatus();
  }
  std::map<std::string, Instant> open() {
    MutexLock lock(mutex_);
    return open_;
  }
  void Break() {
    MutexLock lock(mutex_);
    broken_ = true;
  }

 private:
  Mutex mutex_;
  std::map<std::string, Instant> open_ GUARDED_BY(mutex_);
  bool broken_ GUARDED_BY(mutex_) = false;
};

class KnockServerTest : public testing::Test {
 protected:
  KnockServerTest() {
    KnockOptions options;
    options.listen = {*IpAddress::Parse("127.0.0.1"), 0};
    options.files = pki_.Issue(Role::kExitNode, "nyc");
    options.limit = std::chrono::milliseconds(500);
    thread_.Run([&] {
      auto server = KnockServer::Start(thread_.io(), options, door_, clock_, log_);
      EXPECT_TRUE(server.ok()) << server.status();
      server_ = *std::move(server);
    });
  }
  ~KnockServerTest() override { thread_.Stop(); }

  long Try(const TlsFiles& files, const CurlKnock& knock = {}) {
    return Knock(server_->endpoint(), files, knock);
  }

  TestPki pki_;
  SystemClock clock_;
  CaptureLog log_;
  FakeDoor door_;
  IoThread thread_;
  std::unique_ptr<KnockServer> server_;
};

TEST_F(KnockServerTest, OpensForTheAddressThatKnocksAndClosesAtItsWord) {
  const TlsFiles agent = pki_.Issue(Role::kAgent, "fra");
  EXPECT_EQ(Try(agent, {.source = "127.0.0.2"}), 204);
  const auto open = door_.open();
  ASSERT_TRUE(open.contains("127.0.0.2"));
  EXPECT_GT(open.at("127.0.0.2") - clock_.Now(), absl::Seconds(80));
  EXPECT_LE(open.at("127.0.0.2") - clock_.Now(), absl::Seconds(90));
  EXPECT_EQ(Try(agent, {.method = "DELETE", .source = "127.0.0.3"}), 204);
  EXPECT_TRUE(door_.open().contains("127.0.0.2")) << "another address withdrew nothing";
  EXPECT_EQ(Try(agent, {.method = "DELETE", .source = "127.0.0.2"}), 204);
  EXPECT_TRUE(door_.open().empty());
  EXPECT_EQ(server_->counts().opened, 1u);
}

TEST_F(KnockServerTest, RefusesWhoIsNoAgentOfOurs) {
  EXPECT_EQ(Try(pki_.Issue(Role::kConnector, "web")), 403);
  EXPECT_EQ(Try(pki_.Issue(Role::kPerson, "jo")), 403);
  EXPECT_EQ(Try(pki_.Issue("other", {.uris = {"spiffe://elsewhere/agent/fra"}})), 403);
  EXPECT_EQ(Try(pki_.Issue("nobody", {})), 403);
  TestPki strangers;
  TlsFiles stranger = strangers.Issue(Role::kAgent, "fra");
  stranger.ca = pki_.Path("ca.pem");
  EXPECT_EQ(Try(stranger), 0);
  EXPECT_TRUE(door_.open().empty());
  EXPECT_TRUE(Eventually([&] { return server_->counts().refused == 5; }));
  EXPECT_TRUE(log_.Contains("a knock was refused")) << log_.Text();
}

TEST_F(KnockServerTest, RefusesWhatIsNoKnock) {
  const TlsFiles agent = pki_.Issue(Role::kAgent, "fra");
  EXPECT_EQ(Try(agent, {.method = "GET"}), 405);
  EXPECT_EQ(Try(agent, {.path = "/"}), 404);
  EXPECT_EQ(Try(agent, {.path = "/" + std::string(5000, 'x')}), 431);
  EXPECT_TRUE(door_.open().empty());
}

TEST_F(KnockServerTest, SaysWhenTheDoorDoesNotMove) {
  door_.Break();
  EXPECT_EQ(Try(pki_.Issue(Role::kAgent, "fra")), 503);
}

TEST_F(KnockServerTest, BoundsStrangersWhileAgentsAreServed) {
  std::vector<WirePeer> strangers;
  for (int i = 0; i < 40; ++i) {
    strangers.push_back(WirePeer::Connect(server_->endpoint(), "127.0.0.9"));
    if (i % 2 == 0) strangers.back().Send("GET / HTTP/1.1\r\n\r\n");
  }
  EXPECT_EQ(Try(pki_.Issue(Role::kAgent, "fra")), 204);
  for (WirePeer& stranger : strangers) {
    EXPECT_THAT(stranger.ReceiveToEnd(), testing::Not(testing::HasSubstr("<silence>")));
  }
  EXPECT_TRUE(
      Eventually([&] { return server_->counts().refused + server_->counts().turned_away == 40; }));
  EXPECT_GE(server_->counts().turned_away, 1u);
}

TEST(KnockServerStartTest, SaysWhatIsWrongWithItsFiles) {
  TestPki pki;
  SystemClock clock;
  CaptureLog log;
  FakeDoor door;
  asio::io_context io;
  KnockOptions options{.listen = {*IpAddress::Parse("127.0.0.1"), 0},
                       .files = pki.Issue(Role::kExitNode, "nyc")};
  options.files.key = pki.Path("missing.key");
  const auto server = KnockServer::Start(io, options, door, clock, log);
  EXPECT_THAT(std::string(server.status().message()), testing::HasSubstr("missing.key"));
}

}  // namespace
}  // namespace lifeboat::exitnode
