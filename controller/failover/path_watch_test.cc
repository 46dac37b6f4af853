#include "controller/failover/path_watch.h"

#include <gtest/gtest.h>

namespace lifeboat {
namespace {

// A verdict a second: U up, g degraded, D down, ? undecided, _ blind.
Verdict Parse(char letter) {
  return letter == 'U'   ? Verdict::kUp
         : letter == 'g' ? Verdict::kDegraded
         : letter == 'D' ? Verdict::kDown
         : letter == '?' ? Verdict::kUndecided
                         : Verdict::kBlind;
}

TEST(PathWatchTest, CountsOnlyWhatHasNoBreak) {
  struct Case {
    const char* verdicts;
    int down_for, clean_for, verdict_for;  // seconds at the last one
  };
  const Case kCases[] = {
      {"U", 0, 0, 0},      {"UUU", 0, 2, 2},   {"UUDDD", 2, 0, 2}, {"DD?DD", 1, 0, 1},
      {"DD_DD", 1, 0, 1},  {"DDgDD", 1, 0, 1}, {"DDU", 0, 0, 0},   {"UUgUU", 0, 1, 1},
      {"UU_UUU", 0, 2, 2}, {"DD__", 0, 0, 1},  {"gggg", 0, 0, 3},  {"U?U?UU", 0, 1, 1},
  };
  for (const Case& c : kCases) {
    PathWatch watch;
    Instant now = Instant::SinceBoot(absl::Hours(1));
    for (const char* letter = c.verdicts; *letter != 0; ++letter) {
      now = now + absl::Seconds(1);
      watch.See(Parse(*letter), now);
    }
    EXPECT_EQ(watch.down_for(now), absl::Seconds(c.down_for)) << c.verdicts;
    EXPECT_EQ(watch.clean_for(now), absl::Seconds(c.clean_for)) << c.verdicts;
    EXPECT_EQ(watch.verdict_for(now), absl::Seconds(c.verdict_for)) << c.verdicts;
  }
  EXPECT_EQ(PathWatch().verdict(), Verdict::kBlind);
}

}  // namespace
}  // namespace lifeboat
