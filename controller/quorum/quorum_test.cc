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

TEST(CountTest, SaysWhatIsMissing) {
  const QuorumPolicy policy{.share = 0.5, .min_voters = 3};
  EXPECT_EQ(Words(policy, Count(policy, ParseBallots("DD_"))), "2 of at least 3 vantages vote");
}

}  // namespace
}  // namespace lifeboat
