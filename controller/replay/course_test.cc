#include "controller/replay/course.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "controller/failover/testing/failover_harness.h"

namespace lifeboat {
namespace {

absl::Time At(int second) { return absl::FromUnixSeconds(second); }

Rejudged Is(int second, Verdict verdict, Path path = Path::Edge()) {
  return {.kind = Rejudged::Kind::kVerdict,
          .at = At(second),
          .service = "web",
          .path = std::move(path),
          .verdict = verdict,
          .text = ""};
}

TEST(PolicyCourseTest, SumsUpHowLongTheEdgeWasDown) {
  PolicyCourse course(At(0), At(1000));
  for (const Rejudged& one :
       {Is(10, Verdict::kUp), Is(100, Verdict::kDown), Is(150, Verdict::kDegraded),
        Is(200, Verdict::kDown), Is(210, Verdict::kBlind), Is(300, Verdict::kDown, Path::Exit("x")),
        Is(400, Verdict::kUp)}) {
    course.Take(one);
  }
  ASSERT_EQ(course.down().size(), 2u);
  EXPECT_EQ(course.down()[1].from, At(200));
  EXPECT_EQ(course.down_for(), absl::Seconds(60));
}

TEST(PolicyCourseTest, CutsWhatReachesBeyondTheSpanOrTheRecord) {
  PolicyCourse course(At(100), At(200));
  course.Take(Is(50, Verdict::kDown));
  course.Take(Is(120, Verdict::kUp));
  course.Take(Is(150, Verdict::kDown));
  course.Take(Rejudged{
      .kind = Rejudged::Kind::kLifeEnds, .at = At(160), .service = "", .path = {}, .text = ""});
  course.Take(Is(190, Verdict::kDown));
  course.Stop(At(500));
  EXPECT_EQ(course.down_for(), absl::Seconds(20 + 10 + 10));
  course.Take(Is(600, Verdict::kDown));
  course.Stop(At(700));
  EXPECT_EQ(course.down().size(), 3u);
}

// The real core tells; so a sentence that changes is noticed here.
TEST(PolicyCourseTest, UnderstandsWhatAControllerSays) {
  FailoverHarness world;
  ASSERT_TRUE(world.FailOver());
  world.edge = "UUU";
  world.Run(absl::Seconds(5));
  PolicyCourse course(absl::InfinitePast(), absl::InfiniteFuture());
  std::vector<Event> events = world.journal.Copy().events;
  events.insert(events.end(), world.notes.begin(), world.notes.end());
  std::stable_sort(events.begin(), events.end(),
                   [](const Event& a, const Event& b) { return a.at < b.at; });
  for (const Event& event : events) course.Take(event);
  ASSERT_EQ(course.moves().size(), 1u);
  EXPECT_EQ(course.moves()[0].to, "exit/nyc");
  ASSERT_EQ(course.begun().size(), 1u);
  EXPECT_EQ(course.begun()[0].to, "exit/nyc");
  ASSERT_EQ(course.down().size(), 1u);
}

TEST(PolicyCourseTest, AMoveThatAPersonAskedForIsNoPolicys) {
  PolicyCourse course(At(0), At(1000));
  const auto tell = [&course](const std::string& kind, const std::string& text) {
    course.Take(
        Event{.id = "", .at = At(500), .service = "web", .kind = kind, .text = text, .detail = ""});
  };
  tell("intent", "intent to move from edge to exit/nyc: drill (person/anna)");
  tell("opening", "tells exit/nyc to open");
  EXPECT_TRUE(course.moves().empty());
  EXPECT_TRUE(course.begun().empty());
  tell("verdict", "exit/nyc is DOWN: share 1.00 of 3 voters");
  tell("intent", "intent to move from exit/nyc to exit/ams: it is DOWN (quorum)");
  EXPECT_TRUE(course.moves().empty()) << "not the edge's";
}

}  // namespace
}  // namespace lifeboat
