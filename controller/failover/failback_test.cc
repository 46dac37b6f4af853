#include "controller/failover/failback.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

namespace lifeboat {
namespace {

using ::testing::HasSubstr;

struct Question {
  ServiceSettings settings;
  Sight sight;
  absl::Duration up_for = absl::Minutes(121);
  std::string records_trouble;
  std::vector<EvidenceItem> Answer() const {
    return FailbackEvidence(settings, sight, up_for, records_trouble);
  }
};

Question AllIsWell() {
  Question q;
  q.settings.clean_for = absl::Hours(2);
  PathSnapshot edge{.path = Path::Edge()};
  edge.tally.verdict = Verdict::kUp;
  edge.tally.voters = 3;
  q.sight.paths = {edge};
  q.sight.levers = {{.name = "own", .health = {.state = LeverState::kOk, .why = ""}}};
  return q;
}

TEST(FailbackTest, IsOfferedWhenAllEvidenceIsThere) {
  const auto evidence = AllIsWell().Answer();
  EXPECT_TRUE(IsComplete(evidence));
  EXPECT_EQ(Missing(evidence), "");
  for (const EvidenceItem& item : evidence) {
    EXPECT_EQ(item.complete_in, absl::ZeroDuration()) << item.name;
    EXPECT_FALSE(item.words.empty()) << item.name;
  }
}

struct Case {
  const char* missing;
  std::function<void(Question&)> when;
  absl::Duration complete_in;
  bool is_means;  // what no force replaces
};

TEST(FailbackTest, NamesWhatIsMissing) {
  using Q = Question;
  const absl::Duration never = absl::InfiniteDuration();
  const Case kCases[] = {
      {"clean for: 1h12m of 2h", [](Q& q) { q.up_for = absl::Minutes(73); }, absl::Minutes(48),
       false},
      {"clean for: 0 of 2h, counted once it stands 1m", [](Q& q) { q.up_for = absl::Seconds(59); },
       absl::Minutes(121) - absl::Seconds(59), false},
      {"clean for: 1h59m59s of 2h",
       [](Q& q) { q.up_for = absl::Minutes(121) - absl::Milliseconds(1); }, absl::Milliseconds(1),
       false},
      {"clean for: 49s of 50s",
       [](Q& q) {
         q.settings.clean_for = absl::Seconds(50);
         q.up_for = absl::Seconds(54);
       },
       absl::Seconds(1), false},
      {"clean for: 0 of 2h; the edge is DOWN",
       [](Q& q) {
         q.up_for = absl::ZeroDuration();
         q.sight.paths[0].tally.verdict = Verdict::kDown;
       },
       never, false},
      {"clean for: 0 of 2h; the edge is DEGRADED",
       [](Q& q) {
         q.up_for = absl::ZeroDuration();
         q.sight.paths[0].tally.verdict = Verdict::kDegraded;
       },
       never, false},
      {"oscillation: fra sees the edge OSCILLATE",
       [](Q& q) {
         q.sight.paths[0].ballots = {
             {.vantage = {.name = "fra"}, .vote = {.kind = VoteKind::kOscillating}},
             {.vantage = {.name = "lon"}, .vote = {.kind = VoteKind::kUp}}};
       },
       never, false},
      {"certificate: of edge ends 1970-01-01 20:00 UTC, and 24h are wanted",
       [](Q& q) {
         q.sight.wall = absl::UnixEpoch();
         Ballot& ballot = q.sight.paths[0].ballots.emplace_back();
         ballot.vote.kind = VoteKind::kUp;
         ballot.vote.by_name.emplace().certificate_not_after = absl::UnixEpoch() + absl::Hours(20);
       },
       never, false},
      {"coverage: 3 of 4 vantages see the edge",
       [](Q& q) { q.sight.paths[0].tally.abstainers = 1; }, never, false},
      {"coverage: 0 of 0 vantages", [](Q& q) { q.sight.paths[0].tally.voters = 0; }, never, false},
      {"lever: no lever works; own is DOWN: silent",
       [](Q& q) {
         q.sight.levers[0].health = {LeverState::kDown, "silent"};
       },
       never, true},
      {"lever: no lever works; own is ERR: HTTP 500",
       [](Q& q) {
         q.sight.levers[0].health = {LeverState::kErr, "HTTP 500"};
       },
       never, true},
      {"lever: no lever works", [](Q& q) { q.sight.levers.clear(); }, never, true},
      {"lever: none works for certain; own is UNCHECKED: no check of it has ended yet",
       [](Q& q) {
         q.sight.levers[0].health = {LeverState::kUnchecked, "no check of it has ended yet"};
       },
       never, false},
      {"records: drift", [](Q& q) { q.records_trouble = "drift"; }, never, true},
      {"journal: disk full", [](Q& q) { q.sight.journal_trouble = "disk full"; }, never, true},
      {"epoch: 9.9", [](Q& q) { q.sight.amnesia = "9.9"; }, never, true},
  };
  for (const Case& c : kCases) {
    Question q = AllIsWell();
    c.when(q);
    const auto evidence = q.Answer();
    EXPECT_FALSE(IsComplete(evidence)) << c.missing;
    EXPECT_THAT(Missing(evidence), HasSubstr(c.missing));
    EXPECT_EQ(MissingMeans(evidence).empty(), !c.is_means) << c.missing;
    for (const EvidenceItem& item : evidence) {
      EXPECT_TRUE(item.ok || item.complete_in == c.complete_in) << c.missing;
    }
  }
}

TEST(FailbackTest, SaysWhenAllOfItWillBeThere) {
  Question q = AllIsWell();
  EXPECT_EQ(CompleteIn(q.Answer()), absl::ZeroDuration());
  q.up_for = absl::Minutes(73);
  EXPECT_EQ(CompleteIn(q.Answer()), absl::Minutes(48));
  q.records_trouble = "drift";
  EXPECT_EQ(CompleteIn(q.Answer()), absl::InfiniteDuration());
}

TEST(FailbackTest, NamesAllThatIsMissingAtOnce) {
  Question q = AllIsWell();
  q.up_for = absl::ZeroDuration();
  q.records_trouble = "drift";
  EXPECT_EQ(Missing(q.Answer()), "clean for: 0 of 2h, counted once it stands 1m; records: drift");
}

}  // namespace
}  // namespace lifeboat
