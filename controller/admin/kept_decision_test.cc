#include "controller/admin/kept_decision.h"

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "controller/admin/testing/snapshots.h"
#include "controller/admin/testing/states.h"
#include "controller/admin/text.h"
#include "controller/admin/view.h"
#include "controller/admin/wire.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace lifeboat::admin {
namespace {

using testing::HasSubstr;
using testing::Not;

Decision DecisionOf(const Snapshot& snapshot) {
  return {.now = snapshot.now,
          .wall = snapshot.wall,
          .epoch = snapshot.epoch,
          .service = snapshot.services.front()};
}

// What an operator reads of `view` without its rules' and events' part.
std::string Explained(v1::StatusView view) {
  view.clear_troubles();
  v1::ExplainResponse explanation;
  *explanation.mutable_status() = std::move(view);
  EXPECT_TRUE(KeepOnly(explanation.status().services(0).name(), *explanation.mutable_status()));
  return ExplainText(explanation, {.wide = true});
}

TEST(KeptDecisionTest, SaysTheSameAsTheControllerSaidThen) {
  for (const State& one : AllStates()) {
    const Snapshot snapshot = one.snapshot();
    if (snapshot.services.size() != 1) continue;
    const auto kept = Recall(Keep(DecisionOf(snapshot)));
    ASSERT_TRUE(kept.has_value()) << one.name;
    EXPECT_EQ(Explained(*kept), Explained(MakeStatusView(snapshot, snapshot.now))) << one.name;
  }
}

TEST(KeptDecisionTest, WhatIsTooLargeLosesParticularsThenVotesAndSaysSo) {
  Decision decision = DecisionOf(SnapshotOf({EdgeService("web", "DDDP", "UUUU")}));
  Ballots& ballots = decision.service.paths.front().ballots;
  for (Ballot& ballot : ballots) {
    if (ballot.vote.by_name) ballot.vote.by_name->detail = std::string(5000, 'x');
  }
  for (int i = 0; i < 100; ++i) {
    ballots.push_back(ballots.front());
    ballots.back().vantage.name = absl::StrCat("v", i);
  }
  const std::string particulars = Keep(decision);
  ASSERT_LE(particulars.size(), kMostKeptBytes);
  EXPECT_EQ(Recall(particulars)->services(0).paths(0).ballots_size(), 104);
  EXPECT_FALSE(Recall(particulars)->services(0).paths(0).ballots(0).has_by_name());
  for (int i = 100; i < 5000; ++i) ballots.push_back(ballots.front());
  const std::string votes = Keep(decision);
  ASSERT_LE(votes.size(), kMostKeptBytes);
  EXPECT_THAT(votes, HasSubstr("5008 votes were too many"));
  EXPECT_EQ(Recall(votes)->services(0).rules_size(),
            static_cast<int>(decision.service.rules.size()));
  for (int i = 0; i < 1000; ++i) {
    decision.service.rules.push_back({absl::StrCat("rule ", i), false, std::string(200, 'y')});
  }
  const std::string sentences = Keep(decision);
  ASSERT_LE(sentences.size(), kMostKeptBytes);
  EXPECT_EQ(Recall(sentences)->services(0).name(), "web");
  EXPECT_THAT(sentences, HasSubstr("too large to be kept"));
}

TEST(KeptDecisionTest, FieldsOfANewerVersionAreSkippedAndTextIsNoDecision) {
  std::string kept = Keep(DecisionOf(AllWell()));
  kept.insert(1, "\"of_the_future\":{\"a\":[1]},");
  ASSERT_TRUE(Recall(kept).has_value());
  EXPECT_EQ(Recall(kept)->services(0).name(), "web");
  for (const char* other : {"", "edge DOWN\n  fra DOWN\n", "{", "{}", "{\"services\":3}"}) {
    EXPECT_FALSE(Recall(other).has_value()) << other;
  }
}

TEST(KeptDecisionTest, IsOneLineOfReadableText) {
  const std::string kept = Keep(DecisionOf(SnapshotOf({EdgeService("web", "DDDP", "UUUU")})));
  EXPECT_THAT(kept, HasSubstr("\"name\":\"target up\""));
  EXPECT_THAT(kept, HasSubstr("\"vote\":\"VOTE_KIND_DOWN\""));
  EXPECT_THAT(kept, Not(HasSubstr("\n")));
}

}  // namespace
}  // namespace lifeboat::admin
