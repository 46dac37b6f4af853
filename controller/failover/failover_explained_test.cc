#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "controller/failover/failover.h"
#include "controller/failover/rules.h"
#include "controller/failover/testing/failover_harness.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

// Every verdict has its reasons: what is told of a decision comes with what it was made from.
namespace lifeboat {
namespace {

using testing::HasSubstr;
using testing::IsSupersetOf;

const std::set<std::string>& Decisions() {
  static const auto* const kKinds = new std::set<std::string>(
      {"verdict", "intent", "hold", "renew", "cancel", "pulling", "done", "refused"});
  return *kKinds;
}

// All that was told, journaled or noted.
std::vector<Event> Told(const FailoverHarness& world) {
  std::vector<Event> events = world.notes;
  for (const Entry& entry : world.journal.Copy().entries) {
    events.insert(events.end(), entry.events.begin(), entry.events.end());
  }
  return events;
}

std::vector<std::string> AllRules(const FailoverHarness& world) {
  Proposal proposal;
  proposal.to = Path::Exit(world.settings.exits.front().name);
  std::vector<std::string> names;
  for (const RuleAnswer& rule : Judge(world.settings, proposal, world.Look())) {
    names.push_back(rule.name);
  }
  return names;
}

void ExpectWholePath(const PathSnapshot& path, const FailoverHarness& world) {
  EXPECT_EQ(path.ballots.size(), world.edge.size());
  EXPECT_EQ(path.tally.voters + path.tally.abstainers, static_cast<int>(path.ballots.size()));
  EXPECT_NE(Words(world.settings.quorum, path.tally), "");
  for (const Ballot& ballot : path.ballots) {
    EXPECT_NE(ballot.vantage.name, "");
    if (ballot.vote.kind != VoteKind::kAbstain) continue;
    EXPECT_NE(ballot.vote.abstention, Abstention::kNone) << "an abstention without a reason";
  }
}

// Every vantage's vote on every path, the thresholds, whose fault it is, and every rule's answer.
void ExpectReasons(const Event& event, const FailoverHarness& world) {
  SCOPED_TRACE(absl::StrCat(event.kind, ": ", event.text));
  ASSERT_NE(event.decision, nullptr);
  EXPECT_EQ(event.decision->wall, event.at);
  const ServiceSnapshot& service = event.decision->service;
  EXPECT_EQ(service.name, world.settings.name);
  EXPECT_EQ(service.quorum.min_voters, world.settings.quorum.min_voters);
  ASSERT_EQ(service.paths.size(), world.settings.exits.size() + 1);
  for (const PathSnapshot& path : service.paths) ExpectWholePath(path, world);
  const bool fails = service.paths.front().tally.verdict == Verdict::kDown;
  const bool attributed = service.cause.attribution != Attribution::kNone;
  EXPECT_TRUE(attributed || !fails);
  EXPECT_EQ(!service.cause_words.empty(), attributed);
  if (service.target.is_edge()) {
    EXPECT_FALSE(service.failback.empty()) << "neither rules nor what the way back needs";
    for (const EvidenceItem& item : service.failback) EXPECT_NE(item.words, "") << item.name;
    return;
  }
  std::vector<std::string> rules;
  for (const RuleAnswer& rule : service.rules) {
    rules.push_back(rule.name);
    EXPECT_NE(rule.words, "") << rule.name;
  }
  EXPECT_EQ(rules, AllRules(world));
}

// Adds to `seen` the kinds of the decisions that were told.
void ExpectReasonsOfAll(const FailoverHarness& world, std::set<std::string>& seen) {
  for (const Event& event : Told(world)) {
    const bool decides = Decisions().contains(event.kind);
    EXPECT_EQ(event.decision != nullptr, decides) << event.kind << ": " << event.text;
    if (!decides) continue;
    seen.insert(event.kind);
    ExpectReasons(event, world);
  }
}

const Event* Last(const std::vector<Event>& events, const std::string& kind) {
  const Event* last = nullptr;
  for (const Event& event : events) {
    if (event.kind == kind) last = &event;
  }
  return last;
}

// ----------------------------------------------------------------------------------- all at once

TEST(FailoverExplainedTest, EveryKindOfDecisionHasItsReasons) {
  std::set<std::string> seen;
  FailoverHarness there_and_back;  // verdicts, intent, pull, done; a refused failback, and back
  ASSERT_TRUE(there_and_back.FailOver());
  there_and_back.edge = "UU_";
  EXPECT_FALSE(there_and_back.MoveToEdge().ok());
  ASSERT_TRUE(there_and_back.MoveToEdge(true).ok());
  ASSERT_TRUE(there_and_back.RunUntilQuiet());
  ASSERT_EQ(there_and_back.InDns(), Path::Edge());
  ExpectReasonsOfAll(there_and_back, seen);

  FailoverHarness held;  // a held intent that is renewed, then cancelled
  ASSERT_TRUE(held.Arm());
  ASSERT_TRUE(held.SetPaused(true).ok());
  held.edge = "DDD";
  ASSERT_TRUE(held.RunUntil([&] { return held.Told("renew"); }, absl::Hours(2)));
  held.edge = "UUU";
  ASSERT_TRUE(held.RunUntil([&] { return held.Told("cancel"); }));
  ExpectReasonsOfAll(held, seen);

  FailoverHarness retargeted({"nyc", "syd"});  // the first exit does not open: held, then another
  ASSERT_TRUE(retargeted.Arm());
  retargeted.exits.at("nyc").opens = false;
  retargeted.edge = "DDD";
  ASSERT_TRUE(retargeted.RunUntil([&] { return retargeted.InDns() == Path::Exit("syd"); }));
  EXPECT_TRUE(retargeted.Told("intent", "instead of exit/nyc"));
  ExpectReasonsOfAll(retargeted, seen);

  FailoverHarness refused;  // a person may not move to an exit that is dead
  ASSERT_TRUE(refused.Arm());
  refused.exits.at("nyc").votes = "DDD";
  EXPECT_FALSE(refused.MoveToExit("nyc").ok());
  refused.edge = "D__";
  refused.Run(absl::Seconds(1));  // BLIND is a verdict, too
  ExpectReasonsOfAll(refused, seen);

  EXPECT_THAT(seen, IsSupersetOf(Decisions()));
}

// ------------------------------------------------------------------------- each as it stood then

TEST(FailoverExplainedTest, AnIntentTellsOfTheMoveThatItBegins) {
  FailoverHarness world;
  ASSERT_TRUE(world.FailOver());
  const std::vector<Event> events = Told(world);
  const Event* intent = Last(events, "intent");
  ASSERT_TRUE(intent != nullptr && intent->decision != nullptr);
  const ServiceSnapshot& service = intent->decision->service;
  EXPECT_EQ(service.phase, Phase::kIntent);
  ASSERT_TRUE(service.move.has_value());
  EXPECT_EQ(service.move->to, Path::Exit("nyc"));
  EXPECT_EQ(service.hold_done, world.settings.quorum.hold);
  EXPECT_EQ(FirstHolder(service.rules), nullptr);
  const Event* done = Last(events, "done");
  ASSERT_TRUE(done != nullptr && done->decision != nullptr);
  EXPECT_FALSE(done->decision->service.proof.empty()) << "which servers said so";
}

TEST(FailoverExplainedTest, AHoldNamesTheRuleAndACancelTheRecovery) {
  FailoverHarness world;
  world.settings.places = {{"tunnel", "controller.yaml:19"}};
  world.Restart();
  ASSERT_TRUE(world.Arm());
  world.exits.at("nyc").tunnel_up = false;
  world.edge = "DDD";
  ASSERT_TRUE(world.RunUntil([&] { return world.Told("hold"); }));
  world.edge = "UUU";
  ASSERT_TRUE(world.RunUntil([&] { return world.Told("cancel"); }));
  const std::vector<Event> events = Told(world);
  const Event* hold = Last(events, "hold");
  ASSERT_TRUE(hold != nullptr && hold->decision != nullptr);
  const RuleAnswer* holder = FirstHolder(hold->decision->service.rules);
  ASSERT_NE(holder, nullptr);
  EXPECT_EQ(holder->name, "tunnel up");
  EXPECT_EQ(holder->key, "tunnel");
  EXPECT_EQ(holder->place, "controller.yaml:19");
  EXPECT_THAT(hold->decision->service.waiting_for, HasSubstr("tunnel up: "));
  const Event* cancel = Last(events, "cancel");
  ASSERT_TRUE(cancel != nullptr && cancel->decision != nullptr);
  EXPECT_EQ(cancel->decision->service.paths.front().tally.verdict, Verdict::kUp);
}

TEST(FailoverExplainedTest, ARefusedFailbackSaysWhatIsMissingAndWhenItIsComplete) {
  FailoverHarness world;
  ASSERT_TRUE(world.FailOver());
  world.edge = "UUU";
  world.Run(absl::Seconds(3));
  EXPECT_THAT(Words(world.MoveToEdge()),
              HasSubstr("still missing: clean for: 2s of 5s; complete in 3s if all stays well"));
  world.Tick();
  EXPECT_TRUE(world.Told("refused", "the move to edge: still missing: clean for"));
  const std::vector<Event> events = Told(world);
  EXPECT_FALSE(Last(events, "refused")->decision->service.failback.empty());
  world.Run(absl::Seconds(3));
  EXPECT_TRUE(world.MoveToEdge().ok()) << "it is complete when it said so";
}

TEST(FailoverExplainedTest, ARefusedFailoverIsJudgedAsAPersonsMove) {
  FailoverHarness world;
  ASSERT_TRUE(world.Arm());
  world.exits.at("nyc").votes = "DDD";
  EXPECT_FALSE(world.MoveToExit("nyc").ok());
  world.Tick();
  const std::vector<Event> events = Told(world);
  const Event* refused = Last(events, "refused");
  ASSERT_TRUE(refused != nullptr && refused->decision != nullptr);
  const RuleAnswer* holder = FirstHolder(refused->decision->service.rules);
  ASSERT_NE(holder, nullptr);
  EXPECT_EQ(holder->name, "target up") << "a person is not asked for a verdict on the edge";
}

}  // namespace
}  // namespace lifeboat
