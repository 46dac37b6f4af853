#include "controller/failover/settlement.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace lifeboat {
namespace {

using ::testing::HasSubstr;
using Kind = Settlement::Kind;

const Records kEdge = {{RecordType::kCname, "app.edge.test."}};
const Records kNyc = {{RecordType::kA, "192.0.2.9"}};
const Records kStrange = {{RecordType::kA, "198.51.100.7"}};
const Epoch kOurs{.generation = 1, .revision = 5};

ServiceSettings Settings() {
  ServiceSettings settings;
  settings.name = "web";
  settings.hostname = "app.test";
  settings.edge_records = kEdge;
  settings.exits = {{.name = "nyc", .records = kNyc}};
  return settings;
}

// The edge serves after move M0; `stage` of the move M1 to exit/nyc, if one is in progress.
ServiceRecord RecordOf(std::optional<Stage> stage) {
  ServiceRecord record{.service = "web", .serves = Path::Edge(), .serves_by_move = "M0"};
  if (stage) {
    record.move = Move{
        .id = "M1", .from = Path::Edge(), .to = Path::Exit("nyc"), .stage = *stage, .lever = "own"};
  }
  return record;
}

struct Case {
  const char* what;
  std::optional<Stage> stage;
  Records records;
  const char* owner;
  Kind want;
};

TEST(SettleTest, ComparesDnsWithTheJournal) {
  const auto none = std::nullopt;
  const Case kCases[] = {
      {"nothing was ever written", none, kEdge, "", Kind::kAsExpected},
      {"the last epoch's", none, kEdge, "epoch=1.4 serves=edge move=M0 claim=1", Kind::kAsExpected},
      {"our own epoch's", none, kEdge, "epoch=1.5 serves=edge move=M0 claim=1", Kind::kAsExpected},
      {"before any move", none, kEdge, "epoch=1.4 serves=edge move=- claim=1", Kind::kAsExpected},
      {"a higher revision", none, kEdge, "epoch=1.6 serves=edge move=M0 claim=1", Kind::kAmnesia},
      {"a higher generation", none, kEdge, "epoch=2.0 serves=edge move=M0 claim=1", Kind::kAmnesia},
      {"an unknown move", none, kNyc, "epoch=1.4 serves=exit/nyc move=M7 claim=1", Kind::kAmnesia},
      {"an unknown move to where we are", none, kEdge, "epoch=1.4 serves=edge move=M7 claim=1",
       Kind::kAmnesia},
      {"records of somebody else", none, kStrange, "epoch=1.4 serves=edge move=M0 claim=1",
       Kind::kDrift},
      {"no records", none, {}, "epoch=1.4 serves=edge move=M0 claim=1", Kind::kDrift},
      {"an exit's, by hand", none, kNyc, "", Kind::kDrift},
      {"a foreign text", none, kEdge, "v=spf1 -all", Kind::kDrift},

      {"held", Stage::kIntent, kEdge, "epoch=1.4 serves=edge move=M0 claim=1", Kind::kAsExpected},
      {"opening", Stage::kFetching, kEdge, "epoch=1.4 serves=edge move=M0 claim=1",
       Kind::kAsExpected},
      {"made, says DNS, never pulled, says the journal", Stage::kFetching, kNyc,
       "epoch=1.4 serves=exit/nyc move=M1 claim=1", Kind::kAmnesia},

      {"pulled and arrived", Stage::kPulling, kNyc, "epoch=1.4 serves=exit/nyc move=M1 claim=1",
       Kind::kMoved},
      {"pulled, not arrived", Stage::kPulling, kEdge, "epoch=1.4 serves=edge move=M0 claim=1",
       Kind::kNotMoved},
      {"pulled, not arrived, no owner", Stage::kPulling, kEdge, "", Kind::kNotMoved},
      {"pulled, and somebody else was quicker", Stage::kPulling, kStrange,
       "epoch=1.4 serves=edge move=M0 claim=1", Kind::kDrift},
      {"pulled, arrived, then changed by hand", Stage::kPulling, kStrange,
       "epoch=1.4 serves=exit/nyc move=M1 claim=1", Kind::kDrift},
      {"pulled, and another leader moved", Stage::kPulling, kNyc,
       "epoch=1.4 serves=exit/nyc move=M7 claim=1", Kind::kAmnesia},
      {"the records moved without our owner", Stage::kPulling, kNyc, "", Kind::kDrift},

      {"proving", Stage::kProving, kNyc, "epoch=1.4 serves=exit/nyc move=M1 claim=1", Kind::kMoved},
      {"asking", Stage::kAsking, kNyc, "epoch=1.4 serves=exit/nyc move=M1 claim=1", Kind::kMoved},
      {"taken back while it was proven", Stage::kProving, kEdge,
       "epoch=1.4 serves=edge move=M0 claim=1", Kind::kDrift},
  };
  for (const Case& c : kCases) {
    const World world{.records = c.records, .ownership = c.owner};
    const Settlement got = Settle(Settings(), RecordOf(c.stage), kOurs, world);
    EXPECT_EQ(got.kind, c.want) << c.what << ": " << got.why;
    const bool explained = c.want == Kind::kDrift || c.want == Kind::kAmnesia;
    EXPECT_EQ(explained, !got.why.empty()) << c.what;
    EXPECT_EQ(got.owned, absl::string_view(c.owner).substr(0, 5) == "epoch") << c.what;
  }
}

TEST(SettleTest, SaysWhatWasSeenAndWhatToDo) {
  const auto why = [](const Records& records, const std::string& owner) {
    return Settle(Settings(), RecordOf(std::nullopt), kOurs, {records, owner}).why;
  };
  EXPECT_EQ(why(kEdge, "epoch=2.1 serves=edge move=M0 claim=1"),
            "DNS was last written in epoch 2.1, this journal is only in 1.5; find out what "
            "happened, then: lifeboatctl epoch raise --reason …");
  EXPECT_THAT(why(kNyc, "epoch=1.4 serves=exit/nyc move=M7 claim=1"),
              HasSubstr("last moved by M7 to exit/nyc, which this journal does not know"));
  EXPECT_THAT(why(kStrange, ""), HasSubstr("app.test says A 198.51.100.7 and not CNAME "
                                           "app.edge.test., as it should while edge serves"));
  EXPECT_THAT(why(kEdge, "v=spf1 -all"), HasSubstr("_lifeboat.app.test: the ownership record says "
                                                   "\"v=spf1 -all\", which is not ours"));
}

}  // namespace
}  // namespace lifeboat
