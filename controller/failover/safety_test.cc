#include "controller/failover/safety.h"

#include <gtest/gtest.h>

namespace lifeboat {
namespace {

absl::Time At(const std::string& text) {
  absl::Time time;
  std::string error;
  EXPECT_TRUE(absl::ParseTime(absl::RFC3339_full, text, &time, &error)) << text << ": " << error;
  return time;
}

TEST(MaintenanceWindowTest, IsOpenFromItsBeginToJustBeforeItsEnd) {
  const MaintenanceWindow once{.begin = At("2026-11-21T23:00:00Z"),
                               .end = At("2026-11-22T01:00:00Z")};
  EXPECT_FALSE(once.OpenUntil(At("2026-11-21T22:59:59Z")));
  EXPECT_EQ(once.OpenUntil(At("2026-11-21T23:00:00Z")), once.end);
  EXPECT_EQ(once.OpenUntil(At("2026-11-22T00:59:59Z")), once.end);
  EXPECT_FALSE(once.OpenUntil(once.end));
  EXPECT_FALSE(once.OpenUntil(At("2026-11-28T23:30:00Z"))) << "once is not each week";
}

TEST(MaintenanceWindowTest, ComesBackEachWeekBeforeAndAfterTheOneThatIsNamed) {
  // Saturday night into Sunday.
  const MaintenanceWindow weekly{
      .begin = At("2026-11-21T23:00:00Z"), .end = At("2026-11-22T01:00:00Z"), .weekly = true};
  const std::pair<const char*, const char*> kCases[] = {
      {"2026-11-21T22:59:59Z", ""},
      {"2026-11-21T23:00:00Z", "2026-11-22T01:00:00Z"},
      {"2026-11-22T00:30:00Z", "2026-11-22T01:00:00Z"},
      {"2026-11-22T01:00:00Z", ""},
      {"2026-11-28T23:30:00Z", "2026-11-29T01:00:00Z"},
      {"2026-11-15T00:59:59Z", "2026-11-15T01:00:00Z"},  // the week before
      {"2026-11-14T22:59:59Z", ""},
      {"1970-01-04T00:30:00Z", "1970-01-04T01:00:00Z"},  // a clock that was never set
      {"2026-11-25T00:30:00Z", ""},
  };
  for (const auto& [at, until] : kCases) {
    const auto open = weekly.OpenUntil(At(at));
    EXPECT_EQ(open, *until == '\0' ? std::nullopt : std::optional(At(until))) << at;
  }
}

}  // namespace
}  // namespace lifeboat
