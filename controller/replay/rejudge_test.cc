#include "controller/replay/rejudge.h"

#include <functional>
#include <random>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace lifeboat {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

using Kind = Rejudged::Kind;

constexpr int kVantages = 4;
const absl::Time kZero = absl::FromUnixSeconds(1'700'000'000);

Instant At(double second) { return Instant::SinceBoot(absl::Seconds(5000 + second)); }
double SecondOf(absl::Time at) { return absl::ToDoubleSeconds(at - kZero); }

std::vector<Vantage> Vantages() {
  std::vector<Vantage> vantages;
  for (int i = 0; i < kVantages; ++i) {
    vantages.push_back({.name = absl::StrCat("v", i),
                        .asn = static_cast<uint32_t>(64500 + i),
                        .country = i % 2 == 0 ? "DE" : "US"});
  }
  return vantages;
}

enum Leg { kPanel1, kPanel2, kByName, kPinned, kExit };

std::vector<TargetRole> Roles(const HealthRule& rule) {
  const auto role = [&rule](TargetRole::Kind kind, Path path) {
    const bool panel = kind == TargetRole::Kind::kPanel;
    return TargetRole{.kind = kind,
                      .service = panel ? "" : "web",
                      .path = std::move(path),
                      .rule = rule,
                      .interval = absl::Seconds(2),
                      .timeout = absl::Milliseconds(1500)};
  };
  return {role(TargetRole::Kind::kPanel, {}), role(TargetRole::Kind::kPanel, {}),
          role(TargetRole::Kind::kVotes, Path::Edge()),
          role(TargetRole::Kind::kAttributes, Path::Edge()),
          role(TargetRole::Kind::kVotes, Path::Exit("nyc"))};
}

HealthRule RuleOf(FilterRule filter) {
  HealthRule rule;
  rule.filter = filter;
  return rule;
}

RejudgeSettings SettingsOf(const HealthRule& rule = {}, const QuorumPolicy& quorum = {}) {
  ServiceSettings web;
  web.name = "web";
  web.exits = {{.name = "nyc", .records = {}, .provider = "", .asn = 0}};
  web.quorum = quorum;
  return {.vantages = Vantages(), .roles = Roles(rule), .services = {web}};
}

// How a probe of `leg` by `vantage` ends at `second`; none: nothing comes.
using World = std::function<std::optional<ProbeClass>(int vantage, Leg leg, double second)>;

// What a controller records of a world: each leg is probed each 2 s.
std::vector<ObservationRun> Record(const World& world, double from, double to) {
  RunCoder coder(Roles({}), absl::Minutes(5));
  for (double second = from; second < to; second += 2) {
    for (int v = 0; v < kVantages; ++v) {
      for (int leg = kPanel1; leg <= kExit; ++leg) {
        const double at = second + 0.3 * v + 0.01 * leg;
        const auto seen = world(v, static_cast<Leg>(leg), at);
        if (!seen) continue;
        coder.Saw(
            absl::StrCat("v", v), static_cast<uint32_t>(leg + 1),
            {.probe_class = *seen, .latency = absl::Milliseconds(20), .ended = At(at).since_boot()},
            true, At(at), kZero + absl::Seconds(at));
      }
    }
  }
  std::vector<ObservationRun> runs = coder.TakeAll();
  std::stable_sort(runs.begin(), runs.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  return runs;
}

void Append(std::vector<Rejudged>& all, std::vector<Rejudged> more) {
  for (Rejudged& one : more) all.push_back(std::move(one));
}

std::vector<Rejudged> Play(Rejudge& rejudge, const std::vector<ObservationRun>& runs) {
  std::vector<Rejudged> told = rejudge.Begin(runs.front().first_wall, 2);
  for (const ObservationRun& run : runs) Append(told, rejudge.Take(run));
  Append(told, rejudge.End());
  return told;
}

std::vector<Rejudged> Play(const RejudgeSettings& settings,
                           const std::vector<ObservationRun>& runs) {
  Rejudge rejudge(settings);
  return Play(rejudge, runs);
}

// The first of its kind, or null.
const Rejudged* First(const std::vector<Rejudged>& told, Kind kind) {
  for (const Rejudged& one : told) {
    if (one.kind == kind) return &one;
  }
  return nullptr;
}

const Rejudged* FirstVerdict(const std::vector<Rejudged>& told, Path path, Verdict verdict) {
  for (const Rejudged& one : told) {
    if (one.kind == Kind::kVerdict && one.path == path && one.verdict == verdict) return &one;
  }
  return nullptr;
}

// Three of four vantages get errors of the edge from second 600 to 720.
std::optional<ProbeClass> ThreeQuartersFail(int vantage, Leg leg, double second) {
  const bool fails =
      leg <= kPinned && leg >= kByName && vantage < 3 && second >= 600 && second < 720;
  return fails ? ProbeClass::kHttpEdge : ProbeClass::kOk;
}

TEST(RejudgeTest, AnOutageIsSeenEarlierLaterOrNeverAsThePolicySays) {
  const std::vector<ObservationRun> runs = Record(ThreeQuartersFail, 0, 900);
  // Half of the weight says DOWN at the third failure of the second vantage.
  const std::vector<Rejudged> three = Play(SettingsOf(RuleOf(KOfN{.k = 3, .n = 4})), runs);
  const Rejudged* down = FirstVerdict(three, Path::Edge(), Verdict::kDown);
  ASSERT_NE(down, nullptr);
  EXPECT_NEAR(SecondOf(down->at), 604.32, 0.1);
  EXPECT_THAT(down->text, HasSubstr("attribution EDGE: exit/nyc serves while the edge does not"));
  ASSERT_NE(First(three, Kind::kMove), nullptr);
  EXPECT_NEAR(SecondOf(First(three, Kind::kIntent)->at), 614.32, 0.1) << "10 s of hold later";
  EXPECT_EQ(First(three, Kind::kMove)->at, First(three, Kind::kIntent)->at);
  EXPECT_EQ(First(three, Kind::kMove)->path, Path::Exit("nyc"));

  const std::vector<Rejudged> five =
      Play(SettingsOf(RuleOf(lifeboat::Run{.fall = 5, .rise = 5})), runs);
  EXPECT_NEAR(SecondOf(First(five, Kind::kMove)->at), 618.32, 0.1);

  QuorumPolicy most;
  most.share = 0.82;
  const std::vector<Rejudged> never = Play(SettingsOf({}, most), runs);
  EXPECT_EQ(FirstVerdict(never, Path::Edge(), Verdict::kDown), nullptr);
  EXPECT_EQ(First(never, Kind::kIntent), nullptr);
}

TEST(RejudgeTest, OneOutageMakesOneMoveAndTheNextAnother) {
  const auto world = [](int vantage, Leg leg, double second) {
    return ThreeQuartersFail(vantage, leg, second < 1800 ? second : second - 1800);
  };
  const std::vector<Rejudged> told = Play(SettingsOf(), Record(world, 0, 2700));
  std::vector<int> moves;
  for (const Rejudged& one : told) {
    if (one.kind == Kind::kMove) moves.push_back(static_cast<int>(SecondOf(one.at)));
  }
  EXPECT_THAT(moves, ElementsAre(614, 2414));
}

TEST(RejudgeTest, AnExitThatIsDownTooHoldsAndARecoveryCancels) {
  const auto world = [](int vantage, Leg leg, double second) {
    const bool dark = leg == kExit && second >= 100;
    return dark ? ProbeClass::kTimeoutConnect : ThreeQuartersFail(vantage, leg, second);
  };
  const std::vector<Rejudged> told = Play(SettingsOf(), Record(world, 0, 900));
  ASSERT_NE(First(told, Kind::kHold), nullptr);
  EXPECT_THAT(First(told, Kind::kHold)->text, HasSubstr("target up: exit/nyc is DOWN"));
  EXPECT_EQ(First(told, Kind::kMove), nullptr);
  ASSERT_NE(First(told, Kind::kCancel), nullptr);
  EXPECT_NEAR(SecondOf(First(told, Kind::kCancel)->at), 726.3, 1);
}

TEST(RejudgeTest, GuessesNoTunnelThatItWasNotTold) {
  const auto fails_with = [](ProbeClass edge, ProbeClass exit) {
    return [edge, exit](int, Leg leg, double second) {
      if (second < 600 || leg < kByName) return ProbeClass::kOk;
      return leg == kExit ? exit : edge;
    };
  };
  const struct {
    ProbeClass edge, exit;
    const char* want;
  } kCases[] = {
      {ProbeClass::kTimeoutConnect, ProbeClass::kTimeoutConnect,
       "UNKNOWN: the edge is down, and no other path tells why; whether a tunnel was up is not"},
      {ProbeClass::kHttpEdge, ProbeClass::kHttpOrigin, "ORIGIN: the tunnel to exit/nyc is up"},
      {ProbeClass::kHttpOrigin, ProbeClass::kTimeoutRead, "ORIGIN: the errors come from the orig"},
  };
  for (const auto& [edge, exit, want] : kCases) {
    const std::vector<Rejudged> told = Play(SettingsOf(), Record(fails_with(edge, exit), 0, 900));
    std::string words;
    for (const Rejudged& one : told) {
      if (one.path.is_edge()) absl::StrAppend(&words, one.text, "\n");
    }
    EXPECT_THAT(words, HasSubstr(want));
    EXPECT_EQ(First(told, Kind::kMove), nullptr) << want;
  }
}

TEST(RejudgeTest, ANameThatFailsIsTheDnsPlanes) {
  const auto world = [](int, Leg leg, double second) {
    return leg == kByName && second >= 600 ? ProbeClass::kDns : ProbeClass::kOk;
  };
  RejudgeSettings settings = SettingsOf();
  EXPECT_THAT(First(Play(settings, Record(world, 0, 900)), Kind::kHold)->text,
              HasSubstr("attribution: DNS_PLANE"));
  settings.services[0].edge_name_in_lever_zone = false;
  EXPECT_NE(First(Play(settings, Record(world, 0, 900)), Kind::kMove), nullptr);
}

TEST(RejudgeTest, MaintenanceOfThenHoldsAsItWouldHave) {
  RejudgeSettings settings = SettingsOf();
  settings.services[0].safety.maintenance = {{.begin = kZero + absl::Seconds(590),
                                              .end = kZero + absl::Seconds(660),
                                              .reason = "the new router"}};
  const std::vector<Rejudged> told = Play(settings, Record(ThreeQuartersFail, 0, 900));
  EXPECT_THAT(First(told, Kind::kHold)->text, HasSubstr("the new router"));
  EXPECT_NEAR(SecondOf(First(told, Kind::kMove)->at), 660, 1.1);
}

TEST(RejudgeTest, VantagesThatAreCutOffThemselvesBlindIt) {
  const auto world = [](int, Leg, double second) {
    return second >= 600 ? ProbeClass::kTimeoutConnect : ProbeClass::kOk;
  };
  const std::vector<Rejudged> told = Play(SettingsOf(), Record(world, 0, 700));
  EXPECT_EQ(FirstVerdict(told, Path::Edge(), Verdict::kDown), nullptr);
  EXPECT_NEAR(SecondOf(told.back().at), 700, 2);
  const auto blind = std::count_if(told.begin(), told.end(), [](const Rejudged& one) {
    return one.kind == Kind::kVerdict && one.verdict == Verdict::kBlind && SecondOf(one.at) > 600;
  });
  EXPECT_EQ(blind, 2) << "the edge and the exit";
}

TEST(RejudgeTest, SilenceBlindsItInItsTimeAndIsNotWaitedFor) {
  const auto world = [](int, Leg, double second) -> std::optional<ProbeClass> {
    if (second >= 100 && second < 5'000'000) return std::nullopt;  // 58 days
    return ProbeClass::kOk;
  };
  std::vector<ObservationRun> runs = Record(world, 0, 100);
  const std::vector<ObservationRun> later = Record(world, 5'000'000, 5'000'100);
  runs.insert(runs.end(), later.begin(), later.end());
  const std::vector<Rejudged> told = Play(SettingsOf(), runs);
  std::vector<double> blind;
  for (const Rejudged& one : told) {
    if (one.verdict == Verdict::kBlind && one.kind == Kind::kVerdict && one.path.is_edge()) {
      blind.push_back(SecondOf(one.at));
    }
  }
  ASSERT_EQ(blind.size(), 2u);
  EXPECT_NEAR(blind[1], 98.4 + 6, 1.5);
}

TEST(RejudgeTest, EachLifeOfAControllerBeginsBlind) {
  Rejudge rejudge(SettingsOf());
  std::vector<Rejudged> told = Play(rejudge, Record(ThreeQuartersFail, 0, 650));
  ASSERT_FALSE(told.empty());
  EXPECT_EQ(told.front().kind, Kind::kLife);
  EXPECT_EQ(told.back().kind, Kind::kLifeEnds);
  const std::vector<Rejudged> second = Play(rejudge, Record(ThreeQuartersFail, 660, 900));
  EXPECT_NE(FirstVerdict(second, Path::Edge(), Verdict::kBlind), nullptr);
  EXPECT_NEAR(SecondOf(First(second, Kind::kMove)->at), 678, 2) << "warmed, and held again";
}

TEST(RejudgeTest, WhatComesBeforeTheSpanCountsAndIsNotTold) {
  RejudgeSettings settings = SettingsOf();
  settings.since = kZero + absl::Seconds(630);
  settings.until = kZero + absl::Seconds(699.9);
  Rejudge rejudge(settings);
  const std::vector<Rejudged> told = Play(rejudge, Record(ThreeQuartersFail, 0, 900));
  ASSERT_EQ(told.size(), 3u);  // how both paths stand, and that it had moved
  EXPECT_EQ(told[0].verdict, Verdict::kDown);
  EXPECT_EQ(told[1].verdict, Verdict::kUp);
  EXPECT_EQ(told[2].kind, Kind::kMove);
  EXPECT_EQ(told[2].text, "it began before");
  EXPECT_NEAR(SecondOf(told[0].at), 630, 1);
  EXPECT_EQ(rejudge.count().observations, 70 / 2 * kVantages * 5);
  EXPECT_GE(rejudge.count().first, settings.since);
  EXPECT_LE(rejudge.count().last, settings.until);
}

TEST(RejudgeTest, LeavesOutAndCountsWhatIsUnknownOrImpossible) {
  Rejudge rejudge(SettingsOf());
  std::vector<ObservationRun> runs = Record(ThreeQuartersFail, 0, 600);
  ObservationRun stranger = runs.front();
  stranger.vantage = "ams";
  stranger.kind = RunKind::kVotes;
  stranger.panel = 0;
  stranger.service = "web";
  ObservationRun elsewhere = stranger;
  elsewhere.vantage = "v1";
  elsewhere.path = Path::Exit("sfo");
  ObservationRun broken = elsewhere;
  broken.count = -1;
  runs.insert(runs.begin(), {stranger, elsewhere, broken});
  const std::vector<Rejudged> told = Play(rejudge, runs);
  EXPECT_NE(FirstVerdict(told, Path::Edge(), Verdict::kUp), nullptr);
  EXPECT_EQ(rejudge.count().impossible, 1);
  EXPECT_THAT(rejudge.count().unknown, ElementsAre(Pair("vantage ams", stranger.count),
                                                   Pair("web exit/sfo", stranger.count)));
  EXPECT_EQ(rejudge.PaceOf("web"), absl::Seconds(2));
  EXPECT_EQ(rejudge.PaceOf("git"), std::nullopt);
}

TEST(RejudgeTest, NothingAtAllIsNothing) {
  Rejudge rejudge(SettingsOf());
  EXPECT_THAT(rejudge.End(), IsEmpty());
  for (const int panel : {-5, 0, 1'000'000'000}) {
    EXPECT_EQ(rejudge.Begin(kZero, panel).size(), 1u);
  }
  EXPECT_THAT(rejudge.End(), IsEmpty());
}

TEST(RejudgeTest, GarbageOfAnyKindIsSurvived) {
  std::mt19937_64 random(7);
  const auto number = [&random](int64_t most) {
    const int64_t wild = static_cast<int64_t>(random());
    return random() % 4 == 0 ? wild : wild % most;
  };
  Rejudge rejudge(SettingsOf());
  rejudge.Begin(kZero, 2);
  for (int i = 0; i < 20'000; ++i) {
    ObservationRun run{.vantage = absl::StrCat("v", random() % 5),
                       .kind = static_cast<RunKind>(random() % 6),
                       .service = random() % 3 == 0 ? "" : "web",
                       .path = random() % 2 == 0 ? Path::Edge() : Path::Exit("nyc"),
                       .panel = static_cast<int>(number(3)),
                       .probe_class = static_cast<ProbeClass>(random() % 11),
                       .http_status = static_cast<int>(number(600)),
                       .timing = static_cast<Timing>(random() % 3),
                       .count = number(5)};
    run.first = Instant::SinceBoot(absl::Seconds(5000 + i) + absl::Nanoseconds(number(1000)));
    run.last = run.first + absl::Nanoseconds(number(5'000'000'000));
    run.first_wall = absl::FromUnixNanos(number(1'000'000));
    run.longest = absl::Nanoseconds(number(1000));
    run.total = run.longest;
    rejudge.Take(run);
  }
  rejudge.End();
  EXPECT_GT(rejudge.count().impossible, 1000);
  EXPECT_GT(rejudge.count().observations, 100);
}

TEST(RejudgeTest, EveryRuleIsEitherJudgedAgainOrNot) {
  int judged = 0;
  for (const absl::string_view rule : kRuleNames) judged += IsJudgedAgain(rule);
  EXPECT_EQ(judged, 8) << "a renamed rule?";
}

// A live controller beside its recorder, on a random course of failures.
class Live {
 public:
  explicit Live(uint64_t seed) : random_(seed), coder_(Roles({}), absl::Minutes(5)) {
    for (int v = 0; v < kVantages; ++v) healths_.emplace_back(Roles({}));
  }
  void Run(int seconds) {
    for (int second = 0; second < seconds; second += 2) {
      if (second % 60 == 0) Turn();
      for (int v = 0; v < kVantages; ++v) {
        for (int leg = kPanel1; leg <= kExit; ++leg) {
          Probe(v, static_cast<Leg>(leg), second + 0.3 * v + 0.01 * leg);
        }
      }
      verdicts_.push_back(VerdictAt(At(second + 1.9)));
    }
  }
  std::vector<ObservationRun> Recorded() {
    std::vector<ObservationRun> runs = coder_.TakeAll();
    std::stable_sort(runs.begin(), runs.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    return runs;
  }
  const std::vector<Verdict>& verdicts() const { return verdicts_; }  // each 2 s

 private:
  bool Chance(double p) { return std::uniform_real_distribution<>(0, 1)(random_) < p; }
  // Another minute, with other troubles.
  void Turn() {
    fails_ = Chance(0.3) ? 0.9 : Chance(0.3) ? 0.4 : 0;
    for (bool& cut : cut_off_) cut = Chance(0.15);
    for (bool& slow : late_) slow = Chance(0.1);
    for (bool& gone : gone_) gone = Chance(0.1);
  }
  void Probe(int v, Leg leg, double second) {
    if (gone_[v]) return;
    const bool bad = cut_off_[v] || (leg == kByName && Chance(fails_));
    const Seen seen{.probe_class = bad ? ProbeClass::kTimeoutRead : ProbeClass::kOk,
                    .latency = absl::Milliseconds(30),
                    .ended = At(late_[v] ? second - 20 : second).since_boot()};
    VantageHealth& health = healths_[static_cast<size_t>(v)];
    if (!health.connected()) {
      health.Connect(1);
      health.Pong(At(second), At(second), At(second).since_boot());
    }
    const uint64_t late = health.late();
    bool changed = false;
    health.Take(leg + 1, seen, At(second), changed);
    coder_.Saw(absl::StrCat("v", v), leg + 1, seen, health.late() == late, At(second),
               kZero + absl::Seconds(second));
  }
  Verdict VerdictAt(Instant now) const {
    Ballots ballots;
    for (size_t v = 0; v < healths_.size(); ++v) {
      ballots.push_back(
          {.vantage = Vantages()[v], .vote = healths_[v].VoteOn("web", Path::Edge(), now)});
    }
    return Count(QuorumPolicy{}, ballots).verdict;
  }

  std::mt19937_64 random_;
  RunCoder coder_;
  std::deque<VantageHealth> healths_;
  std::vector<Verdict> verdicts_;
  double fails_ = 0;
  bool cut_off_[kVantages] = {}, late_[kVantages] = {}, gone_[kVantages] = {};
};

// The proof that what is recorded suffices: under its own policy a controller is told what it saw.
TEST(RejudgeTest, UnderTheSamePolicyItSaysWhatTheControllerSaid) {
  int changes = 0;
  for (uint64_t seed = 1; seed <= 30; ++seed) {
    Live live(seed);
    live.Run(3600);
    const std::vector<Rejudged> told = Play(SettingsOf(), live.Recorded());
    size_t next = 0;
    Verdict now = Verdict::kBlind, before = Verdict::kBlind;
    absl::Time changed_at = kZero;
    for (size_t i = 0; i < live.verdicts().size(); ++i) {
      const absl::Time at = kZero + absl::Seconds(2 * static_cast<int>(i)) + absl::Seconds(1.9);
      for (; next < told.size() && told[next].at <= at; ++next) {
        if (told[next].kind != Kind::kVerdict || !told[next].path.is_edge()) continue;
        before = std::exchange(now, told[next].verdict);
        changed_at = told[next].at;
        ++changes;
      }
      // Spread evenly again, a probe comes up to a second earlier or later than it did.
      const bool just_changed = at - changed_at < absl::Seconds(2);
      const bool about_to = next < told.size() && told[next].at - at < absl::Seconds(2);
      if (now == live.verdicts()[i] || about_to) continue;
      EXPECT_TRUE(just_changed && before == live.verdicts()[i])
          << "seed " << seed << " second " << 2 * i << ": " << VerdictName(now) << " for "
          << VerdictName(live.verdicts()[i]);
    }
  }
  EXPECT_GT(changes, 300) << "or it proves little";
}

}  // namespace
}  // namespace lifeboat
