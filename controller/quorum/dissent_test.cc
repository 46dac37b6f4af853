#include "controller/quorum/dissent.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "controller/quorum/quorum.h"
#include "controller/quorum/testing/ballots.h"

namespace lifeboat {
namespace {

class DissentWatchTest : public testing::Test {
 protected:
  // Lets the votes stand for `span`, looked at once a second.
  void Vote(const std::string& votes, absl::Duration span) {
    const Ballots ballots = ParseBallots(votes);
    for (const Instant end = now_ + span; now_ < end; now_ = now_ + absl::Seconds(1)) {
      watch_.See(policy_, ballots, now_);
    }
    watch_.See(policy_, ballots, now_);
  }
  std::string Doubted(size_t vantages = 4) const {
    std::string doubted;
    for (size_t i = 0; i < vantages; ++i) {
      if (watch_.Doubts(i)) doubted += static_cast<char>('a' + i);
    }
    return doubted;
  }

  QuorumPolicy policy_{.share = 0.5, .min_voters = 3, .min_asns = 2};
  Instant now_ = Instant::SinceBoot(absl::Hours(5));
  DissentWatch watch_;
};

TEST_F(DissentWatchTest, DoubtsWhoSaysDownForAnHourWhileTheOthersSayItServes) {
  Vote("DUUU", absl::Minutes(59));
  EXPECT_EQ(Doubted(), "");
  Vote("DUUU", absl::Minutes(1) + absl::Seconds(30));
  EXPECT_EQ(Doubted(), "a");
}

TEST_F(DissentWatchTest, DoubtsWhoSaysItServesForAnHourWhileTheOthersSayDown) {
  Vote("DDgD", absl::Minutes(61));
  EXPECT_EQ(Doubted(), "c");
}

TEST_F(DissentWatchTest, AsksForNineTenthsOfTheTime) {
  for (int i = 0; i < 20; ++i) {  // 5 of 6 minutes
    Vote("DUUU", absl::Minutes(5));
    Vote("UUUU", absl::Minutes(1));
  }
  EXPECT_EQ(Doubted(), "");
  for (int i = 0; i < 10; ++i) {  // 11 of 12
    Vote("DUUU", absl::Minutes(11));
    Vote("UUUU", absl::Minutes(1));
  }
  EXPECT_EQ(Doubted(), "a");
}

TEST_F(DissentWatchTest, CountsVotingTimeOnly) {
  for (int i = 0; i < 4; ++i) {
    Vote("DUUU", absl::Minutes(14));
    Vote("_UUU", absl::Minutes(100));
  }
  EXPECT_EQ(Doubted(), "");
  Vote("DUUU", absl::Minutes(5));
  EXPECT_EQ(Doubted(), "a");
}

TEST_F(DissentWatchTest, BelievesAgainWhoAgreesForMoreThanHalfAnHour) {
  Vote("DUUU", absl::Hours(9));
  Vote("UUUU", absl::Minutes(25));
  EXPECT_EQ(Doubted(), "a");
  Vote("UUUU", absl::Minutes(15));
  EXPECT_EQ(Doubted(), "");
  Vote("DUUU", absl::Minutes(20));
  EXPECT_EQ(Doubted(), "");
}

TEST_F(DissentWatchTest, LetsAnEvenSplitBeWhatItIs) {
  Vote("DDUU", absl::Hours(3));  // DOWN by the inclusive share, whoever is doubted
  EXPECT_EQ(Doubted(), "cd");
}

TEST_F(DissentWatchTest, NeedsAQuorumOfOthers) {
  Vote("DUU_", absl::Hours(3));
  EXPECT_EQ(Doubted(), "");
  Vote("DUUU", absl::Hours(2));
  EXPECT_EQ(Doubted(), "a");
}

TEST_F(DissentWatchTest, LeavesOutWhatNobodyLookedAt) {
  Vote("DUUU", absl::Minutes(30));
  now_ = now_ + absl::Hours(10);
  Vote("DUUU", absl::Minutes(25));
  EXPECT_EQ(Doubted(), "");
  Vote("DUUU", absl::Minutes(6));
  EXPECT_EQ(Doubted(), "a");
}

// Whatever is voted and for however long: beside the verdict of a controller that doubts nobody,
// one that does never says DOWN or BLIND by itself; and where a doubt begins, a standing DOWN
// stays.
TEST_F(DissentWatchTest, MakesNoDownAndNoBlindThatWasNotThereAndEndsNoDownThatStands) {
  std::mt19937 random(7);
  int doubts = 0;
  for (int run = 0; run < 40; ++run) {
    watch_ = DissentWatch();
    policy_ = {.share = 0.3 + 0.1 * static_cast<double>(random() % 6),
               .min_voters = 1 + static_cast<int>(random() % 4),
               .min_asns = 1 + static_cast<int>(random() % 2)};
    std::string votes = "UUUUUU";
    for (int step = 0; step < 60; ++step) {
      const size_t turned = random() % votes.size();
      votes[turned] = "UUDDg_O"[random() % 7];
      const Ballots trusted = ParseBallots(votes);
      const auto marked = [&] {
        Ballots ballots = trusted;
        for (size_t i = 0; i < ballots.size(); ++i) ballots[i].vote.doubted = watch_.Doubts(i);
        return Count(policy_, ballots).verdict;
      };
      const Verdict before = marked(), all = Count(policy_, trusted).verdict;
      ASSERT_TRUE(before != Verdict::kDown || all == Verdict::kDown) << votes;
      ASSERT_EQ(before == Verdict::kBlind, all == Verdict::kBlind) << votes;
      const std::string doubted = Doubted(6);
      for (int looks = static_cast<int>(random() % 240); looks > 0; --looks) {
        now_ = now_ + absl::Seconds(30);
        watch_.See(policy_, trusted, now_);
        const Verdict after = marked();
        ASSERT_TRUE(after == Verdict::kDown || before != Verdict::kDown) << votes;
        ASSERT_TRUE(after != Verdict::kDown || all == Verdict::kDown) << votes;
      }
      doubts += Doubted(6).size() > doubted.size();
    }
  }
  EXPECT_GT(doubts, 20);
}

}  // namespace
}  // namespace lifeboat
