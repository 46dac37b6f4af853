#include "controller/failover/changes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace lifeboat {
namespace {

// A service "web" of which three vantages see the edge and an exit; those named are refused.
Snapshot Refused(const std::vector<std::string>& by_edge, const std::vector<std::string>& by_exit) {
  const auto path = [](const Path& path, const std::vector<std::string>& refused) {
    PathSnapshot snapshot;
    snapshot.path = path;
    for (const char* name : {"fra", "lon", "syd"}) {
      Ballot ballot;
      ballot.vantage.name = name;
      ballot.vote.kind = VoteKind::kUp;
      ballot.vote.abstention = Abstention::kNone;
      if (std::find(refused.begin(), refused.end(), name) != refused.end()) {
        ballot.vote.kind = VoteKind::kAbstain;
        ballot.vote.abstention = Abstention::kRefused;
      }
      snapshot.ballots.push_back(ballot);
    }
    return snapshot;
  };
  Snapshot snapshot;
  snapshot.services.emplace_back();
  snapshot.services[0].name = "web";
  snapshot.services[0].paths = {path(Path::Edge(), by_edge), path(Path::Exit("nyc"), by_exit)};
  return snapshot;
}

TEST(ChangesTest, TellsAPersonWhomTheEdgeRefuses) {
  const auto notes = TellChanges(Refused({}, {}), Refused({"fra", "lon"}, {}));
  ASSERT_EQ(notes.size(), 1u);
  EXPECT_EQ(notes[0].service, "web");
  EXPECT_TRUE(notes[0].alarm);
  EXPECT_EQ(notes[0].text, "the edge refuses fra, lon: allow the agents' addresses there");
}

TEST(ChangesTest, TellsOfEachNewRefusalOnceAndWhenAllAreOver) {
  EXPECT_TRUE(TellChanges(Refused({"fra"}, {}), Refused({"fra"}, {})).empty());
  EXPECT_TRUE(TellChanges(Refused({"fra", "lon"}, {}), Refused({"fra"}, {})).empty());
  const auto more = TellChanges(Refused({"fra"}, {}), Refused({"fra", "syd"}, {}));
  ASSERT_EQ(more.size(), 1u);
  EXPECT_EQ(more[0].text, "the edge refuses fra, syd: allow the agents' addresses there");
  const auto over = TellChanges(Refused({"fra"}, {}), Refused({}, {}));
  ASSERT_EQ(over.size(), 1u);
  EXPECT_FALSE(over[0].alarm);
  EXPECT_EQ(over[0].text, "the edge refuses no agent any more");
}

TEST(ChangesTest, NamesAnExitThatRefuses) {
  const auto notes = TellChanges(Refused({}, {}), Refused({}, {"syd"}));
  ASSERT_EQ(notes.size(), 1u);
  EXPECT_EQ(notes[0].text, "exit/nyc refuses syd: allow the agents' addresses there");
}

Snapshot WithLever(LeverState state) {
  Snapshot snapshot;
  snapshot.levers.push_back({.name = "own", .health = {.state = state, .why = "why"}});
  return snapshot;
}

TEST(ChangesTest, WakeOnceForALeverThatIsNoMoreOkHoweverItFails) {
  using S = LeverState;
  struct Turn {
    S state;
    bool alarm;
  };
  const std::vector<Turn> kCourses[] = {
      {{S::kOk, false}, {S::kDown, true}, {S::kErr, false}, {S::kDown, false}, {S::kOk, false}},
      {{S::kOk, false}, {S::kErr, true}, {S::kDown, false}, {S::kErr, false}, {S::kOk, false}},
      {{S::kDown, true}, {S::kOk, false}, {S::kDown, true}},
      {{S::kErr, true}},
      {{S::kOk, false}, {S::kErr, true}, {S::kUnauthorized, true}, {S::kOk, false}},
      {{S::kOk, false}, {S::kDown, true}, {S::kErr, false}, {S::kFrozen, true}},
      {{S::kOk, false}, {S::kDown, true}, {S::kUnauthorized, true}, {S::kFrozen, true}},
  };
  for (const std::vector<Turn>& course : kCourses) {
    Snapshot before = WithLever(S::kUnchecked);
    for (const Turn& turn : course) {
      const Snapshot after = WithLever(turn.state);
      const std::vector<ChangeNote> notes = TellChanges(before, after);
      ASSERT_EQ(notes.size(), 1u);
      EXPECT_EQ(notes[0].alarm, turn.alarm) << notes[0].text;
      before = after;
    }
  }
}

Snapshot WithDoubtsOn(std::vector<std::string> paths) {
  Snapshot snapshot;
  VantageSnapshot& vantage = snapshot.vantages.emplace_back();
  vantage.vantage.name = "syd";
  vantage.connected = true;
  vantage.doubted_on = std::move(paths);
  return snapshot;
}

TEST(ChangesTest, TellsWhereAVantageIsDoubtedAndBelievedAgainOnce) {
  const auto doubts =
      TellChanges(WithDoubtsOn({"web edge"}), WithDoubtsOn({"web edge", "git edge"}));
  ASSERT_EQ(doubts.size(), 1u);
  EXPECT_TRUE(doubts[0].alarm);
  EXPECT_EQ(doubts[0].text,
            "syd is doubted on git edge: it has long stood against all others; its DOWN weighs "
            "half there");
  const auto belief = TellChanges(WithDoubtsOn({"web edge", "git edge"}), WithDoubtsOn({}));
  ASSERT_EQ(belief.size(), 2u);
  EXPECT_FALSE(belief[0].alarm);
  EXPECT_EQ(belief[0].text, "syd is believed again on web edge");
}

}  // namespace
}  // namespace lifeboat
