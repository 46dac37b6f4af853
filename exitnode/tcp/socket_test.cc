#include "exitnode/tcp/socket.h"

#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/testing/capture_log.h"
#include "base/testing/descriptor_limit.h"
#include "base/testing/eventually.h"
#include "exitnode/testing/io_thread.h"
#include "exitnode/testing/wire_peer.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace lifeboat::exitnode {
namespace {

const Endpoint kAnyPort{*IpAddress::Parse("127.0.0.1"), 0};

// A listener that greets whom it accepts and keeps them.
class Greeter {
 public:
  explicit Greeter(Log& log) {
    thread_.Run([&] {
      acceptor_.emplace(*Listen(thread_.io().get_executor(), kAnyPort));
      endpoint_ = *Endpoint::FromSockaddr(acceptor_->local_endpoint().data());
      const auto greet = [this](Tcp::socket socket, const Endpoint&) {
        asio::error_code ignored;
        socket.write_some(asio::buffer("hi", 2), ignored);
        guests_.push_back(std::move(socket));
      };
      Spawn(thread_.io().get_executor(), Run(*acceptor_, greet, log), log);
    });
  }
  ~Greeter() { thread_.Stop(); }
  const Endpoint& endpoint() const { return endpoint_; }

 private:
  static asio::awaitable<void> Run(Tcp::acceptor& acceptor, TakeConnection greet, Log& log) {
    co_await AcceptConnections(acceptor, greet, log);
  }

  IoThread thread_;
  std::optional<Tcp::acceptor> acceptor_;
  std::vector<Tcp::socket> guests_;
  Endpoint endpoint_;
};

TEST(AcceptConnectionsTest, GoesOnOnceThereAreDescriptorsAgain) {
  CaptureLog log;
  Greeter greeter(log);
  std::vector<WirePeer> peers;
  for (int i = 0; i < 30; ++i) peers.push_back(WirePeer::Connect(greeter.endpoint()));
  for (WirePeer& peer : peers) ASSERT_EQ(peer.Receive(2), "hi");
  // UBSan looks at each class for the first time with the help of a pipe, which would not be had.
  static_cast<Log&>(log).Info("test", "descriptors run out now");
  EXPECT_TRUE(Eventually([&] { return log.Contains("run out"); }));
  const int next = dup(STDIN_FILENO);
  close(next);
  std::optional<WirePeer> late;
  {
    const DescriptorLimit one_left(static_cast<rlim_t>(next) + 1);
    late.emplace(WirePeer::Connect(greeter.endpoint()));
    EXPECT_TRUE(Eventually([&] { return log.Contains("cannot accept connections"); }));
  }
  EXPECT_EQ(late->Receive(2), "hi");
}

asio::awaitable<void> ReadWithin(Tcp::socket socket, std::chrono::milliseconds limit,
                                 std::shared_ptr<std::string> end) {
  const Deadline deadline(socket, limit);
  std::array<uint8_t, 4> bytes;
  const absl::Status read = co_await ReadExactly(socket, bytes);
  *end = read.ok() ? "read" : deadline.passed() ? "passed" : std::string(read.message());
}

std::string ReadEnds(const std::string& sent, bool closes, std::chrono::milliseconds limit) {
  CaptureLog log;
  WireListener port;
  WirePeer peer = WirePeer::Connect(port.endpoint());
  const auto end = std::make_shared<std::string>();
  IoThread thread;
  thread.Run([&] {
    Tcp::socket socket(thread.io());
    socket.assign(Tcp::v4(), port.Accept().Release());
    PrepareStream(socket);
    Spawn(thread.io().get_executor(), ReadWithin(std::move(socket), limit, end), log);
  });
  peer.Send(sent);
  if (closes) peer.Close();
  EXPECT_TRUE(Eventually([&] { return !thread.Run([&] { return *end; }).empty(); }));
  thread.Stop();
  return *end;
}

TEST(DeadlineTest, EndsAReadThatTakesTooLongAndNoOther) {
  EXPECT_EQ(ReadEnds("abcd", false, std::chrono::seconds(60)), "read");
  EXPECT_EQ(ReadEnds("abc", false, std::chrono::milliseconds(50)), "passed");
  EXPECT_EQ(ReadEnds("abc", true, std::chrono::seconds(60)), "the peer closed after 3 of 4 bytes");
}

TEST(ListenTest, NamesTheEndpointThatItCannotHave) {
  WireListener squatter;
  asio::io_context io;
  const auto acceptor = Listen(io.get_executor(), squatter.endpoint());
  EXPECT_THAT(std::string(acceptor.status().message()),
              testing::HasSubstr(squatter.endpoint().ToString()));
}

TEST(ListenTest, HandsDownItsOptionsToWhatItAccepts) {
  asio::io_context io;
  Tcp::acceptor acceptor = *Listen(io.get_executor(), kAnyPort);
  const Endpoint endpoint = *Endpoint::FromSockaddr(acceptor.local_endpoint().data());
  const WirePeer peer = WirePeer::Connect(endpoint);
  Tcp::socket accepted = acceptor.accept();
  const auto option = [&accepted](int level, int name) {
    int value = -1;
    socklen_t length = sizeof value;
    getsockopt(accepted.native_handle(), level, name, &value, &length);
    return value;
  };
  EXPECT_EQ(option(IPPROTO_TCP, TCP_NODELAY), 1);
  EXPECT_EQ(option(SOL_SOCKET, SO_KEEPALIVE), 1);
  EXPECT_EQ(option(IPPROTO_TCP, TCP_KEEPIDLE), 20);
  EXPECT_EQ(option(IPPROTO_TCP, TCP_KEEPINTVL), 8);
  EXPECT_EQ(option(IPPROTO_TCP, TCP_KEEPCNT), 3);
}

}  // namespace
}  // namespace lifeboat::exitnode
