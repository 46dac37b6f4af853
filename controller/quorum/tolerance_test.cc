#include "controller/quorum/tolerance.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "controller/quorum/quorum.h"

namespace lifeboat {
namespace {

// How much is tried: an optimised build has the time for all of it.
#if defined(__OPTIMIZE__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
constexpr size_t kMost = 7;
constexpr size_t kMostInAllNetworks = 6;
#else
constexpr size_t kMost = 5;
constexpr size_t kMostInAllNetworks = 4;
#endif

std::vector<Vantage> Fleet(const std::vector<int>& weights, const std::string& networks) {
  std::vector<Vantage> fleet;
  for (size_t i = 0; i < weights.size(); ++i) {
    fleet.push_back({.name = absl::StrCat("v", i),
                     .weight = static_cast<double>(weights[i]),
                     .asn = static_cast<uint32_t>(networks[i]),
                     .country = "DE",
                     .continent = ""});
  }
  return fleet;
}

// The slow and obvious twin: every vantage lies, is silenced or says UP, in all ways there are. The
// fewest liars of any way that ends in DOWN, less one.
int ByTryingAll(const QuorumPolicy& policy, const std::vector<Vantage>& fleet) {
  const Electorate electorate(policy, fleet);
  std::vector<Standing> standings(fleet.size());
  int fewest = static_cast<int>(fleet.size()) + 1;
  for (;;) {
    const Tally tally = Count(electorate, standings);
    if (tally.verdict == Verdict::kDown) fewest = std::min(fewest, tally.down_voters);
    size_t i = 0;  // the next number to base three: _, U, D
    for (; i < standings.size(); ++i) {
      VoteKind& kind = standings[i].kind;
      kind = kind == VoteKind::kAbstain ? VoteKind::kUp
             : kind == VoteKind::kUp    ? VoteKind::kDown
                                        : VoteKind::kAbstain;
      if (kind != VoteKind::kAbstain) break;
    }
    if (i == standings.size()) return fewest - 1;
  }
}

// All weights 1–3, the order left aside: vantages are told apart by their networks.
std::vector<std::vector<int>> WeightsOf(size_t vantages) {
  std::vector<std::vector<int>> all;
  for (size_t ones = 0; ones <= vantages; ++ones) {
    for (size_t twos = 0; ones + twos <= vantages; ++twos) {
      std::vector<int> weights(ones, 1);
      weights.insert(weights.end(), twos, 2);
      weights.insert(weights.end(), vantages - ones - twos, 3);
      all.push_back(weights);
    }
  }
  return all;
}

// All ways to share networks ("abab": two in each of two); of large fleets a few that differ much.
std::vector<std::string> NetworksOf(size_t vantages) {
  if (vantages > kMostInAllNetworks) {
    std::vector<std::string> some;
    for (const char* pattern : {"abcdefg", "aabbccd", "aaaabcd", "abcdaaa", "abababa"}) {
      some.push_back(std::string(pattern).substr(0, vantages));
    }
    return some;
  }
  std::vector<std::string> all = {""};
  for (size_t i = 0; i < vantages; ++i) {
    std::vector<std::string> longer;
    for (const std::string& pattern : all) {
      const char last =
          pattern.empty() ? 'a' - 1 : *std::max_element(pattern.begin(), pattern.end());
      for (char next = 'a'; next <= last + 1; ++next) longer.push_back(pattern + next);
    }
    all = longer;
  }
  return all;
}

std::vector<QuorumPolicy> PoliciesFor(size_t vantages) {
  std::vector<QuorumPolicy> policies;
  const bool small = vantages <= kMostInAllNetworks;
  for (const double share :
       small ? std::vector<double>{0.3, 0.5, 0.67, 1} : std::vector<double>{0.4, 0.5, 0.67}) {
    for (const int min_asns : {1, 2, 3}) {
      for (const double turnout : small ? std::vector{0.3, 0.8} : std::vector{0.5}) {
        for (int voters = 1; voters <= static_cast<int>(vantages); ++voters) {
          policies.push_back(
              {.share = share, .min_voters = voters, .min_asns = min_asns, .min_turnout = turnout});
        }
      }
    }
  }
  return policies;
}

TEST(LyingVantagesWithstoodTest, IsTightForEverySmallFleet) {
  int tried = 0;
  for (size_t vantages = 1; vantages <= kMost; ++vantages) {
    for (const std::vector<int>& weights : WeightsOf(vantages)) {
      for (const std::string& networks : NetworksOf(vantages)) {
        const std::vector<Vantage> fleet = Fleet(weights, networks);
        for (const QuorumPolicy& policy : PoliciesFor(vantages)) {
          const Tolerance got = LyingVantagesWithstood(policy, fleet);
          ASSERT_TRUE(got.exact);
          ASSERT_EQ(got.liars, ByTryingAll(policy, fleet))
              << networks << " of which " << std::count(weights.begin(), weights.end(), 1)
              << " weigh 1 and " << std::count(weights.begin(), weights.end(), 2)
              << " weigh 2, share " << policy.share << ", min_voters " << policy.min_voters
              << ", min_asns " << policy.min_asns << ", min_turnout " << policy.min_turnout;
          ++tried;
        }
      }
    }
  }
  RecordProperty("fleets_and_policies", tried);
  EXPECT_GT(tried, 5000);
}

// share × min_voters, rounded up, less one: what holds for equal weights in networks of their own.
TEST(LyingVantagesWithstoodTest, IsSetByMinVotersAndNotByHowManyThereAre) {
  const auto of = [](int min_voters, size_t vantages) {
    const std::vector<Vantage> fleet = Fleet(
        std::vector<int>(vantages, 1), std::string("abcdefghijklmnopqrst").substr(0, vantages));
    const QuorumPolicy policy{
        .share = 0.5, .min_voters = min_voters, .min_asns = 1, .min_turnout = 0.01};
    return LyingVantagesWithstood(policy, fleet).liars;
  };
  EXPECT_EQ(of(3, 5), 1);
  EXPECT_EQ(of(3, 20), 1);
  EXPECT_EQ(of(4, 7), 1);
  EXPECT_EQ(of(5, 7), 2);
  EXPECT_EQ(of(1, 7), 0);
}

TEST(LyingVantagesWithstoodTest, CountsTheHeaviestAgainstTheLightest) {
  const QuorumPolicy policy{.share = 0.5, .min_voters = 3, .min_asns = 1};
  EXPECT_EQ(LyingVantagesWithstood(policy, Fleet({1, 1, 1, 1, 1}, "abcde")).liars, 1);
  EXPECT_EQ(LyingVantagesWithstood(policy, Fleet({5, 1, 1, 1, 1}, "abcde")).liars, 0);
}

TEST(LyingVantagesWithstoodTest, IsNeverAboveTheTruthForFleetsTooLargeToTry) {
  // Seven countries' worth of vantages, in which regions cannot all be tried.
  std::vector<Vantage> fleet = Fleet(std::vector<int>(13, 1), "abcdefghijklm");
  for (size_t i = 0; i < fleet.size(); ++i) fleet[i].continent = i < 5 ? "EU" : i < 9 ? "NA" : "AS";
  QuorumPolicy policy{.share = 0.5, .min_voters = 3, .min_asns = 2};
  policy.regions = RegionPolicy{.share = 0.6, .min_regions = 2};
  const Tolerance got = LyingVantagesWithstood(policy, fleet);
  EXPECT_FALSE(got.exact);
  // Two in each of two regions say DOWN of three and four (turnout a half), the third is silent.
  EXPECT_EQ(got.liars, 1);
}

TEST(LyingVantagesWithstoodTest, TriesAllWhereRegionsAreFew) {
  std::vector<Vantage> fleet = Fleet({1, 1, 1, 1, 1, 1}, "abcdef");
  for (size_t i = 0; i < fleet.size(); ++i) fleet[i].continent = i < 3 ? "EU" : i < 5 ? "NA" : "AS";
  QuorumPolicy policy{.share = 0.5, .min_voters = 5, .min_asns = 1};
  policy.regions = RegionPolicy{.share = 0.7, .min_regions = 3};
  const Tolerance nested = LyingVantagesWithstood(policy, fleet);
  EXPECT_TRUE(nested.exact);
  EXPECT_EQ(nested.liars, ByTryingAll(policy, fleet));
  EXPECT_EQ(nested.liars, 1);  // one against one in EU, and likewise in NA
  policy.regions.reset();
  EXPECT_EQ(LyingVantagesWithstood(policy, fleet).liars, 2);
}

TEST(LyingVantagesWithstoodTest, HoldsForEveryoneWhereNothingCanBeDecided) {
  const QuorumPolicy policy{.share = 0.5, .min_voters = 3, .min_asns = 2};
  EXPECT_EQ(LyingVantagesWithstood(policy, Fleet({1, 1}, "ab")).liars, 2);
}

}  // namespace
}  // namespace lifeboat
