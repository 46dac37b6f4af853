#include "controller/failover/ulid.h"

#include <gtest/gtest.h>

#include <random>

#include "absl/strings/match.h"

namespace lifeboat {
namespace {

TEST(UlidTest, WritesTheTimeAsTheSpecificationDoes) {
  std::mt19937_64 random(1);
  // The example of github.com/ulid/spec.
  const std::string id = NewUlid(absl::FromUnixMillis(1469918176385), random);
  EXPECT_EQ(id.size(), 26u);
  EXPECT_TRUE(absl::StartsWith(id, "01ARYZ6S41")) << id;
  EXPECT_EQ(id.find_first_not_of("0123456789ABCDEFGHJKMNPQRSTVWXYZ"), std::string::npos) << id;
}

TEST(UlidTest, SortsByTimeAndDiffersWithinOne) {
  std::mt19937_64 random(1);
  const absl::Time at = absl::FromUnixSeconds(1'700'000'000);
  EXPECT_LT(NewUlid(at, random), NewUlid(at + absl::Milliseconds(1), random));
  EXPECT_NE(NewUlid(at, random), NewUlid(at, random));
}

TEST(UlidTest, StaysAboveTheLastOneWhateverTheClockDoes) {
  std::mt19937_64 random(1);
  absl::Time at = absl::FromUnixSeconds(1'700'000'000);
  std::string last;
  for (int i = 0; i < 1000; ++i) {
    const std::string next = NextUlid(last, at, random);
    ASSERT_GT(next, last);
    ASSERT_EQ(next.size(), 26u);
    last = next;
    if (i % 10 == 0) at -= absl::Seconds(5);
    if (i % 100 == 0) at += absl::Minutes(2);
  }
}

TEST(UlidTest, CarriesWhenItCounts) {
  std::mt19937_64 random(1);
  const std::string last = "01ARYZ6S41ZZZZZZZZZZZZZZ1Z";
  EXPECT_EQ(NextUlid(last, absl::UnixEpoch(), random), "01ARYZ6S41ZZZZZZZZZZZZZZ20");
  EXPECT_TRUE(absl::StartsWith(NewUlid(absl::InfinitePast(), random), "0000000000"));
}

}  // namespace
}  // namespace lifeboat
