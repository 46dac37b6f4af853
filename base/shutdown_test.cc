#include "base/shutdown.h"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <thread>

#include "gtest/gtest.h"

namespace lifeboat {
namespace {

TEST(ShutdownTest, ReloadsAtEachHangupUntilAskedToEnd) {
  Shutdown shutdown;
  int reloads = 0;
  kill(getpid(), SIGHUP);
  const int signal = shutdown.Wait([&] {
    // One at a time: a pending signal is not queued twice.
    if (++reloads < 3) {
      kill(getpid(), SIGHUP);
    } else {
      kill(getpid(), SIGINT);
    }
  });
  EXPECT_EQ(reloads, 3);
  EXPECT_EQ(signal, SIGINT);
}

TEST(ShutdownTest, CanBeRequestedFromAnotherThread) {
  Shutdown shutdown;
  std::thread other([&] { shutdown.Request(); });
  EXPECT_EQ(shutdown.Wait(), SIGTERM);
  other.join();
}

TEST(ShutdownTest, APeerThatHungUpDoesNotEndTheProgram) {
  Shutdown shutdown;
  std::array<int, 2> ends{};
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()), 0);
  close(ends[0]);
  EXPECT_EQ(write(ends[1], "x", 1), -1);
  close(ends[1]);
}

TEST(ShutdownDeathTest, ASecondSignalEndsAtOnce) {
  EXPECT_EXIT(
      {
        Shutdown shutdown;
        kill(getpid(), SIGTERM);
        shutdown.Wait();
        kill(getpid(), SIGINT);
        while (true) pause();
      },
      testing::KilledBySignal(SIGINT), "");
}

}  // namespace
}  // namespace lifeboat
