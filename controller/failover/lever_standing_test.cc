#include "controller/dns/lever_standing.h"

#include "gtest/gtest.h"

namespace lifeboat {
namespace {

constexpr absl::Duration kUsual = absl::Minutes(1);

// One check a letter: . good, E an error, D no answer. Returns the states that follow, a letter
// each: . OK, E ERR, D DOWN.
std::string StatesAfter(const std::string& checks) {
  LeverStanding standing;
  std::string states;
  for (const char check : checks) {
    standing.Take({check == '.'   ? LeverState::kOk
                   : check == 'E' ? LeverState::kErr
                                  : LeverState::kDown,
                   ""});
    const LeverState state = standing.health().state;
    states += state == LeverState::kOk ? '.' : state == LeverState::kErr ? 'E' : 'D';
  }
  return states;
}

TEST(LeverStandingTest, BelievesTheFirstCheckAndThenThreeBadOnesInARow) {
  EXPECT_EQ(StatesAfter("..EE.EED"), ".......D");
  EXPECT_EQ(StatesAfter("D"), "D");
}

TEST(LeverStandingTest, TrustsAgainAfterFiveGoodOnesInARow) {
  EXPECT_EQ(StatesAfter(".EEE....E....."), "...EEEEEEEEEE.");
}

TEST(LeverStandingTest, CallsALeverThatAnswersAgainWorthATry) {
  EXPECT_EQ(StatesAfter(".DDD....."), "...DEEEE.");
}

TEST(LeverStandingTest, KnowsOfAFailureWithinTwoUsualPeriodsAndIsPatientThen) {
  LeverStanding standing;
  standing.Take({LeverState::kOk, ""});
  EXPECT_EQ(standing.NextCheckIn(kUsual, 0.5), kUsual);
  absl::Duration known_after = kUsual;
  for (int i = 0; i < 2; ++i) {
    standing.Take({LeverState::kErr, ""});
    known_after += standing.NextCheckIn(kUsual, 0.5);
  }
  standing.Take({LeverState::kErr, ""});
  EXPECT_EQ(standing.health().state, LeverState::kErr);
  EXPECT_LE(known_after, 2 * kUsual);
  EXPECT_EQ(standing.NextCheckIn(kUsual, 0), absl::Seconds(30));
  EXPECT_EQ(standing.NextCheckIn(kUsual, 1), absl::Seconds(36));
  standing.Take({LeverState::kOk, ""});
  standing.Take({LeverState::kErr, ""});
  EXPECT_EQ(standing.NextCheckIn(kUsual, 0), absl::Seconds(30)) << "a good answer between bad ones";
}

}  // namespace
}  // namespace lifeboat
