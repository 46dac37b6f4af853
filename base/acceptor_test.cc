#include "base/acceptor.h"

#include <fcntl.h>
#include <poll.h>

#include <cerrno>
#include <vector>

#include "base/testing/capture_log.h"
#include "base/testing/descriptor_limit.h"
#include "base/testing/eventually.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace lifeboat {
namespace {

using ::testing::HasSubstr;

// An acceptor whose connections a test can count.
class AcceptorTest : public testing::Test {
 protected:
  void Listen(AcceptorOptions options) {
    auto acceptor = Acceptor::Listen(std::move(options), clock_, log_, registry_);
    ASSERT_TRUE(acceptor.ok()) << acceptor.status();
    acceptor_ = *std::move(acceptor);
    acceptor_->Start([this](int descriptor) {
      MutexLock lock(mutex_);
      accepted_.emplace_back(descriptor);
    });
  }
  void TearDown() override {
    if (acceptor_ != nullptr) acceptor_->Stop();
  }

  // A connected socket from 127.0.`network`.1.
  Descriptor Connect(int network = 0) {
    const Endpoint from{.address = *IpAddress::FromBytes(std::string{127, 0, char(network), 1})};
    Descriptor client(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_storage address;
    socklen_t length = from.ToSockaddr(address);
    EXPECT_EQ(bind(client.get(), reinterpret_cast<sockaddr*>(&address), length), 0);
    const Endpoint to{.address = *IpAddress::Parse("127.0.0.1"), .port = acceptor_->local().port};
    length = to.ToSockaddr(address);
    EXPECT_EQ(connect(client.get(), reinterpret_cast<sockaddr*>(&address), length), 0);
    return client;
  }
  int Accepted() {
    MutexLock lock(mutex_);
    return static_cast<int>(accepted_.size());
  }
  bool EventuallyAccepted(int count, absl::Duration limit = absl::Seconds(10)) {
    return Eventually([&] { return Accepted() == count; }, limit);
  }
  static bool EventuallyClosed(const Descriptor& client) {
    pollfd wait{client.get(), POLLIN, 0};
    return poll(&wait, 1, 10'000) == 1;  // nobody ever writes: readable means closed
  }
  bool EventuallyShows(const std::string& metric) {
    return Eventually([&] { return absl::StrContains(MetricsText(registry_), metric); });
  }

  SystemClock clock_;
  CaptureLog log_;
  prometheus::Registry registry_;
  std::unique_ptr<Acceptor> acceptor_;
  Mutex mutex_;
  std::vector<Descriptor> accepted_ GUARDED_BY(mutex_);
};

TEST_F(AcceptorTest, HandsOverWhatItAccepts) {
  Listen({.listen = "127.0.0.1:0"});
  const Descriptor one = Connect(), two = Connect();
  EXPECT_TRUE(EventuallyAccepted(2));
  EXPECT_THAT(MetricsText(registry_), HasSubstr("lifeboat_connections_accepted_total 2"));
}

TEST_F(AcceptorTest, TheUnspecifiedAddressServesIPv4Too) {
  Listen({.listen = "[::]:0"});
  const Descriptor client = Connect();
  EXPECT_TRUE(EventuallyAccepted(1));
}

TEST_F(AcceptorTest, AnAddressInUseIsNamed) {
  Listen({.listen = "127.0.0.1:0"});
  const std::string taken = acceptor_->local().ToString();
  const auto second = Acceptor::Listen({.listen = taken}, clock_, log_, registry_);
  EXPECT_EQ(second.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(second.status().message(), HasSubstr(taken));
  EXPECT_THAT(second.status().message(), HasSubstr("in use"));
}

TEST_F(AcceptorTest, NoErrorOfAcceptMakesItDeaf) {
  constexpr int kErrors[] = {EMFILE,      ENFILE,      ENOBUFS,  ENOMEM,    ECONNABORTED,
                             EPROTO,      EINTR,       ENETDOWN, EHOSTDOWN, EPERM,
                             ENOPROTOOPT, ENETUNREACH, EINVAL,   EBADF,     ENOTSOCK};
  for (const int error : kErrors) {
    auto failures = std::make_shared<std::atomic<int>>(4);
    Listen(
        {.listen = "127.0.0.1:0",
         .accept = [failures, error](int listener, sockaddr* from, socklen_t* length, int flags) {
           if ((*failures)-- > 0) {
             errno = error;
             return -1;
           }
           return accept4(listener, from, length, flags);
         }});
    const int before = Accepted();
    const Descriptor client = Connect();
    EXPECT_TRUE(EventuallyAccepted(before + 1, absl::Seconds(1))) << strerror(error);
    acceptor_->Stop();
  }
}

TEST_F(AcceptorTest, OneNetworkOfStrangersDoesNotShutOutAnother) {
  Listen({.listen = "127.0.0.1:0", .newcomers = {.in_all = 8, .per_prefix = 2}});
  const Descriptor one = Connect(9), two = Connect(9);
  ASSERT_TRUE(EventuallyAccepted(2));
  const Descriptor three = Connect(9);
  EXPECT_TRUE(EventuallyClosed(three));
  EXPECT_TRUE(
      EventuallyShows("lifeboat_connections_refused_total{reason=\"strangers_of_prefix\"} 1"));
  const Descriptor other = Connect(1);
  EXPECT_TRUE(EventuallyAccepted(3));
}

TEST_F(AcceptorTest, AStrangerThatLeftOrShowedWhoItIsMakesRoom) {
  Listen({.listen = "127.0.0.1:0", .newcomers = {.in_all = 4, .per_prefix = 1}});
  const Descriptor one = Connect();
  ASSERT_TRUE(EventuallyAccepted(1));
  sockaddr_storage address{};
  socklen_t length = sizeof(address);
  getsockname(one.get(), reinterpret_cast<sockaddr*>(&address), &length);
  acceptor_->Authenticated(*Endpoint::FromSockaddr(reinterpret_cast<sockaddr*>(&address)));
  const Descriptor two = Connect();
  ASSERT_TRUE(EventuallyAccepted(2));
  {
    MutexLock lock(mutex_);
    accepted_.clear();  // as gRPC does when a handshake fails
  }
  const Descriptor three = Connect();
  EXPECT_TRUE(EventuallyAccepted(1));
}

TEST_F(AcceptorTest, TakesCallersAgainOnceDescriptorsAreFree) {
  Listen({.listen = "127.0.0.1:0"});
  std::vector<Descriptor> clients;
  for (int i = 0; i < 3; ++i) clients.emplace_back(socket(AF_INET, SOCK_STREAM, 0));
  std::vector<Descriptor> hogs;
  {
    const DescriptorLimit limit(64);
    while (true) {
      Descriptor hog(open("/dev/null", O_RDONLY));
      if (!hog.ok()) break;
      hogs.push_back(std::move(hog));
    }
    sockaddr_storage address;
    const socklen_t length = acceptor_->local().ToSockaddr(address);
    for (const Descriptor& client : clients) {
      ASSERT_EQ(connect(client.get(), reinterpret_cast<sockaddr*>(&address), length), 0);
    }
    EXPECT_TRUE(EventuallyClosed(clients[0])) << "the reserve tells them";
    EXPECT_TRUE(log_.Contains("Too many open files"));
  }
  hogs.clear();
  const Descriptor late = Connect();
  EXPECT_TRUE(Eventually([&] { return Accepted() >= 1; }, absl::Seconds(1)));
}

}  // namespace
}  // namespace lifeboat
