#include "controller/quorum/quorum.h"

#include <gtest/gtest.h>

#include <string>

#include "controller/quorum/testing/ballots.h"

namespace lifeboat {
namespace {

TEST(CountTest, FreezesWhenTooFewOrTooAlikeCanSee) {
  const QuorumPolicy policy{.share = 0.5, .min_voters = 2, .min_asns = 2, .min_turnout = 0.5};
  struct Case {
    const char* votes;
    const char* asns;
    Verdict want;
  };
  const Case kCases[] = {
      {"D__", "123", Verdict::kBlind},      // one witness is never enough
      {"DD__", "1234", Verdict::kDown},     // half the weight is turnout enough
      {"DD___", "12345", Verdict::kBlind},  // less is not
      {"DDU", "111", Verdict::kBlind},      // one network is one witness
      {"DDU", "112", Verdict::kUndecided},  // the share holds, from one network only
      {"DDUU", "1122", Verdict::kUndecided}, {"DU", "12", Verdict::kUndecided},
      {"DDUU", "1212", Verdict::kDown},  // half the weight reaches a share of 0.5
      {"DUU", "123", Verdict::kUp},          {"DgU", "123", Verdict::kDegraded},
      {"OOU", "123", Verdict::kDegraded},  // oscillation makes no DOWN
      {"UUU", "123", Verdict::kUp},          {"", "", Verdict::kBlind},
  };
  for (const Case& c : kCases) {
    EXPECT_EQ(Count(policy, ParseBallots(c.votes, c.asns)).verdict, c.want)
        << c.votes << " in " << c.asns;
  }
}

TEST(CountTest, WeighsVotes) {
  const QuorumPolicy policy{.share = 0.5, .min_voters = 2, .min_asns = 1};
  Ballots ballots = ParseBallots("DUU");
  ballots[0].vantage.weight = 2;
  EXPECT_EQ(Count(policy, ballots).verdict, Verdict::kDown);
  ballots[0].vantage.weight = 1.99;
  EXPECT_EQ(Count(policy, ballots).verdict, Verdict::kUp);
}

TEST(CountTest, TakesAShareReachedOnPaperForReached) {
  const QuorumPolicy policy{.share = 0.3, .min_voters = 3, .min_asns = 1};
  Ballots ballots = ParseBallots("DDDUUUUUUU");
  ASSERT_EQ(ballots.size(), 10u);
  for (Ballot& ballot : ballots) ballot.vantage.weight = 0.1;
  EXPECT_EQ(Count(policy, ballots).verdict, Verdict::kDown);
}

TEST(CountTest, CountsCountriesOfThoseWhoVote) {
  QuorumPolicy policy{.share = 0.5, .min_voters = 2, .min_asns = 1, .min_countries = 3};
  EXPECT_EQ(Count(policy, ParseBallots("DD_")).verdict, Verdict::kBlind);
  policy.min_countries = 2;
  EXPECT_EQ(Count(policy, ParseBallots("DD_")).verdict, Verdict::kDown);
}

TEST(CountTest, SilencingAnyoneNeverTurnsUpIntoDownWhileTheRestIsUp) {
  const QuorumPolicy policy{.share = 0.5, .min_voters = 3, .min_asns = 2};
  for (int silenced = 0; silenced < 32; ++silenced) {
    std::string votes = "UUUUU";
    for (int i = 0; i < 5; ++i) {
      if (silenced >> i & 1) votes[i] = '_';
    }
    const Verdict verdict = Count(policy, ParseBallots(votes)).verdict;
    EXPECT_TRUE(verdict == Verdict::kUp || verdict == Verdict::kBlind) << votes;
  }
}

// Six vantages of equal weight, three in EU, two in NA, one in AS, that vote as `votes` says.
Tally CountInRegions(const QuorumPolicy& policy, const std::string& votes) {
  Ballots ballots = ParseBallots(votes);
  const char* const kRegions[] = {"EU", "EU", "EU", "NA", "NA", "AS"};
  for (size_t i = 0; i < ballots.size(); ++i) ballots[i].vantage.continent = kRegions[i];
  return Count(policy, ballots);
}

TEST(CountTest, CountsRegionsByWhatTheirOwnVantagesSay) {
  QuorumPolicy policy{.share = 0.5, .min_voters = 3, .min_asns = 2};
  policy.regions = RegionPolicy{.share = 0.5, .min_regions = 2};
  const std::pair<const char*, Verdict> kCases[] = {
      {"UUUUUU", Verdict::kUp},
      {"DDUUUU", Verdict::kDown},      // EU weighs three of six
      {"DUUUUU", Verdict::kUp},        // one of its three does not speak for it
      {"UUUDDU", Verdict::kUp},        // NA weighs two of six
      {"UUUDDD", Verdict::kDown},      // with AS it is half
      {"UUUDUD", Verdict::kDown},      // half of NA speaks for NA
      {"UUUgUg", Verdict::kDegraded},  // NA and AS are half
      {"UUUOUO", Verdict::kDegraded},
      {"D__DUU", Verdict::kDown},   // one of EU's three is no turnout: NA is two of three
      {"DD____", Verdict::kBlind},  // fewer voters than min_voters
      {"DDD___", Verdict::kBlind},  // one region alone
      {"DDD__U", Verdict::kDown},
  };
  for (const auto& [votes, want] : kCases) {
    EXPECT_EQ(CountInRegions(policy, votes).verdict, want) << votes;
  }
  EXPECT_EQ(Words(policy, CountInRegions(policy, "DDD___")), "1 of at least 2 regions vote");
  EXPECT_EQ(Words(policy, CountInRegions(policy, "UUUDDD")),
            "share 0.50 of 3 regions, 0.50 of 6 voters");
}

TEST(CountTest, WeighsRegionsByTheirUsersWhereThePolicySaysSo) {
  QuorumPolicy policy{.share = 0.5, .min_voters = 3, .min_asns = 2};
  policy.regions = RegionPolicy{.share = 0.5, .min_regions = 2, .weights = {{"AS", 10}}};
  EXPECT_EQ(CountInRegions(policy, "DDDDDU").verdict, Verdict::kUp);
  // One vantage is a whole region, and still one network only.
  EXPECT_EQ(CountInRegions(policy, "UUUUUD").verdict, Verdict::kUndecided);
  EXPECT_EQ(CountInRegions(policy, "UUUUDD").verdict, Verdict::kDown);
}

// Each region's vote told apart is what the tally of all has counted.
TEST(CountEachRegionTest, AgreesWithTheTallyWhateverIsVoted) {
  QuorumPolicy policy{.share = 0.5, .min_voters = 1, .min_asns = 1};
  policy.regions = RegionPolicy{.share = 0.5, .min_regions = 1, .weights = {{"AS", 2.5}}};
  for (int votes = 0; votes < 4096; ++votes) {
    std::string letters;
    for (int i = 0; i < 6; ++i) letters += "U_Dg"[votes >> 2 * i & 3];
    Ballots ballots = ParseBallots(letters);
    const char* const kRegions[] = {"EU", "EU", "EU", "NA", "NA", "AS"};
    for (size_t i = 0; i < ballots.size(); ++i) ballots[i].vantage.continent = kRegions[i];
    ballots[1].vote.doubted = ballots[4].vote.doubted = true;
    const Tally tally = Count(policy, ballots);
    double voted = 0, down = 0;
    int regions = 0;
    for (const RegionVote& vote : CountEachRegion(policy, ballots)) {
      if (vote.verdict == Verdict::kBlind) continue;
      ++regions;
      voted += vote.weight;
      if (vote.verdict == Verdict::kDown) down += vote.weight;
    }
    ASSERT_EQ(regions, tally.regions) << letters;
    ASSERT_EQ(voted, tally.regions_weight_voted) << letters;
    ASSERT_EQ(down, tally.regions_weight_down) << letters;
  }
}

TEST(CountTest, LetsADoubtedDownWeighHalfAndCountWholeForTurnout) {
  const QuorumPolicy policy{.share = 0.5, .min_voters = 2, .min_asns = 1, .min_turnout = 1};
  Ballots ballots = ParseBallots("DDUU");
  EXPECT_EQ(Count(policy, ballots).verdict, Verdict::kDown);
  ballots[0].vote.doubted = true;
  const Tally tally = Count(policy, ballots);
  EXPECT_EQ(tally.verdict, Verdict::kUp);
  EXPECT_EQ(tally.weight_down, 1.5);
  EXPECT_EQ(tally.weight_voted, 3.5);
  EXPECT_EQ(tally.turnout(), 1);
  ballots[0].vote.doubted = false;
  ballots[2].vote.doubted = ballots[3].vote.doubted = true;
  EXPECT_EQ(Count(policy, ballots).weight_voted, 4);  // UP is proven, and weighs what it did
}

TEST(CountTest, NeverMovesForDoubt) {
  const QuorumPolicy policies[] = {
      {.share = 0.3, .min_voters = 2, .min_asns = 2},
      {.share = 0.5, .min_voters = 3, .min_asns = 1},
      {.share = 0.67, .min_voters = 1, .min_asns = 1, .min_turnout = 0.8},
      {.share = 1, .min_voters = 1, .min_asns = 1},
  };
  for (const QuorumPolicy& policy : policies) {
    for (int votes = 0; votes < 1024; ++votes) {  // five vantages, four votes each
      std::string letters;
      for (int i = 0; i < 5; ++i) letters += "U_Dg"[votes >> 2 * i & 3];
      Ballots ballots = ParseBallots(letters);
      for (int i = 0; i < 5; ++i) ballots[i].vantage.weight = 1 + i % 3;
      const Verdict trusted = Count(policy, ballots).verdict;
      for (int doubted = 0; doubted < 32; ++doubted) {
        for (int i = 0; i < 5; ++i) ballots[i].vote.doubted = doubted >> i & 1;
        const Verdict got = Count(policy, ballots).verdict;
        ASSERT_TRUE(got != Verdict::kDown || trusted == Verdict::kDown) << letters << doubted;
        ASSERT_EQ(got == Verdict::kBlind, trusted == Verdict::kBlind) << letters << doubted;
      }
    }
  }
}

TEST(CountTest, SaysWhatIsMissing) {
  const QuorumPolicy policy{.share = 0.5, .min_voters = 3};
  EXPECT_EQ(Words(policy, Count(policy, ParseBallots("DD_"))), "2 of at least 3 vantages vote");
}

}  // namespace
}  // namespace lifeboat
