#include "controller/failover/rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

namespace lifeboat {
namespace {

using ::testing::HasSubstr;

struct Question {
  ServiceSettings settings;
  Proposal proposal;
  Sight sight;
};

// The edge is DOWN for the hold, exit/nyc is ready, one lever works: nothing holds the move.
Question AllIsReady() {
  Question q;
  q.settings.quorum.hold = absl::Seconds(10);
  q.settings.exits = {{.name = "nyc", .records = {}}};
  q.proposal = {.from = Path::Edge(), .to = Path::Exit("nyc"), .down_for = absl::Seconds(10)};
  PathSnapshot edge{.path = Path::Edge()}, nyc{.path = Path::Exit("nyc")};
  edge.tally.verdict = Verdict::kDown;
  edge.tally.voters = 3;
  edge.tally.weight_down = edge.tally.weight_voted = 3;
  nyc.tally.verdict = Verdict::kUp;
  q.sight.paths = {edge, nyc};
  q.sight.exits = {{.name = "nyc", .connected = true, .tunnel_up = true}};
  q.sight.cause = {
      .attribution = Attribution::kEdge, .reason = Cause::Reason::kExitServes, .exit = 0};
  q.sight.levers = {{.name = "own", .health = {.state = LeverState::kOk, .why = ""}}};
  return q;
}

struct Case {
  const char* rule;  // the one that holds
  const char* words;
  std::function<void(Question&)> when;
  bool binds_a_person;
};

const std::vector<Case>& Cases() {
  using Q = Question;
  static const auto& cases = *new std::vector<Case>{
      {"epoch", "exit/nyc has obeyed", [](Q& q) { q.sight.amnesia = "exit/nyc has obeyed 9.9"; },
       true},
      {"journal", "disk", [](Q& q) { q.sight.journal_trouble = "the disk is full"; }, true},
      {"verdict", "edge is UNDECIDED (those who say DOWN sit in",
       [](Q& q) {
         q.sight.paths[0].tally.verdict = Verdict::kUndecided;
         q.sight.paths[0].tally.shortfall = Shortfall::kDownNetworks;
       },
       false},
      {"verdict", "edge is BLIND", [](Q& q) { q.sight.paths[0].tally.verdict = Verdict::kBlind; },
       false},
      {"verdict", "edge is DEGRADED",
       [](Q& q) { q.sight.paths[0].tally.verdict = Verdict::kDegraded; }, false},
      {"hold", "9.9s of 10s", [](Q& q) { q.proposal.down_for = absl::Milliseconds(9'999); }, false},
      {"not paused", "paused: upgrade",
       [](Q& q) { q.proposal.paused = true, q.proposal.paused_reason = "upgrade"; }, true},
      {"attribution", "ORIGIN: exit/nyc serves while the edge does not; no other way",
       [](Q& q) { q.sight.cause.attribution = Attribution::kOrigin; }, false},
      {"attribution", "DNS_PLANE: exit/nyc serves while the edge does not; the failing zone",
       [](Q& q) { q.sight.cause.attribution = Attribution::kDnsPlane; }, false},
      {"target up", "exit/nyc is DOWN",
       [](Q& q) { q.sight.paths[1].tally.verdict = Verdict::kDown; }, true},
      {"target up", "exit/nyc is DEGRADED",
       [](Q& q) { q.sight.paths[1].tally.verdict = Verdict::kDegraded; }, true},
      {"target up", "exit/nyc is BLIND",
       [](Q& q) { q.sight.paths[1].tally.verdict = Verdict::kBlind; }, true},
      {"target up", "exit/sfo is unknown", [](Q& q) { q.proposal.to = Path::Exit("sfo"); }, true},
      {"exit connected", "not connected here", [](Q& q) { q.sight.exits[0].connected = false; },
       true},
      {"tunnel up", "not connected to exit/nyc", [](Q& q) { q.sight.exits[0].tunnel_up = false; },
       true},
      {"lever", "own is UNAUTHORIZED: 403",
       [](Q& q) {
         q.sight.levers[0].health = {LeverState::kUnauthorized, "403"};
       },
       true},
      {"lever", "no lever is configured", [](Q& q) { q.sight.levers.clear(); }, true},
      {"records", "app.test says", [](Q& q) { q.proposal.records_trouble = "app.test says A …"; },
       true},
  };
  return cases;
}

TEST(RulesTest, LetAReadyMoveGo) {
  const Question q = AllIsReady();
  const auto answers = Judge(q.settings, q.proposal, q.sight);
  EXPECT_EQ(FirstHolder(answers), nullptr);
  for (const RuleAnswer& answer : answers) EXPECT_FALSE(answer.words.empty()) << answer.name;
}

TEST(RulesTest, HoldForTheirOwnReasonOnly) {
  for (const Case& c : Cases()) {
    for (const bool by_person : {false, true}) {
      Question q = AllIsReady();
      c.when(q);
      q.proposal.by_person = by_person;
      const auto answers = Judge(q.settings, q.proposal, q.sight);
      const RuleAnswer* holder = FirstHolder(answers);
      if (by_person && !c.binds_a_person) {
        EXPECT_EQ(holder, nullptr) << c.rule << " binds a person";
        continue;
      }
      ASSERT_NE(holder, nullptr) << c.rule << " does not hold: " << c.words;
      EXPECT_EQ(holder->name, c.rule);
      EXPECT_THAT(holder->words, HasSubstr(c.words));
    }
  }
}

// Three vantages who say DOWN of the edge; one letter each: `b` its newest probe is bad, `g` good.
Question AllSayDownButHaveJustSeen(absl::string_view newest) {
  Question q = AllIsReady();
  q.settings.quorum.share = 0.5;
  for (const char c : newest) {
    Ballot ballot{.vantage = {.name = std::string(1, c)}, .vote = {.kind = VoteKind::kDown}};
    ballot.vote.by_name = {.probe_class = c == 'g' ? ProbeClass::kOk : ProbeClass::kHttpEdge};
    q.sight.paths[0].ballots.push_back(ballot);
  }
  q.sight.paths[0].tally.down_voters = static_cast<int>(newest.size());
  q.sight.paths[0].tally.weight_down = q.sight.paths[0].tally.weight_voted = newest.size();
  return q;
}

// The exit's filter may be the first to see that an origin is back: that is no time to leave the
// edge.
TEST(RulesTest, StayWithAPathThatMostWhoSayDownHaveJustSeenServe) {
  const std::pair<const char*, bool> kCases[] = {{"bbb", true},  {"gbb", true},  {"gb", true},
                                                 {"ggb", false}, {"ggg", false}, {"", true}};
  for (const auto& [newest, goes] : kCases) {
    Question q = AllSayDownButHaveJustSeen(newest);
    const auto answers = Judge(q.settings, q.proposal, q.sight);
    const RuleAnswer* holder = FirstHolder(answers);
    EXPECT_EQ(holder == nullptr, goes) << newest;
    if (holder == nullptr) continue;
    EXPECT_EQ(holder->name, "still failing");
    EXPECT_THAT(holder->words, HasSubstr("seems to recover"));
    q.proposal.by_person = true;
    EXPECT_EQ(FirstHolder(Judge(q.settings, q.proposal, q.sight)), nullptr) << "binds a person";
  }
}

TEST(RulesTest, AttributionConcernsTheEdgeAlone) {
  Question q = AllIsReady();
  q.sight.cause.attribution = Attribution::kOrigin;
  q.proposal.from = Path::Exit("ams");
  PathSnapshot ams{.path = Path::Exit("ams")};
  ams.tally.verdict = Verdict::kDown;
  q.sight.paths.push_back(ams);
  EXPECT_EQ(FirstHolder(Judge(q.settings, q.proposal, q.sight)), nullptr);
}

TEST(RulesTest, DnsPlaneHoldsOnlyWhereTheLeverWritesTheFailingZone) {
  Question q = AllIsReady();
  q.sight.cause.attribution = Attribution::kDnsPlane;
  q.settings.edge_name_in_lever_zone = false;
  EXPECT_EQ(FirstHolder(Judge(q.settings, q.proposal, q.sight)), nullptr);
}

TEST(RulesTest, TakeTheFirstLeverThatIsOkElseOneThatWasNotCheckedYet) {
  using S = LeverState;
  struct LeverCase {
    std::vector<S> states;
    int want;  // -1: none
  };
  const LeverCase kCases[] = {
      {{}, -1},
      {{S::kOk, S::kOk}, 0},
      {{S::kErr, S::kOk}, 1},
      {{S::kUnchecked, S::kOk}, 1},
      {{S::kDown, S::kUnchecked, S::kUnchecked}, 1},
      {{S::kErr, S::kDown, S::kFrozen, S::kUnauthorized}, -1},
  };
  for (const LeverCase& c : kCases) {
    Sight sight;
    for (const S state : c.states) sight.levers.push_back({.name = "l", .health = {state, ""}});
    const LeverSight* usable = UsableLever(sight);
    EXPECT_EQ(usable ? usable - sight.levers.data() : -1, c.want);
  }
}

}  // namespace
}  // namespace lifeboat
