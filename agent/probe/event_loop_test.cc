#include "agent/probe/event_loop.h"

#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "gtest/gtest.h"

namespace lifeboat::agent {
namespace {

class EventLoopTest : public testing::Test {
 protected:
  SystemClock clock_;
  EventLoop loop_{clock_};
};

TEST_F(EventLoopTest, TimersRunInOrderOfTheirTimeAndCancelledOnesNever) {
  std::string order;
  const Instant now = loop_.Now();
  loop_.At(now + absl::Milliseconds(20), [&] {
    order += 'c';
    loop_.Stop();
  });
  loop_.At(now + absl::Milliseconds(5), [&] { order += 'a'; });
  const auto cancelled = loop_.At(now + absl::Milliseconds(6), [&] { order += 'x'; });
  loop_.At(now + absl::Milliseconds(10), [&] { order += 'b'; });
  loop_.Cancel(cancelled);
  loop_.Cancel(cancelled);
  loop_.Run();
  EXPECT_EQ(order, "abc");
  EXPECT_GE(loop_.Now() - now, absl::Milliseconds(20));
}

TEST_F(EventLoopTest, ATimerThatSetsAnotherForAtOnceDoesNotStarvePosts) {
  int turns = 0;
  std::function<void()> again = [&] {
    if (++turns == 100) loop_.Post([&] { loop_.Stop(); });
    loop_.At(loop_.Now() - absl::Seconds(1), again);
  };
  loop_.At(loop_.Now(), again);
  loop_.Run();
  EXPECT_GE(turns, 100);
}

TEST_F(EventLoopTest, PostsFromOtherThreadsAllRun) {
  int ran = 0;
  std::thread runner([&] { loop_.Run(); });
  std::vector<std::thread> posters;
  for (int i = 0; i < 4; ++i) {
    posters.emplace_back([&] {
      for (int j = 0; j < 1000; ++j) loop_.Post([&] { ++ran; });
    });
  }
  for (std::thread& poster : posters) poster.join();
  loop_.Stop();
  runner.join();
  EXPECT_EQ(ran, 4000);
}

TEST_F(EventLoopTest, ADescriptorClosedInTheSameTurnIsNotServedUnderItsOldName) {
  int pair_a[2], pair_b[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, pair_a), 0);
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, pair_b), 0);
  ASSERT_EQ(write(pair_a[1], "x", 1), 1);
  ASSERT_EQ(write(pair_b[1], "x", 1), 1);
  int served = 0;
  // Whichever is served first replaces the other; the other's event of this turn must be dropped.
  const auto replace = [&](int self, int other) {
    ++served;
    loop_.Unwatch(self);
    loop_.Unwatch(other);
    loop_.Watch(other, EPOLLOUT, [&](uint32_t events) {
      EXPECT_FALSE(events & EPOLLHUP);
      loop_.Stop();
    });
  };
  loop_.Watch(pair_a[0], EPOLLIN, [&](uint32_t) { replace(pair_a[0], pair_b[0]); });
  loop_.Watch(pair_b[0], EPOLLIN, [&](uint32_t) { replace(pair_b[0], pair_a[0]); });
  loop_.Run();
  EXPECT_EQ(served, 1);
  for (int fd : {pair_a[0], pair_a[1], pair_b[0], pair_b[1]}) close(fd);
}

TEST_F(EventLoopTest, TurnsComeEvenWhenNothingHappens) {
  int turns = 0;
  loop_.OnTurn([&] {
    if (++turns == 3) loop_.Stop();
  });
  const Instant begin = loop_.Now();
  loop_.Run();
  EXPECT_LT(loop_.Now() - begin, absl::Seconds(5));
}

}  // namespace
}  // namespace lifeboat::agent
