#include "controller/replay/replay.h"

#include <stdlib.h>

#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace lifeboat {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kFolder[] = "tests/simulation/";

Scenario Load(const std::string& name) {
  auto file = ReadScenario(absl::StrCat(kFolder, "scenarios/", name, ".yaml"));
  EXPECT_TRUE(file.ok()) << file.status();
  EXPECT_TRUE(file->value.has_value()) << file->findings;
  return *file->value;
}

ReplayPolicy LoadPolicy(const std::string& name, const Scenario& scenario) {
  auto file = ReadReplayPolicy(absl::StrCat(kFolder, "policies/", name, ".yaml"), scenario);
  EXPECT_TRUE(file.ok()) << file.status();
  EXPECT_TRUE(file->value.has_value()) << file->findings;
  return *file->value;
}

std::string FindingsOf(const std::string& text) {
  const std::string path = absl::StrCat(testing::TempDir(), "/scenario.yaml");
  std::ofstream(path) << text;
  const auto file = ReadScenario(path);
  EXPECT_FALSE(file->value.has_value()) << text;
  return file->findings;
}

int Moves(const ReplayRun& run) {
  int moves = 0;
  for (const Happening& one : run.timeline) moves += one.what == "FAILOVER";
  return moves;
}

TEST(ReplayTest, SaysTheSameByteForByteForTheSameSeed) {
  const Scenario scenario = Load("s15");
  const ReplayPolicy policy = LoadPolicy("reference", scenario);
  const ReplayRun once = Replay(scenario, policy, LeverMode::kEdge, 3);
  const ReplayRun twice = Replay(scenario, policy, LeverMode::kEdge, 3);
  EXPECT_EQ(TimelineText(once), TimelineText(twice));
  EXPECT_EQ(SheetText({once}), SheetText({twice}));
  EXPECT_NE(TimelineText(once), TimelineText(Replay(scenario, policy, LeverMode::kEdge, 4)));
}

// The lab must be able to fail.
TEST(ReplayTest, LetsWrongPoliciesFail) {
  const struct {
    const char* policy;
    const char* scenario;
  } kCases[] = {
      {"consecutive", "s01"},  // one good answer in five resets it
      {"unanimous", "s03"},    // half of the users are not enough
      {"hasty", "s09"},        // one bad result in fifty is
      {"hasty", "s15"},
  };
  for (const auto& [name, which] : kCases) {
    const Scenario scenario = Load(which);
    bool failed = false;
    for (uint64_t seed = 1; seed <= 5; ++seed) {
      const ReplayPolicy policy = LoadPolicy(name, scenario);
      failed |= !Replay(scenario, policy, LeverMode::kIndep, seed).failures.empty();
    }
    EXPECT_TRUE(failed) << name << " passes " << which;
  }
}

TEST(ReplayTest, KeepsAPolicyThatWantsFourFifthsSilentThroughABackboneLeak) {
  const Scenario scenario = Load("s03");
  const ReplayPolicy policy = LoadPolicy("route53_like", scenario);
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    const ReplayRun run = Replay(scenario, policy, LeverMode::kIndep, seed);
    EXPECT_EQ(Moves(run), 0) << TimelineText(run);
    EXPECT_EQ(run.score.missed, 1);
  }
}

TEST(ReplayTest, RefusesAScenarioThatMakesNoSenseWithLineAndReason) {
  const struct {
    const char* text;
    const char* want;
  } kCases[] = {
      {"title: x\ntimeline:\n  - {at: 0s, edge: {frac: 1.5}}\n", "1.5 is not between 0 and 1"},
      {"title: x\ntimeline:\n  - {at: 9s}\n  - {at: 3s}\n", "rows go in the order of time"},
      {"title: x\ntimeline:\n  - {at: 0s, edge: {frac: 1, p_err: 1}}\n", "p_err without symptoms"},
      {"title: x\ntimeline:\n  - {at: 0s, api: {state: BROKEN}}\n", "\"BROKEN\" is none of OK"},
      {"title: x\ntimeline:\n  - {at: 0s, agents: [{vantage: mars}]}\n", "no vantage \"mars\""},
      {"title: x\ntimelime: []\n", "timelime"},
      {"title: x\n", "timeline has no rows"},
      {"timeline:\n  - {at: 0s}\n", "wants a title"},
      {"title: x\ntimeline:\n  - {at: 0s}\nexpect:\n  - {what: FALLOVER}\n",
       "did you mean \"FAILOVER\"?"},
      {"title: x\ntimeline:\n  - {at: 100000h}\n", "100000h is after the longest run, 720h"},
      {"title: x\nruns_for: 800h\ntimeline:\n  - {at: 0s}\n", "800h is not above 0s and at most"},
      {"title: x\ntimeline:\n  - {at: 0s, repeat: {every: 1s, until: 800000h}}\n",
       "800000h is after the longest run"},
      {"title: x\ntimeline:\n  - {at: 0s, repeat: {every: 1s, until: 700h}}\n",
       "more than 100000 rows"},
      {"title: x\ntimeline:\n  - {at: 0s, repeat: {every: 1s}}\n", "repeat without until"},
      {"title: x\ntimeline:\n  - {at: 0s}\nexpect:\n  - {what: FAILOVER, service: wbe}\n",
       "there is no service \"wbe\""},
      {"title: x\ntimeline:\n  - {at: 0s}\nexpect:\n  - {what: FAILOVER, none: true, most: 2}\n",
       "none is 0 of them"},
      {"title: x\ntimeline:\n  - {at: 0s}\nexpect:\n  - {what: FAILOVER, none: true, least: 1}\n",
       "none is 0 of them"},
      {"title: x\ntimeline:\n  - {at: 0s, edge: {p_err: 1, symptoms: [{what: TLS}]}}\n",
       "nobody is affected: say frac, vantages or continents"},
      {"title: x\ntimeline:\n  - {at: 0s, edge: {frac: 1, vantages: [fra]}}\n", "not both"},
      {"title: x\ntimeline:\n  - {at: 0s, edge: {frac: 1, to_p_err: 1, symptoms: [{what: TLS}]}}\n",
       "to_p_err without ramp"},
      {"title: x\ntimeline:\n  - {at: 0s, edge: {frac: 1, to_p_err: 1, ramp: 1m}}\n",
       "to_p_err without symptoms"},
      {"title: x\ntimeline:\n  - {at: 0s, api: {state: ERR}}\n", "how likely a call fails"},
      {"title: x\nvantages:\n  - {name: a, asn: 1, weight: 10000000}\ntimeline:\n  - {at: 0s}\n",
       "at most 1000000"},
      {"title: x\ntimeline:\n  - {at: 0s, edge: {frac: 1, slow: 1000000}}\n", "at most 1000"},
      {"title: x\ntimeline:\n  - {at: 0s, edge: {frac: 1, ramp: 800h}}\n",
       "800h is not between 0s and 720h"},
      {"title: x\ntimeline:\n  - {at: 0s, agents: [{vantage: fra, lag: 2h}]}\n",
       "scenario.yaml:3:43: 2h is not between 0s and 1h"},
      {"title: x\ntimeline:\n  - {at: 0s, agents: [{vantage: fra, clock_jump: 800h}]}\n",
       "800h is not between"},
      {"title: x\ntimeline:\n  - {at: 0s, agents: [{vantage: fra, dns_fails: 2}]}\n",
       "2 is not between 0 and 1"},
      {"title: x\nttl: 48h\ntimeline:\n  - {at: 0s}\n", "48h is not above 0s and at most 24h"},
      {"title: x\ntimeline:\n  - {at: 0s, servers: [{number: 1, keeps_old_for: 800h}]}\n",
       "800h is not between"},
      {"title: x\nservers_behind: 2h\ntimeline:\n  - {at: 0s}\n", "2h is not between 0s and 1h"},
      {"title: x\nvantages:\n  - {name: a}\ntimeline:\n  - {at: 0s}\n", "wants an asn"},
  };
  for (const auto& [text, want] : kCases) {
    const std::string findings = FindingsOf(text);
    EXPECT_THAT(findings, HasSubstr(want));
    EXPECT_THAT(findings, HasSubstr("scenario.yaml:"));
  }
}

TEST(ReplayTest, RepeatsARowToTheNanosecondAndBeforeUntil) {
  const std::string path = absl::StrCat(testing::TempDir(), "/repeat.yaml");
  std::ofstream(path)
      << "title: x\ntimeline:\n  - {at: 0s, repeat: {every: 1500ms, until: 4500ms}}\n";
  const auto file = ReadScenario(path);
  ASSERT_TRUE(file->value.has_value()) << file->findings;
  const auto& rows = file->value->said.timeline();
  ASSERT_EQ(rows.size(), 3);
  EXPECT_EQ(rows[1].at().seconds(), 1);
  EXPECT_EQ(rows[1].at().nanos(), 500000000);
  EXPECT_EQ(rows[2].at().seconds(), 3);
  EXPECT_EQ(rows[2].at().nanos(), 0);
}

ReplayRun RunOf(const std::string& text) {
  const std::string path = absl::StrCat(testing::TempDir(), "/run.yaml");
  std::ofstream(path) << text;
  const auto file = ReadScenario(path);
  EXPECT_TRUE(file->value.has_value()) << file->findings;
  return Replay(*file->value, DefaultReplayPolicy(), LeverMode::kIndep, 1);
}

constexpr char kDownForGood[] =
    "title: x\nexits: 2\nruns_for: 10m\ntimeline:\n"
    "  - {at: 0s, edge: {frac: 1, p_err: 1, symptoms: [{what: RESET}]}}\n";

TEST(ReplayTest, TellsOfAWayBackThatWasRefused) {
  const ReplayRun run = RunOf(absl::StrCat(kDownForGood, "  - {at: 5m, failback: too soon}\n",
                                           "expect:\n  - {what: REFUSED, from: 5m, says: clean}\n",
                                           "  - {what: REFUSED, most: 1}\n"));
  EXPECT_THAT(run.failures, IsEmpty()) << TimelineText(run);
}

TEST(ReplayTest, AMoveFromADeadExitToAnotherIsNoFalseOne) {
  const ReplayRun run = RunOf(absl::StrCat(kDownForGood, "  - {at: 1m, edge: {frac: 0}}\n",
                                           "  - {at: 8m, exits: [{number: 1, down: true}]}\n"));
  EXPECT_EQ(Moves(run), 2) << TimelineText(run);
  EXPECT_EQ(run.score.false_failovers, 0) << "8 minutes in, nobody suffers from the edge any more";
}

// The edge fails for 25 min. Of these the TTL of 5 min is lost, and what stubborn resolvers keep.
TEST(ReplayTest, SaysWhatAMoveWasWorthUnderALongTtl) {
  const Scenario scenario = Load("s16");
  const ReplayPolicy policy = LoadPolicy("reference", scenario);
  EXPECT_EQ(policy.ttl, absl::Minutes(5)) << "the scenario's, not the policy's";
  const ReplayRun run = Replay(scenario, policy, LeverMode::kIndep, 1);
  EXPECT_GT(run.score.user_saved_minutes, 17);
  EXPECT_LT(run.score.user_saved_minutes, 20);
  EXPECT_NEAR(run.score.user_saved_minutes + run.score.user_bad_minutes, 24.5, 0.1);
}

TEST(ReplayTest, AMoveToAnExitThatDiesDoesHarm) {
  const ReplayRun run = RunOf(
      "title: x\nruns_for: 20m\ntimeline:\n"
      "  - {at: 0s, edge: {frac: 1, p_err: 1, symptoms: [{what: RESET}]}}\n"
      "  - {at: 1m, edge: {frac: 0}}\n  - {at: 2m, exits: [{down: true}]}\n");
  EXPECT_EQ(Moves(run), 1) << TimelineText(run);
  EXPECT_LT(run.score.user_saved_minutes, -5);
}

constexpr char kEdgeFailsWithAgents[] =
    "title: x\nruns_for: 10m\ntimeline:\n"
    "  - {at: 0s, edge: {frac: 1, p_err: 1, symptoms: [{what: RESET}]}, agents: [";

TEST(ReplayTest, WhoProbesTheProvidersOwnPageSeesNothingOfTheFailure) {
  std::string text = kEdgeFailsWithAgents;
  for (const char* name : {"fra", "lon", "nyc"}) {
    absl::StrAppend(&text, "{vantage: ", name, ", diagnostic_page: true}, ");
  }
  const ReplayRun half = RunOf(text + "]}\n");
  EXPECT_EQ(Moves(half), 1) << TimelineText(half);
  const ReplayRun most = RunOf(text + "{vantage: sfo, diagnostic_page: true}]}\n");
  EXPECT_EQ(Moves(most), 0) << TimelineText(most);
  EXPECT_EQ(most.score.missed, 1) << "users do not ask for that page";
}

TEST(ReplayTest, WhoResolvesByTheEdgesResolverAloneLosesItsNameWhileTheEdgeIsBad) {
  std::string agents;
  for (const char* name : {"fra", "lon", "nyc", "sfo", "sin", "tyo"}) {
    absl::StrAppend(&agents, "{vantage: ", name, ", dns_fails: 1}, ");
  }
  const std::string before = "title: x\nruns_for: 10m\ntimeline:\n  - {at: 0s, edge: {";
  const std::string after = absl::StrCat("}, agents: [", agents, "]}\n");
  const ReplayRun well = RunOf(absl::StrCat(before, "frac: 0", after));
  EXPECT_THAT(well.timeline, IsEmpty()) << TimelineText(well);
  const ReplayRun bad = RunOf(absl::StrCat(before, "frac: 1", after));
  EXPECT_THAT(TimelineText(bad), HasSubstr("ATTRIBUTION       web: DNS_PLANE"))
      << "its addresses answer";
}

TEST(ReplayTest, RefusesAPolicyWithKeysThatAreNotItsOwn) {
  const Scenario scenario = Load("s01");
  const std::string path = absl::StrCat(testing::TempDir(), "/policy.yaml");
  std::ofstream(path) << "hostname: app.example.net\nquorum: {share: 2}\n";
  const auto file = ReadReplayPolicy(path, scenario);
  EXPECT_FALSE(file->value.has_value());
  EXPECT_THAT(file->findings, HasSubstr("hostname is no part of a policy"));
  EXPECT_THAT(file->findings, HasSubstr("2 is no share"));
}

// All listed outages, in both lever modes: LIFEBOAT_REPLAY_SEEDS says over how many seeds.
class ScenariosTest : public testing::TestWithParam<const char*> {};

TEST_P(ScenariosTest, EndsAsExpectedWithBothLevers) {
  const char* wanted = getenv("LIFEBOAT_REPLAY_SEEDS");
  const int seeds = wanted == nullptr ? 5 : atoi(wanted);
  const Scenario scenario = Load(GetParam());
  const ReplayPolicy policy = LoadPolicy("reference", scenario);
  for (const LeverMode mode : {LeverMode::kIndep, LeverMode::kEdge}) {
    for (int seed = 1; seed <= seeds; ++seed) {
      const ReplayRun run = Replay(scenario, policy, mode, static_cast<uint64_t>(seed));
      EXPECT_THAT(run.failures, IsEmpty())
          << GetParam() << " lever " << LeverModeName(mode) << " seed " << seed << "\n"
          << TimelineText(run);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, ScenariosTest,
                         testing::Values("s01", "s02", "s02b", "s03", "s04", "s06", "s06b", "s08",
                                         "s09", "s13", "s15", "s16", "x01", "x03", "x04", "x05",
                                         "x07", "x08", "x09", "x11", "x12", "x15", "x15_break"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace lifeboat
