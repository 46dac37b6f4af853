#include "controller/health/filter.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <random>
#include <string>

namespace lifeboat {
namespace {

const Instant kStart = Instant::SinceBoot(absl::Hours(1));
constexpr absl::Duration kProbe = absl::Seconds(2);

// One character per health: ? unknown, U up, D down.
char Letter(Health health) {
  return health == Health::kUnknown ? '?' : health == Health::kUp ? 'U' : 'D';
}

// What follows each of `results` (x bad, s slow, o good; - none came), one each `every`.
std::string HealthsAfter(const FilterRule& rule, const std::string& results,
                         absl::Duration every = kProbe) {
  Filter filter(rule);
  std::string healths;
  Instant at = kStart;
  for (const char c : results) {
    at = at + every;
    if (c == '-') continue;
    const Result result = c == 'x' ? Result::kBad : c == 's' ? Result::kSlow : Result::kGood;
    healths += Letter(filter.Push(result, at));
  }
  return healths;
}

struct Case {
  const char* results;
  const char* want;
};

void ExpectAll(const FilterRule& rule, const std::vector<Case>& cases,
               absl::Duration every = kProbe) {
  for (const auto& [results, want] : cases) {
    EXPECT_EQ(HealthsAfter(rule, results, every), want) << results;
  }
}

TEST(FilterTest, KOfNFollowsItsRule) {
  ExpectAll(KOfN{.k = 3, .n = 4, .recover = 4},
            {
                {"oooo", "???U"},                // warming until the window is full
                {"ooooxxx", "???UUUD"},          // the third bad one of the last four
                {"ooooxoxx", "???UUUUD"},        // a success between does not reset it
                {"ooooxxxo", "???UUUDD"},        // one success proves nothing
                {"ooooxxxoooo", "???UUUDDDDU"},  // the fourth in a row does
                {"ooooxxxooxoooo", "???UUUDDDDDDDU"},
                {"xxx", "??D"},        // sure before the window is full
                {"oossss", "???UUU"},  // slow ones have served
            });
}

TEST(FilterTest, RunFollowsItsRule) {
  ExpectAll(lifeboat::Run{.fall = 3, .rise = 2},
            {
                {"oo", "?U"},
                {"xx", "??"},
                {"xxx", "??D"},
                {"oxo", "??U"},          // neither run was seen, yet it answers now and then
                {"ooxxoxx", "?UUUUUU"},  // one success resets it
                {"ooxxx", "?UUUD"},
                {"ooxxxoxo", "?UUUDDDD"},
                {"ooxxxoo", "?UUUDDU"},
            });
}

TEST(FilterTest, RateFollowsItsRule) {
  const Rate rule{.window = absl::Seconds(16), .minimum = 4, .threshold = 0.5};
  ExpectAll(rule,
            {
                {"ooo", "???"},            // too few to judge
                {"ooxx", "???D"},          // half is enough
                {"oooxx", "???UU"},        // two of five are less
                {"oooxxx", "???UUD"},      // three of six
                {"xxxxoooo", "???DDDDD"},  // still half
                {"xxxxooooo", "???DDDDDU"},
                {"xxxx--------o", "???DD"},  // the window is empty: it judges nothing and stays
            });
}

TEST(FilterTest, LeakyFollowsItsRule) {
  const Leaky rule{.half_life = absl::Seconds(2), .trip = 0.6, .clear = 0.2};
  // Each result weighs half of the next, so that the newest weighs as much as all before it.
  ExpectAll(rule, {
                      {"xx", "??"},                 // two results say nothing yet
                      {"xxx", "??D"},               //
                      {"ooox", "??UU"},             // 0.53
                      {"oooxx", "??UUD"},           // 0.77
                      {"oooxxooo", "??UUDDUU"},     // 0.38, 0.19: clear
                      {"xxx-----------o", "??DD"},  // forgotten: warms anew
                  });
}

TEST(FilterTest, SilenceFollowsItsRule) {
  const Silence rule{.after = absl::Seconds(4)};
  ExpectAll(rule, {
                      {"o", "U"},
                      {"oxx", "UUU"},    // exactly as long is not longer
                      {"oxxx", "UUUD"},  //
                      {"oxxxo", "UUUDU"},
                      {"xxx", "???"},
                      {"xxxx", "???D"},  // never one since the first result
                      {"o--x", "UD"},
                  });
}

TEST(FilterTest, EjectionFollowsItsRule) {
  const Ejection rule{
      .fall = 2, .base = absl::Seconds(6), .most = absl::Seconds(12), .forgive = absl::Seconds(10)};
  ExpectAll(rule, {
                      {"ooxx", "?UUD"},
                      {"xxooo", "?DDDU"},  // whatever comes, until the time is over
                      {"xxxxx", "?DDDU"},  // then counted afresh
                      {"xxxxxx", "?DDDUD"},
                      {"xxxxxxxxxxxx", "?DDDUDDDDDDU"},  // the second time twice as long
                      {"xxxxxxxxxxxxxxxxxxx", "?DDDUDDDDDDUDDDDDDU"},  // never longer than that
                      {"xxoooooooooxxooo", "?DDDUUUUUUUUDDDU"},        // forgiven meanwhile
                  });
}

const FilterRule kRules[] = {KOfN{},          KOfN{.k = 10, .n = 64, .recover = 3},
                             lifeboat::Run{}, lifeboat::Run{.fall = 5, .rise = 1},
                             Rate{},          Leaky{},
                             Silence{},       Ejection{}};

TEST(FilterTest, OnlyGoodResultsAreNeverDownAndBecomeUp) {
  for (const FilterRule& rule : kRules) {
    const std::string healths = HealthsAfter(rule, std::string(1000, 'o'));
    EXPECT_EQ(healths.find('D'), std::string::npos) << rule.index();
    EXPECT_EQ(healths.back(), 'U') << rule.index();
  }
}

TEST(FilterTest, OnlyBadResultsAreDownWithinTheTimeThatTheRuleAllows) {
  for (const FilterRule& rule : kRules) {
    const std::string healths =
        HealthsAfter(rule, std::string(100, 'o') + std::string(20, 'x')).substr(100);
    EXPECT_NE(healths.find('D'), std::string::npos) << rule.index();
  }
}

TEST(FilterTest, IsWarmOnceAndSaysWhereItStands) {
  for (const FilterRule& rule : kRules) {
    Filter filter(rule);
    EXPECT_FALSE(filter.warm()) << rule.index();
    Instant at = kStart;
    for (int i = 0; i < 100; ++i) filter.Push(Result::kGood, at = at + kProbe);
    EXPECT_TRUE(filter.warm()) << rule.index();
    EXPECT_NE(filter.Words(), "") << rule.index();
  }
}

TEST(FilterTest, SpeaksOfItsCounts) {
  Filter filter(KOfN{});
  filter.Push(Result::kBad, kStart);
  EXPECT_EQ(filter.Words(), "1 of 4 results");
  for (int i = 0; i < 3; ++i) filter.Push(Result::kBad, kStart + kProbe);
  EXPECT_EQ(filter.Words(), "4 of the last 4 bad");
  for (int i = 0; i < 2; ++i) filter.Push(Result::kGood, kStart + kProbe);
  EXPECT_EQ(filter.Words(), "2 of the last 4 bad, 2 of 4 good ones in a row");
}

TEST(FilterTest, ARateThatLosesItsWindowWarmsAnew) {
  Filter filter(Rate{});
  Instant at = kStart;
  for (int i = 0; i < 15; ++i) filter.Push(Result::kGood, at = at + kProbe);
  EXPECT_TRUE(filter.warm());
  filter.Push(Result::kBad, at + absl::Minutes(2));
  EXPECT_FALSE(filter.warm());
  EXPECT_EQ(filter.health(), Health::kUp) << "one result does not judge";
}

// The slow, obvious twin: keeps the last n results and counts.
TEST(FilterTest, KOfNAgreesWithItsObviousTwinOnRandomRuns) {
  std::mt19937 random(7);
  for (int round = 0; round < 2000; ++round) {
    KOfN rule;
    rule.n = 1 + static_cast<int>(random() % 64);
    rule.k = 1 + static_cast<int>(random() % rule.n);
    rule.recover = 1 + static_cast<int>(random() % 8);
    const unsigned badness = random() % 100;
    Filter filter(rule);
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
      ASSERT_EQ(filter.Push(result, kStart) == Health::kDown, down)
          << "round " << round << " step " << i;
    }
  }
}

// The same for rate: keeps every result and counts those of the slices that are within the window.
TEST(FilterTest, RateAgreesWithItsObviousTwinOnRandomRuns) {
  std::mt19937 random(11);
  const Rate rule{.window = absl::Seconds(16), .minimum = 4, .threshold = 0.3};
  const auto second = [](Instant at) { return absl::ToInt64Seconds(at.since_boot()); };
  for (int round = 0; round < 200; ++round) {
    Filter filter(rule);
    std::deque<std::pair<int64_t, bool>> results;
    Instant at = kStart;
    bool down = false;
    const unsigned badness = random() % 60;
    for (int i = 0; i < 300; ++i) {
      at = at + absl::Milliseconds(random() % (i % 50 == 0 ? 30000 : 4000));
      results.emplace_back(second(at), random() % 100 < badness);
      while (results.front().first <= second(at) - 16) results.pop_front();
      const auto bad = std::count_if(results.begin(), results.end(),
                                     [](const auto& result) { return result.second; });
      if (results.size() >= 4) {
        down = static_cast<double>(bad) >= 0.3 * static_cast<double>(results.size()) - 1e-9;
      }
      const Result result = results.back().second ? Result::kBad : Result::kGood;
      ASSERT_EQ(filter.Push(result, at) == Health::kDown, down) << round << " step " << i;
    }
  }
}

// S01 (2 July 2019): four probes of five fail, so that no run of bad ones lasts. The filter by
// default is down within 30 s, and hardly ever leaves DOWN again in the 25 minutes.
TEST(FilterTest, TripsAndStaysDownWhenFourProbesOfFiveFail) {
  std::mt19937 random(20190702);
  constexpr int kRounds = 10000, kLateAfter = 15, kProbes = 750;
  int late = 0, up = 0;
  for (int round = 0; round < kRounds; ++round) {
    Filter filter{FilterRule{KOfN{}}};
    for (int i = 0; i < 4; ++i) filter.Push(Result::kGood, kStart);
    bool tripped = false;
    for (int i = 1; i <= kProbes; ++i) {
      const bool bad = random() % 100 < 82;
      const Health health = filter.Push(bad ? Result::kBad : Result::kGood, kStart);
      if (tripped && health != Health::kDown) ++up;
      tripped = tripped || health == Health::kDown;
      if (i == kLateAfter && !tripped) ++late;
    }
  }
  EXPECT_LE(late, kRounds / 1000) << "of " << kRounds << " not down within 30 s";
  EXPECT_LT(up, kRounds * kProbes / 100) << "UP for more than one part in a hundred";
}

}  // namespace
}  // namespace lifeboat
