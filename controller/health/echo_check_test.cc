#include "controller/health/echo_check.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace lifeboat {
namespace {

constexpr char kKey[] = "0123456789abcdef0123456789abcdef";
constexpr uint32_t kEdge = 1, kNyc = 2, kSilent = 3;

EchoBytes Seed(uint8_t byte) {
  EchoBytes seed;
  seed.fill(byte);
  return seed;
}

// What an honest agent says that has fetched `path` of an origin with `key`.
EchoAnswer Answer(std::vector<EchoBytes> seeds, uint64_t counter, absl::string_view path = "edge",
                  absl::string_view key = kKey) {
  std::sort(seeds.begin(), seeds.end());
  return {seeds, counter, EchoMac(key, path, EchoNonce(seeds, counter))};
}

class EchoCheckTest : public testing::Test {
 protected:
  EchoCheckTest() { check_.Begin(1); }
  void Issue(const EchoBytes& seed) { check_.Issue(seed, now_); }
  Echo Check(const EchoAnswer& answer, uint32_t target = kEdge) {
    return check_.Check(target, answer, now_);
  }
  void Pass(int seconds) { now_ = now_ + absl::Seconds(seconds); }

  Instant now_ = Instant::SinceBoot(absl::Hours(1));
  EchoCheck check_{{{kKey, "edge"}, {kKey, "exit/nyc"}, {"", "edge"}}};
};

TEST_F(EchoCheckTest, TakesAnAnswerToOurOwnSeed) {
  Issue(Seed(1));
  EXPECT_EQ(Check(Answer({Seed(1)}, 1)), Echo::kGood);
  EXPECT_EQ(Check(Answer({Seed(1)}, 2, "exit/nyc"), kNyc), Echo::kGood);
}

TEST_F(EchoCheckTest, FindsItsSeedAmongThoseOfOtherControllers) {
  Issue(Seed(5));
  EXPECT_EQ(Check(Answer({Seed(9), Seed(5), Seed(1)}, 1)), Echo::kGood);
}

TEST_F(EchoCheckTest, ExpectsNothingBeforeASeedOrWhereNoneIsAsked) {
  EXPECT_EQ(Check(Answer({Seed(1)}, 1)), Echo::kNotAsked) << "none was issued";
  Issue(Seed(1));
  EXPECT_EQ(Check(Answer({Seed(2)}, 2)), Echo::kNotAsked) << "another controller's alone";
  EXPECT_EQ(Check(Answer({}, 3)), Echo::kNotAsked);
  EXPECT_EQ(check_.Check(kEdge, std::nullopt, now_), Echo::kNotAsked);
  EXPECT_EQ(Check(Answer({Seed(1)}, 4), kSilent), Echo::kNotAsked);
  EXPECT_EQ(Check(Answer({Seed(1)}, 4), 99), Echo::kNotAsked);
}

TEST_F(EchoCheckTest, AnAgentWithoutTheKeyProvesNothing) {
  Issue(Seed(1));
  EchoAnswer none = Answer({Seed(1)}, 1);
  none.mac.reset();
  EXPECT_EQ(Check(none), Echo::kMissing);
  EXPECT_EQ(Check(Answer({Seed(1)}, 2, "edge", "")), Echo::kMissing);
  EXPECT_EQ(Check(Answer({Seed(1)}, 3, "edge", "another key of at least 32 bytes")),
            Echo::kMissing);
  EchoAnswer forged = Answer({Seed(1)}, 4);
  (*forged.mac)[31] ^= 1;
  EXPECT_EQ(Check(forged), Echo::kMissing);
}

TEST_F(EchoCheckTest, OnePathsAnswerDoesNotPassForAnothers) {
  Issue(Seed(1));
  EXPECT_EQ(Check(Answer({Seed(1)}, 1, "exit/nyc"), kEdge), Echo::kMissing);
  EXPECT_EQ(Check(Answer({Seed(1)}, 1, "edge"), kNyc), Echo::kMissing);
}

TEST_F(EchoCheckTest, AnAnswerCountsOnce) {
  Issue(Seed(1));
  const EchoAnswer answer = Answer({Seed(1)}, 7);
  EXPECT_EQ(Check(answer), Echo::kGood);
  EXPECT_EQ(Check(answer), Echo::kMissing) << "the same";
  EXPECT_EQ(Check(Answer({Seed(1)}, 6)), Echo::kMissing) << "an older one";
  EchoAnswer renumbered = answer;
  renumbered.counter = 8;
  EXPECT_EQ(Check(renumbered), Echo::kMissing) << "the same under another number";
}

TEST_F(EchoCheckTest, ASeedCountsForHalfAMinute) {
  Issue(Seed(1));
  Pass(30);
  EXPECT_EQ(Check(Answer({Seed(1)}, 1)), Echo::kGood);
  Pass(1);
  EXPECT_EQ(Check(Answer({Seed(1)}, 2)), Echo::kNotAsked);
  Issue(Seed(2));
  EXPECT_EQ(Check(Answer({Seed(2)}, 3)), Echo::kGood);
}

TEST_F(EchoCheckTest, AnotherAgentsAnswerIsNotThisOnes) {
  EchoCheck other(std::vector<EchoTarget>{{kKey, "edge"}});
  other.Begin(1);
  Issue(Seed(1));
  other.Issue(Seed(2), now_);
  const EchoAnswer of_the_other = Answer({Seed(2)}, 1);
  EXPECT_EQ(other.Check(kEdge, of_the_other, now_), Echo::kGood);
  EXPECT_EQ(Check(of_the_other), Echo::kNotAsked);
  EchoAnswer relabelled = of_the_other;
  relabelled.seeds = {Seed(1)};
  EXPECT_EQ(Check(relabelled), Echo::kMissing);
}

TEST_F(EchoCheckTest, ANewRunForgetsTheOldOne) {
  Issue(Seed(1));
  const EchoAnswer old = Answer({Seed(1)}, 50);
  EXPECT_EQ(Check(old), Echo::kGood);
  check_.Begin(1);
  EXPECT_EQ(Check(Answer({Seed(1)}, 51)), Echo::kGood) << "the same run on another stream";
  check_.Begin(2);
  EXPECT_EQ(Check(old), Echo::kNotAsked) << "a claimed restart revives nothing";
  Issue(Seed(2));
  EXPECT_EQ(Check(Answer({Seed(2)}, 1)), Echo::kGood);
}

TEST(JudgeByEchoTest, TellsWhoMadeItAndWhatIsProven) {
  constexpr auto kOk = ProbeClass::kOk, kSlow = ProbeClass::kSlow,
                 kEdgeMade = ProbeClass::kHttpEdge, kOriginMade = ProbeClass::kHttpOrigin,
                 kBadBody = ProbeClass::kBadBody;
  constexpr auto kNot = Echo::kNotAsked, kGood = Echo::kGood, kMissing = Echo::kMissing;
  struct Case {
    ProbeClass said;
    int status;
    Echo echo;
    ProbeClass want;
    bool counts;
  };
  const Case kCases[] = {
      {kOk, 200, kGood, kOk, true},
      {kSlow, 200, kGood, kSlow, true},
      {kOk, 200, kMissing, kBadBody, true},
      {kSlow, 200, kMissing, kBadBody, true},
      {kOk, 200, kNot, kOk, false},
      {kSlow, 200, kNot, kSlow, false},
      {kEdgeMade, 502, kGood, kOriginMade, true},
      {kOriginMade, 502, kGood, kOriginMade, true},
      {kEdgeMade, 502, kMissing, kEdgeMade, true},
      {kOriginMade, 502, kMissing, kEdgeMade, true},  // a marker can be forged
      {kOriginMade, 502, kNot, kOriginMade, true},
      {kEdgeMade, 404, kGood, kEdgeMade, true},
      {kBadBody, 200, kGood, kBadBody, true},
      {ProbeClass::kRefused, 403, kMissing, ProbeClass::kRefused, true},
      {ProbeClass::kTimeoutRead, 0, kNot, ProbeClass::kTimeoutRead, true},
      {ProbeClass::kTls, 0, kMissing, ProbeClass::kTls, true},
      {ProbeClass::kDns, 0, kGood, ProbeClass::kDns, true},
  };
  for (const Case& c : kCases) {
    const EchoJudgement judged = JudgeByEcho(c.said, c.status, "as said", c.echo);
    EXPECT_EQ(judged.probe_class, c.want) << ProbeClassName(c.said) << static_cast<int>(c.echo);
    EXPECT_EQ(judged.counts, c.counts) << ProbeClassName(c.said) << static_cast<int>(c.echo);
  }
  EXPECT_EQ(JudgeByEcho(kOk, 200, "", kMissing).detail,
            "answered without the origin's echo: a cache or a captive page");
}

// Whatever it says and however it numbers it, only the key makes a result that is good and counts.
TEST(JudgeByEchoTest, ALiarCanOnlyClaimThatAPathIsDown) {
  const Instant now = Instant::SinceBoot(absl::Hours(1));
  EchoCheck check(std::vector<EchoTarget>{{kKey, "edge"}});
  check.Begin(1);
  check.Issue(Seed(1), now);
  for (const ProbeClass said : {ProbeClass::kOk, ProbeClass::kSlow}) {
    for (const auto& seeds : {std::vector<EchoBytes>{}, {Seed(1)}, {Seed(2)}, {Seed(1), Seed(2)}}) {
      for (const uint64_t counter : {uint64_t{0}, uint64_t{1}, ~uint64_t{0}}) {
        for (const auto& mac :
             {std::optional<EchoBytes>(), std::optional(Seed(0)),
              std::optional(EchoMac("guess", "edge", EchoNonce(seeds, counter)))}) {
          const Echo echo = check.Check(1, EchoAnswer{seeds, counter, mac}, now);
          const EchoJudgement judged = JudgeByEcho(said, 200, "", echo);
          EXPECT_FALSE(judged.counts && IsGood(judged.probe_class));
        }
      }
    }
  }
}

}  // namespace
}  // namespace lifeboat
