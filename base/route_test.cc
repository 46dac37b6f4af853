#include "base/route.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/status.h"

namespace lifeboat {
namespace {

const IpAddress kLoopback = *IpAddress::Parse("127.0.0.1");

// Whether `check` holds where there is no network at all; nothing: this host makes no such place.
std::optional<bool> HoldsWithoutNetwork(const std::function<bool()>& check) {
  constexpr int kNowhere = 2;
  const pid_t child = fork();
  if (child == 0) {
    if (unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) _exit(kNowhere);
    _exit(check() ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  const int code = WEXITSTATUS(status);
  return code == kNowhere ? std::nullopt : std::optional<bool>(code == 0);
}

TEST(RouteTest, ThereIsAWayToThisHostItself) {
  EXPECT_TRUE(RouteTo(kLoopback).ok());
  EXPECT_TRUE(RouteTo(kLoopback, *IpAddress::Parse("127.0.0.2")).ok());
}

TEST(RouteTest, ThereIsNoneFromAnAddressOfTheOtherFamilyNorFromAStrangers) {
  const absl::Status other = RouteTo(*IpAddress::Parse("::1"), kLoopback);
  EXPECT_TRUE(absl::IsFailedPrecondition(other)) << other;
  EXPECT_EQ(Words(other), "no way from here to ::1: Address family not supported by protocol");
  EXPECT_FALSE(RouteTo(kLoopback, *IpAddress::Parse("192.0.2.1")).ok());
}

TEST(RouteTest, ThereIsNoneToAnyoneWithoutANetwork) {
  for (const char* address : {"192.0.2.1", "2001:db8::1"}) {
    const auto holds = HoldsWithoutNetwork(
        [&] { return absl::IsFailedPrecondition(RouteTo(*IpAddress::Parse(address))); });
    if (!holds) GTEST_SKIP() << "no network namespaces here";
    EXPECT_TRUE(*holds) << address;
  }
}

}  // namespace
}  // namespace lifeboat
