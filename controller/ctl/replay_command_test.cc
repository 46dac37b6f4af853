#include <sstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/clock.h"
#include "controller/ctl/program.h"
#include "gmock/gmock.h"
#include "google/protobuf/struct.pb.h"
#include "google/protobuf/util/json_util.h"
#include "gtest/gtest.h"

namespace lifeboat::ctl {
namespace {

using google::protobuf::Struct;
using google::protobuf::Value;
using testing::AllOf;
using testing::ContainsRegex;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

constexpr char kFolder[] = "tests/simulation/";

struct Result {
  ExitCode code;
  std::string out;
};

Result Replay(const std::string& scenario, const std::string& policy,
              const std::vector<std::string>& more = {}) {
  std::vector<std::string> arguments = {
      "replay", absl::StrCat(kFolder, "scenarios/", scenario, ".yaml"), "--policy",
      absl::StrCat(kFolder, "policies/", policy, ".yaml")};
  arguments.insert(arguments.end(), more.begin(), more.end());
  std::ostringstream out, err;
  const SystemClock clock;
  const ExitCode code = RunProgram(arguments, {.out = out, .err = err, .clock = clock});
  EXPECT_EQ(err.str(), "");
  return {code, out.str()};
}

// One object a line.
std::vector<Struct> Parsed(const std::string& text) {
  std::vector<Struct> objects;
  for (const absl::string_view line : absl::StrSplit(text, '\n', absl::SkipEmpty())) {
    objects.emplace_back();
    const auto parsed =
        google::protobuf::util::JsonStringToMessage(std::string(line), &objects.back());
    EXPECT_TRUE(parsed.ok()) << parsed << "\n" << line;
  }
  return objects;
}

const Value& In(const Struct& object, const std::string& name) {
  EXPECT_EQ(object.fields().count(name), 1u) << name;
  return object.fields().at(name);
}
std::string Text(const Struct& object, const std::string& name) {
  return In(object, name).string_value();
}
double Number(const Struct& object, const std::string& name) {
  EXPECT_EQ(In(object, name).kind_case(), Value::kNumberValue) << name;
  return In(object, name).number_value();
}
std::vector<Struct> List(const Struct& object, const std::string& name) {
  std::vector<Struct> members;
  for (const Value& one : In(object, name).list_value().values()) {
    members.push_back(one.struct_value());
  }
  return members;
}

// The edge fails in one half of the world for 27 minutes.
Struct BackboneLeak() {
  const Result result = Replay("s03", "reference", {"--lever", "indep", "--json"});
  EXPECT_EQ(result.code, kDone) << result.out;
  const std::vector<Struct> objects = Parsed(result.out);
  EXPECT_THAT(objects, SizeIs(1));
  return objects.front();
}

TEST(ReplayCommandTest, SaysInJsonWhichVerdictStoodWhen) {
  const Struct leak = BackboneLeak();
  std::vector<std::string> edge, exit;
  std::vector<double> at;
  for (const Struct& turn : List(leak, "verdicts")) {
    const bool of_edge = Text(turn, "path") == "edge";
    (of_edge ? edge : exit).push_back(Text(turn, "verdict"));
    if (of_edge) at.push_back(Number(turn, "at_s"));
    EXPECT_EQ(Text(turn, "service"), "web");
  }
  EXPECT_THAT(exit, ElementsAre("UP")) << "it settled before the moment 0";
  ASSERT_THAT(edge, SizeIs(testing::Ge(3u)));
  EXPECT_EQ(edge.front(), "UP");
  EXPECT_EQ(at.front(), 0);
  EXPECT_THAT(edge, testing::Contains("DOWN"));
  EXPECT_EQ(edge.back(), "UP");
  EXPECT_THAT(at.back(), AllOf(testing::Gt(27 * 60), testing::Lt(30 * 60)));
}

TEST(ReplayCommandTest, SaysInJsonWhatWasToldAndWhatWasWanted) {
  const Struct leak = BackboneLeak();
  std::vector<std::string> kinds;
  for (const Struct& event : List(leak, "events")) {
    kinds.push_back(Text(event, "kind"));
    EXPECT_NE(Text(event, "text"), "");
    EXPECT_GE(Number(event, "at_s"), 0);
  }
  EXPECT_THAT(kinds, AllOf(testing::Contains("INTENT"), testing::Contains("APPLIED")));
  EXPECT_TRUE(In(leak, "ok").bool_value());
  EXPECT_THAT(List(leak, "failures"), SizeIs(0));
  const Struct failover = List(leak, "expectations").front();
  EXPECT_EQ(Text(failover, "what"), "FAILOVER");
  EXPECT_TRUE(In(failover, "ok").bool_value());
  const Struct& wanted = In(failover, "wanted").struct_value();
  EXPECT_EQ(Number(wanted, "by_s"), 60);
  EXPECT_EQ(In(wanted, "from_s").kind_case(), Value::kNullValue);
  const Struct& seen = In(failover, "seen").struct_value();
  EXPECT_EQ(Number(seen, "count"), 1);
  EXPECT_LE(Number(seen, "first_s"), 60);
  EXPECT_EQ(Number(seen, "first_s"), Number(seen, "last_s"));
}

TEST(ReplayCommandTest, SaysInJsonWhatItCameToAndHowLongItTook) {
  const Struct leak = BackboneLeak();
  const Struct& sheet = In(leak, "sheet").struct_value();
  const Struct& detect = In(sheet, "detect_s").struct_value();
  EXPECT_THAT(Number(detect, "median"), AllOf(testing::Gt(10), testing::Lt(60)));
  EXPECT_EQ(Number(detect, "least"), Number(detect, "most")) << "of one seed";
  EXPECT_EQ(Number(In(sheet, "false_failovers").struct_value(), "most"), 0);
  EXPECT_EQ(Number(leak, "virtual_s"), 65 * 60);
  EXPECT_THAT(Number(leak, "real_s"), AllOf(testing::Gt(0), testing::Lt(65 * 60)));
}

TEST(ReplayCommandTest, SaysInJsonWhichRunsFailedAndWhatWasSeenInstead) {
  const Result result = Replay("s03", "unanimous", {"--json", "--seeds", "2", "--seed", "5"});
  EXPECT_EQ(result.code, kFailed);
  const std::vector<Struct> modes = Parsed(result.out);
  ASSERT_THAT(modes, SizeIs(2)) << "one for each lever mode";
  EXPECT_EQ(Text(modes[0], "lever"), "indep");
  EXPECT_EQ(Text(modes[1], "lever"), "edge");
  EXPECT_FALSE(In(modes[0], "ok").bool_value());
  const std::vector<Struct> failures = List(modes[0], "failures");
  ASSERT_THAT(failures, SizeIs(2));
  EXPECT_EQ(Number(failures[1], "seed"), 6);
  EXPECT_THAT(Text(failures[1], "text"), HasSubstr("FAILOVER of web came 0 times"));
  const Struct failover = List(modes[0], "expectations").front();
  EXPECT_FALSE(In(failover, "ok").bool_value());
  EXPECT_EQ(Number(failover, "met_in"), 0);
  EXPECT_THAT(Text(failover, "why"), HasSubstr("came 0 times"));
  EXPECT_EQ(In(In(failover, "seen").struct_value(), "first_s").kind_case(), Value::kNullValue);
  const Struct& detect = In(In(modes[0], "sheet").struct_value(), "detect_s").struct_value();
  EXPECT_EQ(In(detect, "median").kind_case(), Value::kNullValue) << "nothing was decided";
  EXPECT_EQ(Number(modes[0], "shown_seed"), 5);
  EXPECT_EQ(Number(modes[0], "virtual_s"), 2 * 65 * 60);
}

TEST(ReplayCommandTest, SaysInWordsHowMuchTimeRanInHowMuch) {
  const std::vector<std::string> indep = {"--lever", "indep"};
  EXPECT_THAT(Replay("s03", "reference", indep).out,
              AllOf(HasSubstr("✔ S03"), ContainsRegex("  1h5m of virtual time in [0-9.]+ s\n")));
  EXPECT_THAT(Replay("s03", "reference", {"--lever", "indep", "--seeds", "3"}).out,
              ContainsRegex("  3 times 1h5m of virtual time in [0-9.]+ s\n"));
}

}  // namespace
}  // namespace lifeboat::ctl
