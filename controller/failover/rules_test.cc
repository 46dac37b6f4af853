#include "controller/failover/rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "controller/quorum/testing/ballots.h"

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
  q.settings.name = "web";
  q.settings.exits = {{.name = "nyc", .records = {}, .provider = "vultr", .asn = 20473}};
  q.settings.safety.edge_provider = "cloudflare";
  q.settings.safety.edge_asns = {13335};
  q.sight.wall = absl::FromUnixSeconds(1'700'000'000);  // Tuesday 2023-11-14, 22:13:20 UTC
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

MaintenanceWindow AnHourOfWork(const Question& q) {
  return {.begin = q.sight.wall, .end = q.sight.wall + absl::Hours(1), .reason = "new switch"};
}

// Vantages who vote UP on exit/nyc and saw certificates that are valid for so long; zero: none.
void SeeCertificates(Question& q, const std::vector<absl::Duration>& valid_for) {
  for (const absl::Duration valid : valid_for) {
    Ballot ballot{.vantage = {.name = "v"}, .vote = {.kind = VoteKind::kUp}};
    ballot.vote.by_name.emplace();
    if (valid != absl::ZeroDuration()) {
      ballot.vote.by_name->certificate_not_after = q.sight.wall + valid;
    }
    q.sight.paths[1].ballots.push_back(ballot);
  }
}

// Tallies what the ballots on the edge say.
void CountVotes(Question& q) {
  q.sight.paths[0].tally = Count(q.settings.quorum, q.sight.paths[0].ballots);
}

// Six vantages, two a continent, of which those in Europe weigh ten times the others.
void SeeFromThreeContinents(Question& q, const std::string& votes) {
  q.settings.quorum.regions = RegionPolicy{.weights = {{"EU", 1}, {"NA", 1}, {"AS", 1}}};
  q.sight.paths[0].ballots = ParseBallots(votes);
  const char* kContinents[] = {"EU", "EU", "NA", "NA", "AS", "AS"};
  for (size_t i = 0; i < votes.size(); ++i) {
    Vantage& vantage = q.sight.paths[0].ballots[i].vantage;
    vantage.continent = kContinents[i];
    vantage.weight = i < 2 ? 10 : 1;
  }
  CountVotes(q);
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
      {"not stopped", "everything is stopped: all hands",
       [](Q& q) { q.sight.stopped = "all hands"; }, true},
      {"not paused", "paused: upgrade",
       [](Q& q) { q.proposal.paused = true, q.proposal.paused_reason = "upgrade"; }, true},
      {"maintenance", "work is going on until Tue 23:13 UTC: new switch",
       [](Q& q) { q.settings.safety.maintenance = {AnHourOfWork(q)}; }, false},
      {"attribution", "ORIGIN: exit/nyc serves while the edge does not; no other way",
       [](Q& q) { q.sight.cause.attribution = Attribution::kOrigin; }, false},
      {"attribution", "DNS_PLANE: exit/nyc serves while the edge does not; the failing zone",
       [](Q& q) { q.sight.cause.attribution = Attribution::kDnsPlane; }, false},
      {"moves per day", "4 of 4 made by itself; the next in 3h2m",
       [](Q& q) {
         q.proposal.moves_made = 4;
         q.proposal.budget_free_in = absl::Minutes(182) + absl::Milliseconds(5);
       },
       false},
      {"acknowledged", "nobody has acknowledged move 01A: lifeboatctl ack web",
       [](Q& q) { q.proposal.unacknowledged = "01A"; }, false},
      {"parity", "visitors log in at the edge, and safety.parity does not say",
       [](Q& q) { q.settings.safety.edge_login = true; }, true},
      {"shared fate", "exit/nyc is run by cloudflare, as the edge is",
       [](Q& q) { q.settings.exits[0].provider = "cloudflare"; }, false},
      {"shared fate", "exit/nyc sits in AS13335, as the edge does",
       [](Q& q) { q.settings.exits[0].asn = 13335; }, false},
      {"target up", "exit/nyc is DOWN",
       [](Q& q) { q.sight.paths[1].tally.verdict = Verdict::kDown; }, true},
      {"target up", "exit/nyc is UNDECIDED",
       [](Q& q) { q.sight.paths[1].tally.verdict = Verdict::kUndecided; }, true},
      {"target up", "exit/nyc is BLIND",
       [](Q& q) { q.sight.paths[1].tally.verdict = Verdict::kBlind; }, true},
      {"target up", "exit/sfo is unknown", [](Q& q) { q.proposal.to = Path::Exit("sfo"); }, true},
      {"exit connected", "not connected here", [](Q& q) { q.sight.exits[0].connected = false; },
       true},
      {"tunnel up", "not connected to exit/nyc", [](Q& q) { q.sight.exits[0].tunnel_up = false; },
       true},
      {"certificate", "of exit/nyc ends 2023-11-15 12:13 UTC, and 24h are wanted",
       [](Q& q) {
         SeeCertificates(q, {absl::Hours(14), absl::Hours(14), absl::Hours(900)});
       },
       false},
      {"certificate", "of exit/nyc ended 2023-11-14 21:13 UTC",
       [](Q& q) {
         SeeCertificates(q, {absl::Hours(-1), absl::Hours(-1)});
       },
       false},
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

TEST(RulesTest, AreAClosedSetInTheirOrder) {
  const Question q = AllIsReady();
  const auto answers = Judge(q.settings, q.proposal, q.sight);
  ASSERT_EQ(answers.size(), std::size(kRuleNames));
  for (size_t i = 0; i < answers.size(); ++i) EXPECT_EQ(answers[i].name, kRuleNames[i]);
}

TEST(RulesTest, EachHasACaseInThisTable) {
  for (const absl::string_view rule : kRuleNames) {
    if (rule == "still failing") continue;  // has a table of its own
    const auto tried = [rule](const Case& c) { return c.rule == rule; };
    EXPECT_TRUE(std::any_of(Cases().begin(), Cases().end(), tried)) << rule;
  }
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
  q.settings.quorum.min_voters = 1;
  for (const char c : newest) {
    Ballot ballot{.vantage = {.name = std::string(1, c),
                              .asn = static_cast<uint32_t>(q.sight.paths[0].ballots.size())},
                  .vote = {.kind = VoteKind::kDown}};
    ballot.vote.by_name = {.probe_class = c == 'g' ? ProbeClass::kOk : ProbeClass::kHttpEdge};
    q.sight.paths[0].ballots.push_back(ballot);
  }
  if (!newest.empty()) CountVotes(q);
  return q;
}

// The exit's filter may be the first to see that an origin is back: that is no time to leave the
// edge.
TEST(RulesTest, StayWithAPathThatMostWhoSayDownHaveJustSeenServe) {
  const std::pair<const char*, bool> kCases[] = {{"bbb", true}, {"gbb", true},  {"ggbb", true},
                                                 {"gb", false}, {"ggb", false}, {"ggg", false},
                                                 {"", true}};
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

TEST(RulesTest, CountTheRecoveringByRegionsAsTheVerdictDoes) {
  Question q = AllIsReady();
  SeeFromThreeContinents(q, "UUDDDD");
  ASSERT_EQ(q.sight.paths[0].tally.verdict, Verdict::kDown) << "two regions of three";
  const auto see_good = [&q](size_t vantage) {
    q.sight.paths[0].ballots[vantage].vote.by_name = {.probe_class = ProbeClass::kOk};
  };
  see_good(2);
  EXPECT_EQ(FirstHolder(Judge(q.settings, q.proposal, q.sight)), nullptr)
      << "half of its region still says DOWN";
  see_good(3);
  const auto answers = Judge(q.settings, q.proposal, q.sight);
  ASSERT_NE(FirstHolder(answers), nullptr) << "one region of three is left";
  EXPECT_EQ(FirstHolder(answers)->name, "still failing");
}

TEST(RulesTest, CountADoubtedVantageThatRecoversAsTheVerdictDoes) {
  Question q = AllIsReady();
  q.sight.paths[0].ballots = ParseBallots("DDDUU");
  q.sight.paths[0].ballots[2].vote.doubted = true;
  CountVotes(q);
  ASSERT_EQ(q.sight.paths[0].tally.verdict, Verdict::kDown);
  q.sight.paths[0].ballots[2].vote.by_name = {.probe_class = ProbeClass::kOk};
  const auto answers = Judge(q.settings, q.proposal, q.sight);
  ASSERT_NE(FirstHolder(answers), nullptr) << "two of five say DOWN once it says UP";
  EXPECT_EQ(FirstHolder(answers)->name, "still failing");
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
      {{S::kDown, S::kErr, S::kUnchecked}, 2},
      {{S::kDown, S::kErr}, 1},  // fails now and then: worth a try
      {{S::kDown, S::kFrozen, S::kUnauthorized}, -1},
  };
  for (const LeverCase& c : kCases) {
    Sight sight;
    for (const S state : c.states) sight.levers.push_back({.name = "l", .health = {state, ""}});
    const LeverSight* usable = UsableLever({}, sight);
    EXPECT_EQ(usable ? usable - sight.levers.data() : -1, c.want);
  }
}

TEST(RulesTest, PullALeverThatRefusedThisMoveAfterAllOthersThatMayWork) {
  using S = LeverState;
  Sight sight;
  sight.levers = {{.name = "own", .health = {S::kOk, ""}},
                  {.name = "spare", .health = {S::kErr, "slow"}},
                  {.name = "last", .health = {S::kDown, "no answer"}}};
  EXPECT_EQ(UsableLever({}, sight)->name, "own");
  EXPECT_EQ(UsableLever({}, sight, {"own"})->name, "spare");
  EXPECT_EQ(UsableLever({}, sight, {"own", "spare"})->name, "own");
  sight.levers[1].health.state = S::kDown;
  EXPECT_EQ(UsableLever({}, sight, {"own"})->name, "own") << "there is no other";
}

TEST(RulesTest, OfLeversThatAreAlikePullOneThatDoesNotFallWithTheEdge) {
  using S = LeverState;
  SafetySettings safety;
  safety.levers_of_edge = {"cf"};
  Sight sight;
  sight.levers = {{.name = "cf", .health = {S::kOk, ""}}, {.name = "own", .health = {S::kOk, ""}}};
  EXPECT_EQ(UsableLever(safety, sight)->name, "own");
  sight.levers[1].health.state = S::kUnchecked;
  EXPECT_EQ(UsableLever(safety, sight)->name, "cf") << "it is known to work now";
  EXPECT_EQ(UsableLever(safety, sight, {"cf"})->name, "own");
}

TEST(RulesTest, SayOfALeverThatIsNotKnownToWorkThatItIsTried) {
  struct LeverCase {
    LeverHealth health;
    const char* words;
  };
  const LeverCase kCases[] = {
      {{LeverState::kOk, ""}, "own is OK"},
      {{LeverState::kUnchecked, "no check of it has ended yet"},
       "own is UNCHECKED: no check of it has ended yet; it is tried"},
      {{LeverState::kErr, "HTTP 500"}, "own is ERR: HTTP 500; it is tried"},
  };
  for (const LeverCase& c : kCases) {
    Question q = AllIsReady();
    q.sight.levers[0].health = c.health;
    const std::vector<RuleAnswer> answers = Judge(q.settings, q.proposal, q.sight);
    const auto lever = std::find_if(answers.begin(), answers.end(), [](const RuleAnswer& answer) {
      return answer.name == "lever";
    });
    ASSERT_NE(lever, answers.end());
    EXPECT_TRUE(lever->ok) << c.words;
    EXPECT_EQ(lever->words, c.words);
  }
}

// ------------------------------------------------------------------------------ maintenance

// One letter each: D says DOWN, U says UP, _ abstains; continents and countries likewise.
Question Failing(absl::string_view votes, absl::string_view continents, absl::string_view places) {
  Question q = AllIsReady();
  for (size_t i = 0; i < votes.size(); ++i) {
    Ballot ballot;
    ballot.vantage.country = std::string(1, places[i]);
    if (continents[i] != '-') ballot.vantage.continent = std::string(1, continents[i]);
    ballot.vote.kind = votes[i] == 'D'   ? VoteKind::kDown
                       : votes[i] == 'U' ? VoteKind::kUp
                                         : VoteKind::kAbstain;
    q.sight.paths[0].ballots.push_back(ballot);
  }
  q.settings.safety.maintenance = {AnHourOfWork(q)};
  q.settings.safety.maintenance[0].break_on_global = true;
  return q;
}

TEST(RulesTest, MaintenanceBreaksOnlyOnAFailureThatAllSeeFromFarApart) {
  struct GlobalCase {
    const char *votes, *continents, *places;
    bool goes;
  };
  const GlobalCase kCases[] = {
      {"DDD", "EEN", "dfu", true},  {"DDU", "EEN", "dfu", false}, {"DD_", "EEN", "dfu", false},
      {"D_D", "EEN", "dfu", true},  {"DDD", "EEE", "dfu", false}, {"DDD", "---", "dfu", true},
      {"DDD", "---", "ddd", false}, {"___", "EEN", "dfu", false},
  };
  for (const GlobalCase& c : kCases) {
    Question q = Failing(c.votes, c.continents, c.places);
    const auto answers = Judge(q.settings, q.proposal, q.sight);
    EXPECT_EQ(FirstHolder(answers) == nullptr, c.goes) << c.votes << c.continents << c.places;
    q.settings.safety.maintenance[0].break_on_global = false;
    EXPECT_NE(FirstHolder(Judge(q.settings, q.proposal, q.sight)), nullptr);
  }
  Question unknown = Failing("DDD", "EEN", "dfu");
  unknown.sight.cause.attribution = Attribution::kUnknown;
  EXPECT_NE(FirstHolder(Judge(unknown.settings, unknown.proposal, unknown.sight)), nullptr);
}

TEST(RulesTest, EveryOpenWindowMustLetGo) {
  Question q = Failing("DDD", "EEN", "dfu");
  q.settings.safety.maintenance.push_back(AnHourOfWork(q));
  EXPECT_NE(FirstHolder(Judge(q.settings, q.proposal, q.sight)), nullptr);
  q.sight.wall += absl::Hours(1);
  EXPECT_EQ(FirstHolder(Judge(q.settings, q.proposal, q.sight)), nullptr) << "they have closed";
}

// ------------------------------------------------------------------------- what lets them go

TEST(RulesTest, ADeadExitInServiceIsExemptFromTheBlockAndSoIsWhoSwitchesItOff) {
  Question q = AllIsReady();
  q.proposal.unacknowledged = "01A";
  ASSERT_NE(FirstHolder(Judge(q.settings, q.proposal, q.sight)), nullptr);
  q.settings.safety.unblocked = true;
  EXPECT_EQ(FirstHolder(Judge(q.settings, q.proposal, q.sight)), nullptr);
  q.settings.safety.unblocked = false;
  q.proposal.from = Path::Exit("ams");
  PathSnapshot ams{.path = Path::Exit("ams")};
  ams.tally.verdict = Verdict::kDown;
  q.sight.paths.push_back(ams);
  EXPECT_EQ(FirstHolder(Judge(q.settings, q.proposal, q.sight)), nullptr);
}

TEST(RulesTest, ParityThatIsDeclaredLetsALoginMove) {
  Question q = AllIsReady();
  q.settings.safety.edge_login = q.settings.safety.parity = true;
  EXPECT_EQ(FirstHolder(Judge(q.settings, q.proposal, q.sight)), nullptr);
}

TEST(RulesTest, AnExitThatWouldFallWithTheEdgeMayTakeOverFromADeadOneWhileTheEdgeIsWell) {
  Question q = AllIsReady();
  q.settings.exits[0].provider = "cloudflare";
  q.proposal.from = Path::Exit("ams");
  PathSnapshot ams{.path = Path::Exit("ams")};
  ams.tally.verdict = Verdict::kDown;
  q.sight.paths.push_back(ams);
  EXPECT_EQ(FirstHolder(Judge(q.settings, q.proposal, q.sight))->name, "shared fate");
  q.sight.paths[0].tally.verdict = Verdict::kUp;
  EXPECT_EQ(FirstHolder(Judge(q.settings, q.proposal, q.sight)), nullptr);
}

TEST(RulesTest, NothingThatIsNotToldIsTakenForSharedFate) {
  Question q = AllIsReady();
  q.settings.exits[0].provider = q.settings.safety.edge_provider = "";
  q.settings.exits[0].asn = 0;
  q.settings.safety.edge_asns = {0};
  EXPECT_EQ(FirstHolder(Judge(q.settings, q.proposal, q.sight)), nullptr);
}

TEST(RulesTest, ALeverThatSharesFateIsPulledWhileItWorksAndNamed) {
  Question q = AllIsReady();
  q.settings.safety.levers_of_edge = {"own"};
  const auto answers = Judge(q.settings, q.proposal, q.sight);
  EXPECT_EQ(FirstHolder(answers), nullptr);
  EXPECT_THAT(answers[17].words, HasSubstr("own is OK, while it works: it shares fate"));
  EXPECT_EQ(LeversSharedFate(q.settings, q.sight), "own shares fate with its edge (cloudflare)");
  q.sight.levers.push_back({.name = "r53", .health = {.state = LeverState::kDown, .why = ""}});
  EXPECT_NE(LeversSharedFate(q.settings, q.sight), "") << "the other one does not work";
  q.sight.levers[1].health.state = LeverState::kOk;
  EXPECT_EQ(LeversSharedFate(q.settings, q.sight), "");
}

TEST(RulesTest, TheCertificateIsJudgedByTheShareOfThoseWhoSawOne) {
  const absl::Duration none, is_short = absl::Hours(24) - absl::Seconds(1),
                             is_long = absl::Hours(24);
  const std::pair<std::vector<absl::Duration>, bool> kCases[] = {
      {{}, true},
      {{none, none}, true},  // plain HTTP or TCP
      {{is_long, is_long, is_long}, true},
      {{is_short, is_long, is_long}, true},  // one liar holds nothing
      {{is_short, is_long}, false},          // the share is inclusive, as in the tally
      {{is_short, none, none}, false},
      {{is_short, is_short, is_short}, false},
  };
  for (const auto& [valid_for, goes] : kCases) {
    Question q = AllIsReady();
    SeeCertificates(q, valid_for);
    EXPECT_EQ(FirstHolder(Judge(q.settings, q.proposal, q.sight)) == nullptr, goes);
    for (Ballot& ballot : q.sight.paths[1].ballots) ballot.vote.kind = VoteKind::kAbstain;
    EXPECT_EQ(FirstHolder(Judge(q.settings, q.proposal, q.sight)), nullptr) << "nobody votes";
  }
}

// ------------------------------------------------------------------------------- oscillation

// An intent stands that was made while the edge was DOWN by its own fault.
void LetAnIntentStand(Question& q) {
  q.proposal.standing = true;
  q.proposal.last_down = LastDown{.cause = q.sight.cause, .tally = q.sight.paths[0].tally};
}

TEST(RulesTest, OscillatingKeepsAStandingIntentAndMakesNone) {
  Question q = AllIsReady();
  q.sight.paths[0].ballots = ParseBallots("OOUU");
  CountVotes(q);
  EXPECT_EQ(FirstHolder(Judge(q.settings, q.proposal, q.sight))->name, "verdict");
  LetAnIntentStand(q);
  const auto answers = Judge(q.settings, q.proposal, q.sight);
  EXPECT_EQ(FirstHolder(answers), nullptr);
  EXPECT_THAT(answers[2].words, HasSubstr("it OSCILLATES, so the intent stands"));
  q.sight.paths[0].ballots[0].vote.kind = VoteKind::kUp;
  EXPECT_EQ(FirstHolder(Judge(q.settings, q.proposal, q.sight))->name, "verdict");
}

TEST(RulesTest, OscillatingIsCountedByRegionsNetworksAndDoubtsAsAVerdictIs) {
  const auto oscillates = [](const Question& q) {
    return Oscillates(q.settings.quorum, q.sight.paths[0]);
  };
  Question q = AllIsReady();
  SeeFromThreeContinents(q, "OOUUUU");
  EXPECT_FALSE(oscillates(q)) << "most of the weight, but one region of three";
  SeeFromThreeContinents(q, "UUOOOU");
  EXPECT_TRUE(oscillates(q)) << "two regions of three";
  q = AllIsReady();
  q.sight.paths[0].ballots = ParseBallots("OOUU", "1123");
  EXPECT_FALSE(oscillates(q)) << "one network alone";
  q.sight.paths[0].ballots = ParseBallots("OOUU");
  q.sight.paths[0].ballots[0].vote.doubted = true;
  EXPECT_FALSE(oscillates(q)) << "a vantage that is doubted weighs half";
  q.sight.paths[0].ballots = ParseBallots("OO__");
  EXPECT_FALSE(oscillates(q)) << "nobody can see";
}

TEST(RulesTest, RememberWhoseFaultItWasWhileTheEdgeFailedAndNotAsItRecovered) {
  std::optional<LastDown> last_down;
  const auto see = [&last_down](Question q, Attribution attribution) {
    q.sight.cause = {.attribution = attribution};
    RememberLastDown(q.settings.quorum, q.sight, last_down);
  };
  see(AllSayDownButHaveJustSeen("ggb"), Attribution::kEdge);
  EXPECT_FALSE(last_down) << "it was not seen to fail, only to recover";
  see(AllSayDownButHaveJustSeen("gbb"), Attribution::kOrigin);
  ASSERT_TRUE(last_down);
  EXPECT_EQ(last_down->cause.attribution, Attribution::kOrigin);
  EXPECT_EQ(last_down->tally.verdict, Verdict::kDown);
  see(AllSayDownButHaveJustSeen("ggb"), Attribution::kEdge);
  EXPECT_EQ(last_down->cause.attribution, Attribution::kOrigin);
  Question well = AllIsReady();
  well.sight.paths[0].ballots = ParseBallots("UUU");
  CountVotes(well);
  see(well, Attribution::kUnknown);
  EXPECT_EQ(last_down->cause.attribution, Attribution::kOrigin);
}

TEST(RulesTest, AnEdgeThatSwingsIsJudgedByWhoseFaultItsLastBadPhaseWas) {
  Question q = AllIsReady();
  q.sight.paths[0].ballots = ParseBallots("OOUU");
  CountVotes(q);
  LetAnIntentStand(q);
  q.sight.cause = {};
  EXPECT_EQ(FirstHolder(Judge(q.settings, q.proposal, q.sight)), nullptr);
  for (const Attribution fault : {Attribution::kOrigin, Attribution::kDnsPlane}) {
    q.proposal.last_down->cause.attribution = fault;
    const auto answers = Judge(q.settings, q.proposal, q.sight);
    ASSERT_NE(FirstHolder(answers), nullptr) << AttributionName(fault);
    EXPECT_EQ(FirstHolder(answers)->name, "attribution");
    EXPECT_THAT(FirstHolder(answers)->words, HasSubstr(" when the edge was last DOWN"));
  }
  q.proposal.last_down.reset();
  EXPECT_THAT(FirstHolder(Judge(q.settings, q.proposal, q.sight))->words,
              HasSubstr("nobody knows whose fault it was"));
}

}  // namespace
}  // namespace lifeboat
