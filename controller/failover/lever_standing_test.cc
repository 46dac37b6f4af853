#include "controller/failover/lever_standing.h"

#include "gtest/gtest.h"

namespace lifeboat {
namespace {

constexpr absl::Duration kUsual = absl::Minutes(1);
constexpr Instant kStart;

constexpr LeverState kStates[] = {LeverState::kOk, LeverState::kErr, LeverState::kDown,
                                  LeverState::kFrozen, LeverState::kUnauthorized};
constexpr absl::string_view kLetters = ".EDFU";

// One check a letter: . good, E an error, D no answer, F frozen, U unauthorized. Returns the states
// that follow, in the same letters.
std::string StatesAfter(const std::string& checks) {
  LeverStanding standing(kUsual, kStart);
  std::string states;
  for (const char check : checks) {
    standing.Take({kStates[kLetters.find(check)], ""}, kStart, 0);
    const auto* found = std::find(std::begin(kStates), std::end(kStates), standing.health().state);
    states += kLetters[static_cast<size_t>(found - kStates)];
  }
  return states;
}

TEST(LeverStandingTest, IsUncheckedAndSaysSoBeforeTheFirstCheckWhichIsDueAtOnce) {
  const LeverStanding standing(kUsual, kStart);
  EXPECT_EQ(standing.health().state, LeverState::kUnchecked);
  EXPECT_EQ(standing.health().why, "no check of it has ended yet");
  EXPECT_EQ(standing.next_check(), kStart);
}

TEST(LeverStandingTest, BelievesTheFirstCheckAndThenThreeBadOnesInARow) {
  EXPECT_EQ(StatesAfter("..EE.EED"), ".......D");
  EXPECT_EQ(StatesAfter("D"), "D");
}

TEST(LeverStandingTest, TrustsAgainAfterFiveGoodOnesInARow) {
  EXPECT_EQ(StatesAfter(".EEE....E....."), "...EEEEEEEEEE.");
}

TEST(LeverStandingTest, CallsALeverThatWasDeadAndAnswersAgainWorthATry) {
  EXPECT_EQ(StatesAfter(".DDD....."), "...DEEEE.");
  EXPECT_EQ(StatesAfter("F....."), "FEEEE.");
  EXPECT_EQ(StatesAfter("U.UUU....."), "UEEEUEEEE.");
}

// Checks begin when they are due.
class CadenceTest : public testing::Test {
 protected:
  absl::Duration TakeAndWait(LeverState found, double jitter = 0.5) {
    const Instant began = standing_.next_check();
    standing_.Take({found, ""}, began, jitter);
    return standing_.next_check() - began;
  }

  LeverStanding standing_{kUsual, kStart};
};

TEST_F(CadenceTest, KnowsOfAFailureWithinTwoUsualPeriodsAndIsPatientThen) {
  EXPECT_EQ(TakeAndWait(LeverState::kOk), kUsual);
  const Instant last_good = standing_.next_check() - kUsual;
  TakeAndWait(LeverState::kErr);
  TakeAndWait(LeverState::kErr);
  EXPECT_EQ(standing_.health().state, LeverState::kOk);
  EXPECT_LE(standing_.next_check() - last_good, 2 * kUsual);
  EXPECT_EQ(TakeAndWait(LeverState::kErr, 0), absl::Seconds(30));
  EXPECT_EQ(standing_.health().state, LeverState::kErr);
  EXPECT_EQ(TakeAndWait(LeverState::kErr, 1), absl::Seconds(36));
  EXPECT_EQ(TakeAndWait(LeverState::kOk, 0), absl::Seconds(30));
  EXPECT_EQ(TakeAndWait(LeverState::kErr, 0), absl::Seconds(30))
      << "a good answer between bad ones";
}

TEST_F(CadenceTest, AsksAgainSoonWhereTheFirstCheckFailed) {
  EXPECT_EQ(TakeAndWait(LeverState::kDown), absl::Seconds(2));
  EXPECT_EQ(TakeAndWait(LeverState::kDown), absl::Seconds(2));
  EXPECT_EQ(TakeAndWait(LeverState::kDown, 0), absl::Seconds(30));
}

TEST_F(CadenceTest, CountsFromTheBeginningOfACheckHoweverLongItTook) {
  standing_.Take({LeverState::kOk, ""}, kStart, 0);
  EXPECT_EQ(standing_.next_check(), kStart + kUsual);
}

}  // namespace
}  // namespace lifeboat
