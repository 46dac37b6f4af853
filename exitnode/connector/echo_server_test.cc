#include "exitnode/connector/echo_server.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/echo.h"
#include "base/testing/capture_log.h"
#include "base/testing/eventually.h"
#include "exitnode/testing/io_thread.h"
#include "exitnode/testing/wire_peer.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace lifeboat::exitnode {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

constexpr char kKey[] = "a key of tests, 32 bytes or more";

class EchoServerTest : public testing::Test {
 protected:
  EchoServerTest() {
    const EchoLimits limits{.time = std::chrono::milliseconds(300), .most_connections = 4};
    thread_.Run([&] {
      auto server = EchoServer::Start(
          thread_.io(), kKey, {"exit/nyc", {*IpAddress::Parse("127.0.0.1"), 0}}, log_, limits);
      EXPECT_TRUE(server.ok()) << server.status();
      server_ = *std::move(server);
      endpoint_ = server_->endpoint();
    });
  }
  ~EchoServerTest() override { thread_.Stop(); }

  std::string Ask(const std::string& request) {
    WirePeer peer = WirePeer::Connect(endpoint_);
    peer.Send(request);
    return peer.ReceiveToEnd();
  }
  EchoCounts Counts() {
    return thread_.Run([&] { return server_->counts(); });
  }

  CaptureLog log_;
  IoThread thread_;
  std::unique_ptr<EchoServer> server_;
  Endpoint endpoint_;
};

TEST_F(EchoServerTest, AnswersANonceForItsOwnPath) {
  const EchoBytes nonce = EchoNonce({}, 1);
  const std::string answer = Ask(absl::StrCat("GET /x?nonce=", ToHex(nonce), " HTTP/1.1\r\n\r\n"));
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(answer, HasSubstr("\r\nCache-Control: no-store\r\n"));
  EXPECT_THAT(answer, EndsWith("\r\n\r\n" + ToHex(EchoMac(kKey, "exit/nyc", nonce))));
  EXPECT_EQ(Counts().answered, 1u);
}

TEST_F(EchoServerTest, RefusesWhatIsNoNonce) {
  EXPECT_THAT(Ask("GET / HTTP/1.1\r\n\r\n"), StartsWith("HTTP/1.1 404 "));
  EXPECT_THAT(Ask("PUT / HTTP/1.1\r\n\r\n"), StartsWith("HTTP/1.1 405 "));
  EXPECT_THAT(Ask("hello\r\n\r\n"), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(Ask(std::string(16 << 10, 'x')), StartsWith("HTTP/1.1 431 "));
  EXPECT_EQ(Counts().refused, 4u);
  EXPECT_EQ(Counts().answered, 0u);
}

TEST_F(EchoServerTest, CutsWhoIsSlow) {
  WirePeer slow = WirePeer::Connect(endpoint_);
  slow.Send("GET /?nonce=");
  EXPECT_EQ(slow.ReceiveToEnd(), "");
  EXPECT_TRUE(Eventually([&] { return Counts().refused == 1; }));
}

TEST_F(EchoServerTest, HoldsOnlySoMany) {
  std::vector<WirePeer> crowd;
  for (int i = 0; i < 5; ++i) crowd.push_back(WirePeer::Connect(endpoint_));
  EXPECT_EQ(crowd[4].ReceiveToEnd(), "");
  EXPECT_EQ(Counts().turned_away, 1u);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(crowd[i].ReceiveToEnd(), "");  // cut as slow
  EXPECT_TRUE(Eventually([&] { return Counts().refused == 4; }));
  EXPECT_THAT(Ask("GET / HTTP/1.1\r\n\r\n"), StartsWith("HTTP/1.1 404 "));
}

TEST_F(EchoServerTest, SaysWhichAddressIsTaken) {
  const absl::Status refused = thread_.Run([&] {
    return EchoServer::Start(thread_.io(), kKey, {"edge", endpoint_}, log_).status();
  });
  EXPECT_THAT(
      std::string(refused.message()),
      HasSubstr(absl::StrCat("the echo of path edge: listening at ", endpoint_.ToString())));
}

}  // namespace
}  // namespace lifeboat::exitnode
