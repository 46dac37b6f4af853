#include "controller/admin/text.h"

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "controller/admin/testing/snapshots.h"
#include "controller/admin/testing/states.h"
#include "controller/admin/view.h"
#include "controller/admin/wire.h"
#include "gtest/gtest.h"

namespace lifeboat::admin {
namespace {

constexpr char kGolden[] = "controller/admin/testing/golden/";

// What an operator sees of `snapshot`: the status, then the first service explained.
std::string Everything(const Snapshot& snapshot) {
  const v1::StatusView view = MakeStatusView(snapshot, snapshot.now);
  std::string text = absl::StrCat("$ lifeboatctl status\n", StatusText(view, {}));
  if (snapshot.services.empty()) return text;
  const std::string& service = snapshot.services.front().name;
  v1::ExplainResponse explanation;
  *explanation.mutable_status() = view;
  EXPECT_TRUE(KeepOnly(service, *explanation.mutable_status()));
  const absl::Time at = snapshot.wall - absl::Seconds(6);
  *explanation.add_events() = ToProto(Event{.id = "01K9",
                                            .at = at,
                                            .service = service,
                                            .kind = "verdict",
                                            .alarm = true,
                                            .text = "edge is as it is",
                                            .detail = ""});
  return absl::StrCat(text, "\n$ lifeboatctl explain ", service, "\n",
                      ExplainText(explanation, {}));
}

// With LIFEBOAT_WRITE_GOLDEN=DIRECTORY the files are written anew instead; read the difference.
TEST(TextTest, ShowsEachStateAsTheGoldenFilesSay) {
  const char* write_to = std::getenv("LIFEBOAT_WRITE_GOLDEN");
  for (const State& one : AllStates()) {
    const std::string text = Everything(one.snapshot());
    if (write_to != nullptr) {
      std::ofstream(absl::StrCat(write_to, "/", one.name, ".txt")) << text;
      continue;
    }
    std::ostringstream want;
    want << std::ifstream(absl::StrCat(kGolden, one.name, ".txt")).rdbuf();
    EXPECT_EQ(text, want.str()) << one.name;
  }
}

TEST(TextTest, ShowsWhoIsDoubtedAndWhere) {
  Snapshot snapshot = AllWell();
  snapshot.vantages.front().doubted_on = {"web edge"};
  Vote& vote = snapshot.services.front().paths.front().ballots.front().vote;
  vote.kind = VoteKind::kDown;
  vote.doubted = true;
  const std::string text = Everything(snapshot);
  const std::string name = snapshot.vantages.front().vantage.name;
  EXPECT_TRUE(absl::StrContains(text, absl::StrCat("doubted: ", name, " (web edge)"))) << text;
  EXPECT_TRUE(absl::StrContains(text, "½ DOWN")) << text;
}

TEST(TextTest, ShowsEachRegionsVote) {
  Snapshot snapshot = SnapshotOf({EdgeService("web", "DDUU", "UUUU")});
  ServiceSnapshot& web = snapshot.services.front();
  web.quorum.regions = RegionPolicy{.share = 0.5, .min_regions = 2};
  for (PathSnapshot& path : web.paths) {
    for (size_t i = 0; i < path.ballots.size(); ++i) {
      path.ballots[i].vantage.continent = i < 2 ? "EU" : "NA";
    }
    path.tally = Count(web.quorum, path.ballots);
  }
  const std::string text = Everything(snapshot);
  EXPECT_TRUE(absl::StrContains(
      text, "regions: EU DOWN, weight 2; NA UP, weight 2 · DOWN share of 2 regions 0.50"))
      << text;
}

TEST(TextTest, NoControlByteComesOutWhateverWentIn) {
  for (const State& one : AllStates()) {
    for (const char c : Everything(one.snapshot())) {
      const auto byte = static_cast<unsigned char>(c);
      ASSERT_TRUE(c == '\n' || (byte >= 0x20 && byte != 0x7F)) << one.name;
    }
  }
}

TEST(TextTest, ColoursOnlyWhenAsked) {
  const v1::StatusView view = MakeStatusView(AllWell(), AllWell().now);
  EXPECT_FALSE(absl::StrContains(StatusText(view, {}), "\x1b"));
  EXPECT_TRUE(absl::StrContains(StatusText(view, {.color = true}), "\x1b[32m✔\x1b[0m"));
}

TEST(TextTest, SaysWhenTheStateIsOld) {
  const Snapshot snapshot = AllWell();
  const v1::StatusView view = MakeStatusView(snapshot, snapshot.now + absl::Seconds(14));
  EXPECT_TRUE(absl::StrContains(StatusText(view, {}), "STALE: 14 s old"));
}

TEST(TextTest, EventsStandInTheReadersZone) {
  const Event event{.id = "1",
                    .at = absl::FromUnixSeconds(1'800'000'000),
                    .service = "web",
                    .kind = "hold",
                    .alarm = true,
                    .text = "HOLD: two\nlines",
                    .detail = ""};
  EXPECT_EQ(EventLine(ToProto(event), {.zone = absl::FixedTimeZone(3600)}, true),
            "2027-01-15 09:00:00 ▲ web  HOLD: two\\x0Alines");
  EXPECT_EQ(EventLine(ToProto(event), {}, false), "08:00:00 ▲ web  HOLD: two\\x0Alines");
}

}  // namespace
}  // namespace lifeboat::admin
