#include "controller/health/filter.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <random>
#include <string>

namespace lifeboat {
namespace {

Result ParseResult(char c) {
  return c == 'x' ? Result::kBad : c == 's' ? Result::kSlow : Result::kGood;
}

// One character per health: ? unknown, U up, d degraded, D down.
char Letter(Health health) {
  switch (health) {
    case Health::kUnknown:
      return '?';
    case Health::kUp:
      return 'U';
    case Health::kDegraded:
      return 'd';
    case Health::kDown:
      return 'D';
  }
  return '!';
}

std::string HealthsAfter(const KOfN& rule, const std::string& results) {
  KOfNFilter filter(rule);
  std::string healths;
  for (const char c : results) healths += Letter(filter.Push(ParseResult(c)));
  return healths;
}

TEST(KOfNFilterTest, FollowsItsRule) {
  const KOfN rule{.k = 3, .n = 4, .recover = 4};
  const std::pair<const char*, const char*> kCases[] = {
      {"oooo", "???U"},                // warming until the window is full
      {"ooooxxx", "???UUUD"},          // the third bad one of the last four
      {"ooooxoxx", "???UUUUD"},        // a success between does not reset it
      {"ooooxxxo", "???UUUDD"},        // one success proves nothing
      {"ooooxxxoooo", "???UUUDDDDU"},  // the fourth in a row does
      {"ooooxxxooxoooo", "???UUUDDDDDDDU"},
      {"xxx", "??D"},        // sure before the window is full
      {"oossso", "???Udd"},  // slow ones degrade
  };
  for (const auto& [results, want] : kCases)
    EXPECT_EQ(HealthsAfter(rule, results), want) << results;
}

TEST(KOfNFilterTest, IsWarmOnlyWithAFullWindow) {
  KOfNFilter filter(KOfN{.k = 2, .n = 3, .recover = 2});
  filter.Push(Result::kBad);
  filter.Push(Result::kBad);
  EXPECT_EQ(filter.health(), Health::kDown);
  EXPECT_FALSE(filter.warm());
  filter.Push(Result::kBad);
  EXPECT_TRUE(filter.warm());
}

// The slow, obvious twin: keeps the last n results and counts.
TEST(KOfNFilterTest, AgreesWithItsObviousTwinOnRandomRuns) {
  std::mt19937 random(7);
  for (int round = 0; round < 2000; ++round) {
    KOfN rule;
    rule.n = 1 + static_cast<int>(random() % 64);
    rule.k = 1 + static_cast<int>(random() % rule.n);
    rule.recover = 1 + static_cast<int>(random() % 8);
    const unsigned badness = random() % 100;
    KOfNFilter filter(rule);
    std::deque<Result> window;
    bool down = false;
    int good_run = 0;
    for (int i = 0; i < 200; ++i) {
      const Result result = random() % 100 < badness ? Result::kBad : Result::kGood;
      window.push_back(result);
      if (window.size() > static_cast<size_t>(rule.n)) window.pop_front();
      const auto bad = std::count(window.begin(), window.end(), Result::kBad);
      good_run = result == Result::kBad ? 0 : good_run + 1;
      if (bad >= rule.k) {
        down = true;
      } else if (good_run >= rule.recover) {
        down = false;
      }
      ASSERT_EQ(filter.Push(result) == Health::kDown, down) << "round " << round << " step " << i;
    }
  }
}

}  // namespace
}  // namespace lifeboat
