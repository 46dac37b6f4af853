#include "controller/replay/run_spreader.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"

namespace lifeboat {
namespace {

Instant At(int second) { return Instant::SinceBoot(absl::Seconds(second)); }

ObservationRun RunOf(const std::string& vantage, int first, int last, int count) {
  return {.vantage = vantage,
          .service = "web",
          .count = count,
          .first = At(first),
          .last = At(last),
          .first_wall = absl::FromUnixSeconds(1000 + first),
          .last_wall = absl::FromUnixSeconds(1000 + last),
          .shortest = absl::Milliseconds(10),
          .longest = absl::Milliseconds(30),
          .total = count * absl::Milliseconds(20)};
}

TEST(RunSpreaderTest, MakesObservationsOfAllRunsInTheOrderOfTime) {
  RunSpreader spreader;
  spreader.Add(RunOf("ams", 10, 16, 4), 0);
  spreader.Add(RunOf("fra", 11, 15, 2), 1);
  spreader.Add(RunOf("lon", 12, 12, 1), 2);
  std::string seen;
  while (spreader.next()) {
    const RunSpreader::One one = spreader.Take();
    absl::StrAppend(&seen, one.run->vantage, absl::ToInt64Seconds(one.at.since_boot()), "/",
                    one.tag, " ");
    EXPECT_EQ(one.wall, absl::FromUnixSeconds(1000) + one.at.since_boot());
  }
  // What falls together goes as it was added.
  EXPECT_EQ(seen, "ams10/0 fra11/1 ams12/0 lon12/2 ams14/0 fra15/1 ams16/0 ");
}

TEST(RunSpreaderTest, TakesFurtherRunsMeanwhile) {
  RunSpreader spreader;
  spreader.Add(RunOf("ams", 10, 40, 4), 0);
  EXPECT_EQ(spreader.Take().at, At(10));
  spreader.Add(RunOf("fra", 15, 15, 1), 1);
  EXPECT_EQ(spreader.Take().tag, 1u);
  EXPECT_EQ(spreader.next(), At(20));
}

TEST(RunSpreaderTest, KnowsWhatNoControllerRecords) {
  const auto spoilt = [](const auto& spoil) {
    ObservationRun run = RunOf("ams", 10, 16, 4);
    spoil(run);
    return run;
  };
  EXPECT_TRUE(IsPossible(RunOf("ams", 10, 16, 4)));
  EXPECT_TRUE(IsPossible(spoilt([](ObservationRun& run) {
    run.kind = RunKind::kCondition;
    run.service.clear();
  })));
  const ObservationRun kImpossible[] = {
      spoilt([](ObservationRun& run) { run.last = At(9); }),
      spoilt([](ObservationRun& run) { run.first = At(-1); }),
      spoilt([](ObservationRun& run) { run.last = At(10 + 100 * 86400); }),
      spoilt([](ObservationRun& run) { run.count = 0; }),
      spoilt([](ObservationRun& run) { run.count = -4; }),
      spoilt([](ObservationRun& run) { run.count = int64_t{1} << 40; }),
      spoilt([](ObservationRun& run) { run.shortest = absl::Seconds(-1); }),
      spoilt([](ObservationRun& run) { run.longest = absl::ZeroDuration(); }),
      spoilt([](ObservationRun& run) { run.total = absl::Hours(1); }),
      spoilt([](ObservationRun& run) { run.service.clear(); }),
      spoilt([](ObservationRun& run) { run.panel = 2; }),
      spoilt([](ObservationRun& run) { run.kind = RunKind::kPanel; }),
  };
  int place = 0;
  for (const ObservationRun& run : kImpossible) EXPECT_FALSE(IsPossible(run)) << place++;
}

}  // namespace
}  // namespace lifeboat
