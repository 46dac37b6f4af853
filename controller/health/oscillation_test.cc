#include "controller/health/oscillation.h"

#include <gtest/gtest.h>

#include <random>

#include "controller/health/filter.h"

namespace lifeboat {
namespace {

const Instant kStart = Instant::SinceBoot(absl::Hours(1));
constexpr absl::Duration kProbe = absl::Seconds(2);

// One path, whose filter says what the test tells it, a result each 2 s.
class OscillationTest : public testing::Test {
 protected:
  void Phase(bool down, absl::Duration length) {
    for (const Instant end = now_ + length; now_ < end; now_ = now_ + kProbe)
      watch_.Push(down, now_);
  }
  void Up(absl::Duration length) { Phase(false, length); }
  void Down(absl::Duration length) { Phase(true, length); }
  bool Oscillating() const { return watch_.Oscillating(now_); }

  Instant now_ = kStart;
  const OscillationRule rule_;
  OscillationWatch watch_{rule_};
};

TEST_F(OscillationTest, OneOutageIsNone) {
  Up(absl::Minutes(30));
  Down(absl::Minutes(5));
  EXPECT_FALSE(Oscillating());
  Up(absl::Minutes(5));
  EXPECT_FALSE(Oscillating()) << "a short outage that ended is over";
}

TEST_F(OscillationTest, TheThirdReversalWithinTheWindowIsOne) {
  Up(absl::Minutes(30));
  Down(absl::Minutes(5));
  Up(absl::Minutes(5));
  Down(absl::Seconds(60));
  EXPECT_FALSE(Oscillating()) << "the third phase has not lasted its minute";
  Down(absl::Seconds(2));
  EXPECT_TRUE(Oscillating());
}

TEST_F(OscillationTest, ReversalsFartherApartThanTheWindowAreNone) {
  Up(absl::Minutes(30));
  for (int i = 0; i < 5; ++i) {
    Down(absl::Minutes(8));
    Up(absl::Minutes(8));
    EXPECT_FALSE(Oscillating());
  }
}

TEST_F(OscillationTest, ReversalsThatSpanTheWholeWindowMakeItAndTwoSecondsMoreDoNot) {
  for (const bool longer : {false, true}) {
    watch_ = OscillationWatch(rule_);
    Up(absl::Minutes(30));
    Down(absl::Minutes(7));
    Up(absl::Minutes(8) + (longer ? kProbe : absl::ZeroDuration()));
    Down(absl::Minutes(2));
    EXPECT_EQ(Oscillating(), !longer);
  }
}

TEST_F(OscillationTest, PhasesShorterThanTheMinimumAreNotCounted) {
  Up(absl::Minutes(30));
  for (int i = 0; i < 50; ++i) {
    Down(absl::Seconds(50));
    Up(absl::Seconds(70));
    EXPECT_FALSE(Oscillating()) << i;
  }
}

TEST_F(OscillationTest, ClearsWhenTheLastPhaseHasBeenUpForOneWindow) {
  Up(absl::Minutes(30));
  for (int i = 0; i < 3; ++i) {
    Down(absl::Minutes(2));
    Up(absl::Minutes(2));
  }
  EXPECT_TRUE(Oscillating());
  Up(absl::Minutes(12));
  Down(absl::Seconds(20));  // too short to begin a phase
  EXPECT_TRUE(Oscillating());
  Up(absl::Seconds(36));
  EXPECT_TRUE(Oscillating());
  Up(absl::Seconds(6));
  EXPECT_FALSE(Oscillating());
  Down(absl::Minutes(2));
  EXPECT_FALSE(Oscillating()) << "what was before the calm window is forgotten";
}

TEST_F(OscillationTest, DoesNotClearWhileThePathIsDownHoweverLong) {
  Up(absl::Minutes(30));
  for (int i = 0; i < 3; ++i) {
    Down(absl::Minutes(2));
    Up(absl::Minutes(2));
  }
  Down(absl::Hours(3));
  EXPECT_TRUE(Oscillating());
}

// S15 (18 November 2025), a vantage by itself: bad from 8:00, good from 13:00, bad from 18:00 and
// so on each 5 minutes until 1:35:00, then bad until 3:10:00; of ten probes two pass in a bad
// phase.
TEST_F(OscillationTest, WalksThroughS15) {
  for (uint32_t seed = 0; seed < 100; ++seed) {
    std::mt19937 random(seed);
    OscillationWatch watch(rule_);
    Filter filter{FilterRule{KOfN{}}};
    for (absl::Duration t; t < absl::Minutes(260); t += kProbe) {
      const bool alternates = t >= absl::Minutes(8) && t < absl::Minutes(95);
      const bool bad_now =
          alternates &&
          absl::FDivDuration(t - absl::Minutes(8), absl::Minutes(10)) -
                  static_cast<int>(absl::FDivDuration(t - absl::Minutes(8), absl::Minutes(10))) <
              0.5;
      const bool bad = bad_now || (t >= absl::Minutes(95) && t < absl::Minutes(190));
      const Result result = bad && random() % 10 < 8 ? Result::kBad : Result::kGood;
      const Instant at = kStart + t;
      watch.Push(filter.Push(result, at) == Health::kDown, at);
      if (t < absl::Minutes(19)) {
        ASSERT_FALSE(watch.Oscillating(at)) << seed << " " << t;
      }
      // From the third phase on, through the good ones and the last, to a window after its end.
      if (t > absl::Minutes(28) && t < absl::Minutes(204)) {
        ASSERT_TRUE(watch.Oscillating(at)) << seed << " " << t;
      }
      if (t > absl::Minutes(206)) {
        ASSERT_FALSE(watch.Oscillating(at)) << seed << " " << t;
      }
    }
  }
}

}  // namespace
}  // namespace lifeboat
