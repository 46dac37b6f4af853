#include "controller/health/vantage_health.h"

#include <gtest/gtest.h>

#include <string>

namespace lifeboat {
namespace {

constexpr uint32_t kEdge = 1, kPinned = 2, kExit = 3, kPanelA = 4, kPanelB = 5;
const absl::Duration kAgentAhead = absl::Hours(100);  // the agent's machine has been up longer

// One vantage probing one service each second, seen by a controller whose clock the test moves.
class VantageHealthTest : public testing::Test {
 protected:
  VantageHealthTest() : health_(Roles()) { Connect(1); }

  // A stream has come up, and a first ping has come back on it.
  void Connect(uint64_t run) {
    health_.Connect(run);
    health_.Pong(now_, now_, now_.since_boot() + kAgentAhead);
  }
  static std::vector<TargetRole> Roles() {
    const auto role = [](TargetRole::Kind kind, const Path& path) {
      return TargetRole{.kind = kind,
                        .service = kind == TargetRole::Kind::kPanel ? "" : "web",
                        .path = path,
                        .rule = {},
                        .interval = absl::Seconds(1),
                        .timeout = absl::Milliseconds(800)};
    };
    TargetRole edge = role(TargetRole::Kind::kVotes, Path::Edge());
    edge.expect_status = {{200, 299}, {404, 404}};
    return {edge, role(TargetRole::Kind::kAttributes, Path::Edge()),
            role(TargetRole::Kind::kVotes, Path::Exit("nyc")),
            role(TargetRole::Kind::kPanel, Path::Edge()),
            role(TargetRole::Kind::kPanel, Path::Edge())};
  }

  bool Take(uint32_t target, ProbeClass probe_class, absl::Duration age = absl::ZeroDuration(),
            bool proven = true) {
    Seen seen;
    seen.probe_class = probe_class;
    seen.proven = proven;
    seen.ended = now_.since_boot() + kAgentAhead - age;
    bool changed = false;
    EXPECT_TRUE(health_.Take(target, seen, now_, changed));
    return changed;
  }

  // A second goes by: the panel answers (or not), and the edge and the exit are seen as told.
  void Second(ProbeClass edge, bool panel = true) {
    now_ = now_ + absl::Seconds(1);
    const ProbeClass control = panel ? ProbeClass::kOk : ProbeClass::kTimeoutConnect;
    Take(kPanelA, control);
    Take(kPanelB, control);
    Take(kEdge, edge, absl::ZeroDuration(), proven_);
    Take(kExit, ProbeClass::kOk);
  }
  void Seconds(int n, ProbeClass edge, bool panel = true) {
    for (int i = 0; i < n; ++i) Second(edge, panel);
  }

  Vote Edge() const { return health_.VoteOn("web", Path::Edge(), now_); }
  // "UP", or the reason of the abstention.
  std::string EdgeVote() const {
    const Vote vote = Edge();
    return std::string(vote.kind == VoteKind::kAbstain ? AbstentionWords(vote.abstention)
                                                       : VoteKindName(vote.kind));
  }

  Instant now_ = Instant::SinceBoot(absl::Hours(1));
  bool proven_ = true;  // whether what is seen at the edge is
  VantageHealth health_;
};

TEST_F(VantageHealthTest, VotesOnlyWithAFullWindow) {
  EXPECT_EQ(EdgeVote(), "warming");
  Seconds(3, ProbeClass::kOk);
  EXPECT_EQ(EdgeVote(), "warming");
  Second(ProbeClass::kOk);
  EXPECT_EQ(EdgeVote(), "UP");
}

TEST_F(VantageHealthTest, IsNotUpByAnswersThatNothingProves) {
  proven_ = false;
  Seconds(10, ProbeClass::kOk);
  EXPECT_EQ(EdgeVote(), "warming");
  EXPECT_EQ(health_.StandingAt(kEdge, now_).abstention, Abstention::kWarming);
  EXPECT_EQ(Edge().why, "its good answers prove nothing: none has an echo of a fresh seed");
  proven_ = true;
  Seconds(4, ProbeClass::kOk);
  EXPECT_EQ(health_.StandingAt(kEdge, now_).kind, VoteKind::kUp);
}

TEST_F(VantageHealthTest, IsSilentOnceGoodAnswersAreNoLongerProven) {
  for (const ProbeClass before : {ProbeClass::kOk, ProbeClass::kHttpEdge}) {
    proven_ = true;
    Seconds(6, before);
    const VoteKind kind = IsGood(before) ? VoteKind::kUp : VoteKind::kDown;
    EXPECT_EQ(health_.StandingAt(kEdge, now_).kind, kind);
    proven_ = false;
    Seconds(4, ProbeClass::kOk);  // 3.3 s is how long the last proven one counts
    EXPECT_EQ(EdgeVote(), "stale");
    const Standing standing = health_.StandingAt(kEdge, now_);
    EXPECT_EQ(standing.kind, VoteKind::kAbstain);
    EXPECT_EQ(standing.abstention, Abstention::kStale);
    EXPECT_EQ(standing.by_name, before) << "an unproven answer is no evidence either";
    EXPECT_EQ(Edge().by_name->probe_class, before);
  }
}

TEST_F(VantageHealthTest, VotesDownAtTheThirdBadResultOfFour) {
  Seconds(4, ProbeClass::kOk);
  Seconds(2, ProbeClass::kHttpEdge);
  EXPECT_EQ(EdgeVote(), "UP");
  Second(ProbeClass::kHttpEdge);
  EXPECT_EQ(EdgeVote(), "DOWN");
  EXPECT_EQ(Edge().by_name->probe_class, ProbeClass::kHttpEdge);
  EXPECT_EQ(health_.VoteOn("web", Path::Exit("nyc"), now_).kind, VoteKind::kUp);
}

TEST_F(VantageHealthTest, SaysWhenAVoteMayHaveChanged) {
  Seconds(4, ProbeClass::kOk);
  Take(kPanelA, ProbeClass::kOk);
  now_ = now_ + absl::Seconds(1);
  EXPECT_FALSE(Take(kEdge, ProbeClass::kReset));
  now_ = now_ + absl::Seconds(1);
  EXPECT_FALSE(Take(kEdge, ProbeClass::kReset));
  now_ = now_ + absl::Seconds(1);
  EXPECT_TRUE(Take(kEdge, ProbeClass::kReset));
}

TEST_F(VantageHealthTest, VotesDegradedWhereAFewProbesFail) {
  for (int i = 0; i < 3; ++i) {
    Seconds(20, ProbeClass::kOk);
    EXPECT_EQ(EdgeVote(), "UP");
    Second(ProbeClass::kHttpEdge);
  }
  EXPECT_EQ(EdgeVote(), "DEGRADED");
}

TEST_F(VantageHealthTest, IsUpOnceAShortOutageIsOver) {
  Seconds(60, ProbeClass::kOk);
  Seconds(120, ProbeClass::kHttpEdge);
  EXPECT_EQ(EdgeVote(), "DOWN");
  Seconds(4, ProbeClass::kOk);
  EXPECT_EQ(EdgeVote(), "UP");
}

TEST_F(VantageHealthTest, WhileOscillatingVotesSoInGoodPhasesAndDownInBadOnes) {
  Seconds(90, ProbeClass::kOk);
  for (int i = 0; i < 2; ++i) {
    Seconds(90, ProbeClass::kHttpEdge);
    EXPECT_EQ(EdgeVote(), "DOWN");
    Seconds(90, ProbeClass::kOk);
  }
  EXPECT_EQ(EdgeVote(), "OSCILLATING");
  Seconds(600, ProbeClass::kOk);
  EXPECT_EQ(EdgeVote(), "OSCILLATING") << "not yet calm for a window";
  Seconds(300, ProbeClass::kOk);
  EXPECT_EQ(EdgeVote(), "UP");
}

TEST_F(VantageHealthTest, AbstainsWhenThePanelIsBad) {
  Seconds(4, ProbeClass::kOk);
  Seconds(4, ProbeClass::kTimeoutConnect, /*panel=*/false);
  EXPECT_EQ(EdgeVote(), "panel bad");
}

TEST_F(VantageHealthTest, DoesNotSayDownOfAPathThatFailedTogetherWithThePanel) {
  Seconds(4, ProbeClass::kOk);
  // The panel's last good word is young enough to look fresh, but older than the failure.
  for (int i = 0; i < 3; ++i) {
    now_ = now_ + absl::Milliseconds(700);
    Take(kEdge, ProbeClass::kTimeoutConnect);
  }
  EXPECT_EQ(health_.PanelGood(now_), 2);
  EXPECT_EQ(EdgeVote(), "DOWN") << "the panel spoke within an interval before the failure";
  Seconds(4, ProbeClass::kOk);
  now_ = now_ + absl::Milliseconds(1500);
  for (int i = 0; i < 3; ++i) {
    now_ = now_ + absl::Milliseconds(300);
    Take(kEdge, ProbeClass::kTimeoutConnect);
  }
  EXPECT_EQ(EdgeVote(), "panel bad");
}

TEST_F(VantageHealthTest, CountsNothingThatItSawWhileItsPanelWasBad) {
  Seconds(6, ProbeClass::kOk);
  Seconds(2, ProbeClass::kTimeoutConnect, false);
  Second(ProbeClass::kTimeoutConnect);
  EXPECT_EQ(EdgeVote(), "UP") << "one bad result of its own, the other two were the vantage's";
  Seconds(2, ProbeClass::kTimeoutConnect);
  EXPECT_EQ(EdgeVote(), "DOWN");
}

TEST_F(VantageHealthTest, DoesNotVoteByWhatItKnewBeforeItAiled) {
  Seconds(6, ProbeClass::kTimeoutRead);
  Seconds(6, ProbeClass::kTimeoutConnect, false);
  Take(kPanelA, ProbeClass::kOk);
  now_ = now_ + absl::Milliseconds(100);
  Take(kPanelA, ProbeClass::kOk);
  Take(kPanelB, ProbeClass::kOk);
  EXPECT_EQ(EdgeVote(), "warming");
  EXPECT_EQ(Edge().why, "what it saw while it ailed does not count");
}

TEST_F(VantageHealthTest, CountsNothingThatItSawWithoutResolvers) {
  Seconds(6, ProbeClass::kOk);
  health_.TakeCondition(absl::ZeroDuration(), true, 0);
  Seconds(2, ProbeClass::kDns);
  health_.TakeCondition(absl::ZeroDuration(), false, 0);
  Second(ProbeClass::kOk);
  EXPECT_EQ(EdgeVote(), "UP");
}

TEST_F(VantageHealthTest, AbstainsWhenTheEdgeRefusesIt) {
  Seconds(4, ProbeClass::kOk);
  Seconds(10, ProbeClass::kRefused);
  EXPECT_EQ(EdgeVote(), "refused by the edge");
  Seconds(4, ProbeClass::kOk);
  EXPECT_EQ(EdgeVote(), "UP");
}

TEST_F(VantageHealthTest, TakesABacklogForHistory) {
  Seconds(4, ProbeClass::kOk);
  now_ = now_ + absl::Seconds(60);
  for (int age = 59; age >= 4; --age) Take(kEdge, ProbeClass::kReset, absl::Seconds(age));
  EXPECT_EQ(EdgeVote(), "late");
  EXPECT_EQ(health_.late(), 56u);
  Seconds(4, ProbeClass::kOk);
  EXPECT_EQ(EdgeVote(), "UP") << "nothing of the backlog reached the filter";
}

TEST_F(VantageHealthTest, PassesOverWhatComesTwiceOrOutOfOrder) {
  Seconds(4, ProbeClass::kOk);
  Take(kEdge, ProbeClass::kReset, absl::Milliseconds(500));
  EXPECT_EQ(health_.late(), 1u);
  EXPECT_TRUE(health_.TakeBatch(7));
  EXPECT_FALSE(health_.TakeBatch(7));
  EXPECT_FALSE(health_.TakeBatch(6));
  EXPECT_TRUE(health_.TakeBatch(8));
}

TEST_F(VantageHealthTest, BecomesStaleAndSaysWhy) {
  Seconds(4, ProbeClass::kOk);
  now_ = now_ + absl::Seconds(4);
  EXPECT_EQ(EdgeVote(), "stale");
  health_.Disconnect();
  EXPECT_EQ(EdgeVote(), "not connected");
}

TEST_F(VantageHealthTest, FillsItsWindowAnewAfterASilence) {
  Seconds(6, ProbeClass::kTimeoutRead);
  ASSERT_EQ(EdgeVote(), "DOWN");
  now_ = now_ + absl::Seconds(4);  // a vote is stale after 3.3 s
  Second(ProbeClass::kTimeoutRead);
  EXPECT_EQ(EdgeVote(), "warming");
  Seconds(3, ProbeClass::kTimeoutRead);
  EXPECT_EQ(EdgeVote(), "DOWN");
}

TEST_F(VantageHealthTest, KeepsItsWindowWhileOneProbeIsLostOnTheWay) {
  Seconds(6, ProbeClass::kTimeoutRead);
  now_ = now_ + absl::Seconds(1);
  Second(ProbeClass::kTimeoutRead);
  EXPECT_EQ(EdgeVote(), "DOWN");
}

TEST_F(VantageHealthTest, FillsItsWindowAnewOnceTheEdgeNoLongerRefusesIt) {
  Seconds(6, ProbeClass::kTimeoutRead);
  Seconds(5, ProbeClass::kRefused);
  Second(ProbeClass::kTimeoutRead);
  EXPECT_EQ(EdgeVote(), "warming");
}

TEST_F(VantageHealthTest, AbstainsWhileStarvedSkewedOrWithoutResolvers) {
  Seconds(4, ProbeClass::kOk);
  health_.TakeCondition(absl::Seconds(4), false, 0);
  EXPECT_EQ(EdgeVote(), "stalled");
  health_.TakeCondition(absl::ZeroDuration(), true, 0);
  EXPECT_EQ(EdgeVote(), "resolvers dead");
  health_.TakeCondition(absl::ZeroDuration(), false, 0);
  EXPECT_EQ(EdgeVote(), "UP");
  Take(kEdge, ProbeClass::kReset, absl::Seconds(-5));
  EXPECT_EQ(EdgeVote(), "skewed");
}

TEST_F(VantageHealthTest, ShowsThePinnedLegOnlyWhileItIsFresh) {
  Seconds(4, ProbeClass::kOk);
  Take(kPinned, ProbeClass::kOk);
  EXPECT_TRUE(Edge().pinned.has_value());
  Seconds(4, ProbeClass::kOk);
  EXPECT_FALSE(Edge().pinned.has_value());
}

TEST_F(VantageHealthTest, TakesNoSingleGoodAnswerForAnAddressThatAnswers) {
  const auto pinned = [this](ProbeClass probe_class) {
    Seconds(1, ProbeClass::kTimeoutConnect);
    Take(kPinned, probe_class);
    return Edge().pinned->probe_class;
  };
  Seconds(4, ProbeClass::kTimeoutConnect);
  EXPECT_EQ(pinned(ProbeClass::kOk), ProbeClass::kOk) << "nothing bad is known of it";
  EXPECT_EQ(pinned(ProbeClass::kTimeoutConnect), ProbeClass::kTimeoutConnect);
  EXPECT_EQ(pinned(ProbeClass::kOk), ProbeClass::kTimeoutConnect);
  EXPECT_EQ(pinned(ProbeClass::kOk), ProbeClass::kTimeoutConnect);
  EXPECT_EQ(pinned(ProbeClass::kOk), ProbeClass::kOk);
}

TEST_F(VantageHealthTest, ANewRunOfTheAgentNumbersItsBatchesAnew) {
  EXPECT_TRUE(health_.TakeBatch(100));
  Connect(1);
  EXPECT_FALSE(health_.TakeBatch(100)) << "the same run resends what was not acknowledged";
  Connect(2);
  EXPECT_TRUE(health_.TakeBatch(1));
}

TEST_F(VantageHealthTest, KnowsAnOlderStreamFromThePresentOne) {
  EXPECT_FALSE(health_.IsPresent(0)) << "of nobody who has said hello";
  const uint64_t older = health_.Connect(1);
  EXPECT_TRUE(health_.IsPresent(older));
  const uint64_t newer = health_.Connect(1);
  EXPECT_FALSE(health_.IsPresent(older)) << "of the same run, too";
  EXPECT_TRUE(health_.IsPresent(newer));
}

TEST_F(VantageHealthTest, CountsNothingOfAStreamBeforeItsFirstPong) {
  Seconds(4, ProbeClass::kOk);
  health_.Connect(1);
  Seconds(4, ProbeClass::kReset);
  EXPECT_EQ(health_.late(), 16u);
  EXPECT_EQ(EdgeVote(), "late");
  EXPECT_EQ(Edge().why, "it has answered no ping yet: when it saw that is not known");
  health_.Pong(now_, now_, now_.since_boot() + kAgentAhead);
  Seconds(4, ProbeClass::kOk);
  EXPECT_EQ(EdgeVote(), "UP") << "nothing of it reached the filter";
}

TEST_F(VantageHealthTest, IsNotSkewedByAPingWhoseWayBackWasLong) {
  health_.Connect(1);
  // It was answered at once, and the answer took 3 s: the agent's clock looks 1.5 s fast.
  health_.Pong(now_ - absl::Seconds(3), now_, (now_ - absl::Seconds(3)).since_boot() + kAgentAhead);
  Seconds(4, ProbeClass::kOk);
  EXPECT_EQ(EdgeVote(), "UP");
  Take(kEdge, ProbeClass::kOk, absl::Seconds(-1.5));
  EXPECT_EQ(EdgeVote(), "skewed") << "beyond what the ping may hide";
}

TEST_F(VantageHealthTest, SaysThatAnAgentStillProbesByOlderAssignments) {
  Seconds(4, ProbeClass::kOk);
  EXPECT_TRUE(health_.TakeRevision(false));
  EXPECT_FALSE(health_.TakeRevision(false));
  EXPECT_EQ(EdgeVote(), "stale configuration");
  now_ = now_ + absl::Seconds(10);
  EXPECT_EQ(EdgeVote(), "stale configuration") << "rather than stale";
  EXPECT_EQ(Edge().why, "it still probes by older assignments than those it was sent");
  std::string why;
  EXPECT_EQ(health_.Condition(now_, why), Abstention::kStaleConfiguration);
  EXPECT_TRUE(health_.TakeRevision(true));
  Seconds(4, ProbeClass::kOk);
  EXPECT_EQ(EdgeVote(), "UP");
}

TEST_F(VantageHealthTest, ChecksAnObservationAgainstItsTarget) {
  const auto check = [this](uint32_t target, ProbeClass probe_class, int status,
                            absl::Duration latency = absl::Milliseconds(40)) {
    return health_
        .Check(target, {.probe_class = probe_class, .http_status = status, .latency = latency})
        .ok();
  };
  EXPECT_TRUE(check(kEdge, ProbeClass::kOk, 299));
  EXPECT_TRUE(check(kEdge, ProbeClass::kOk, 404)) << "which is good there";
  EXPECT_FALSE(check(kEdge, ProbeClass::kOk, 502));
  EXPECT_FALSE(check(kEdge, ProbeClass::kSlow, 502));
  EXPECT_FALSE(check(kEdge, ProbeClass::kBadBody, 502));
  EXPECT_FALSE(check(kEdge, ProbeClass::kOk, 0)) << "HTTP has a status";
  EXPECT_TRUE(check(kEdge, ProbeClass::kHttpEdge, 502));
  EXPECT_FALSE(check(kEdge, ProbeClass::kHttpEdge, 200));
  EXPECT_FALSE(check(kEdge, ProbeClass::kHttpOrigin, 404));
  EXPECT_FALSE(check(kEdge, ProbeClass::kRefused, 200));
  EXPECT_TRUE(check(kEdge, ProbeClass::kTimeoutRead, 502)) << "it never was judged";
  EXPECT_TRUE(check(kEdge, ProbeClass::kReset, 200));
  EXPECT_TRUE(check(kExit, ProbeClass::kOk, 0)) << "TCP";
  EXPECT_FALSE(check(kExit, ProbeClass::kOk, 200)) << "TCP has no status";
  EXPECT_TRUE(check(kEdge, ProbeClass::kTimeoutRead, 0, absl::Milliseconds(1800)))
      << "an agent that paused for a second";
  EXPECT_FALSE(check(kEdge, ProbeClass::kTimeoutRead, 0, absl::Seconds(5)));
  EXPECT_FALSE(check(0, ProbeClass::kOk, 200));
  EXPECT_FALSE(check(6, ProbeClass::kOk, 200));
  EXPECT_EQ(health_.observations(), 0u);
}

TEST_F(VantageHealthTest, RefusesTargetsThatWereNeverAssigned) {
  bool changed = false;
  EXPECT_FALSE(health_.Take(0, Seen{}, now_, changed));
  EXPECT_FALSE(health_.Take(6, Seen{}, now_, changed));
}

}  // namespace
}  // namespace lifeboat
