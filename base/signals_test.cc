#include "base/signals.h"

#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

#include "gtest/gtest.h"

namespace lifeboat {
namespace {

TEST(SignalsTest, EachHangupReloadsUntilAskedToEnd) {
  const Signals signals;
  int reloads = 0;
  kill(getpid(), SIGHUP);
  const int ended_by = signals.Wait([&] { kill(getpid(), ++reloads < 3 ? SIGHUP : SIGTERM); });
  EXPECT_EQ(reloads, 3);
  EXPECT_EQ(ended_by, SIGTERM);
}

TEST(SignalsTest, APeerThatHungUpDoesNotEndTheProgram) {
  const Signals signals;
  std::array<int, 2> ends{};
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()), 0);
  close(ends[0]);
  EXPECT_EQ(write(ends[1], "x", 1), -1);
  close(ends[1]);
}

TEST(SignalsDeathTest, ASecondSignalEndsAtOnce) {
  EXPECT_EXIT(
      {
        const Signals signals;
        kill(getpid(), SIGTERM);
        signals.Wait([] {});
        kill(getpid(), SIGINT);
        while (true) pause();
      },
      testing::KilledBySignal(SIGINT), "");
}

}  // namespace
}  // namespace lifeboat
