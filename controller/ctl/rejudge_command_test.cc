#include <sqlite3.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "base/testing/fake_clock.h"
#include "controller/config/config_reader.h"
#include "controller/ctl/program.h"
#include "controller/health/assignments.h"
#include "controller/health/observation_writer.h"
#include "controller/journal/observation_file.h"
#include "controller/journal/sqlite_journal.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace lifeboat::ctl {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr char kController[] = R"(
identity: {ca: ca.pem, certificate: controller.pem, key: controller.key}
resolvers: [9.9.9.9, 193.110.81.0]
panel: ["https://example.org/", "https://example.com/"]
vantages:
  - {name: fra, asn: 24940, country: DE}
  - {name: lon, asn: 20473, country: GB}
  - {name: ams, asn: 14061, country: NL}
  - {name: syd, asn: 45102, country: AU}
exits:
  - {name: nyc, addresses: [203.0.113.10], asn: 20473, country: US}
levers:
  - name: own
    rfc2136: {server: 192.0.2.53, zone: example.net, key: {name: lifeboat, secret_file: tsig.key}}
services:
  - name: web
    hostname: app.example.net
    edge: {records: [{type: CNAME, value: "app.example.net.cdn.example.com."}]}
    exits: [nyc]
    tunnel: {token_file: web.token}
    levers: [own]
)";

struct Result {
  ExitCode code;
  std::string out;
  std::string err;
};

// A controller's journal and observations, as they are after 20 minutes in which the edge failed
// three of four vantages from minute 10 to minute 12.
class RejudgeCommandTest : public testing::Test {
 protected:
  RejudgeCommandTest() {
    std::string pattern = absl::StrCat(testing::TempDir(), "/rejudge.XXXXXX");
    directory_ = mkdtemp(pattern.data());
    Write("web.token", "a token of 24 characters\n");
    Write("tsig.key", "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0\n");
    Write("controller.yaml", kController);
  }
  ~RejudgeCommandTest() override {
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }

  std::string At(const std::string& name) const { return absl::StrCat(directory_, "/", name); }
  std::string Write(const std::string& name, const std::string& text) const {
    std::ofstream(At(name)) << text;
    chmod(At(name).c_str(), 0600);
    return At(name);
  }
  // "2023-11-14T22:23:20Z" at minute 10.
  std::string Minute(double minute) const {
    return absl::FormatTime(absl::RFC3339_sec, begun_ + absl::Minutes(minute), absl::UTCTimeZone());
  }
  void Tell(Journal& journal, const std::string& kind, const std::string& text) {
    Entry entry;
    entry.events = {{.id = absl::StrCat("event", ++events_),
                     .at = clock_.WallNow(),
                     .service = "web",
                     .kind = kind,
                     .text = text}};
    ASSERT_TRUE(journal.Record(entry).ok());
  }
  // Through the real recorder, its file and the real journal.
  void Record() {
    const auto config = config::ReadConfigFile(At("controller.yaml"));
    ASSERT_TRUE(config.ok() && config->config) << config->findings;
    const std::vector<TargetRole> roles = PlanProbes(*config->config).roles;
    auto journal = SqliteJournal::Open(At("journal.db"), clock_);
    ASSERT_TRUE(journal.ok()) << journal.status();
    ObservationFile file(ObservationPath(At("journal.db")), clock_);
    ObservationWriter writer(roles, file, clock_, {}, [](const std::string&, uint64_t) {});
    for (const char* vantage : {"fra", "lon", "ams", "syd"}) {
      writer.Connected(vantage, clock_.Now().since_boot(), clock_.Now());
    }
    for (int second = 0; second < 1200; second += 2) {
      for (const std::string vantage : {"fra", "lon", "ams", "syd"}) {
        for (uint32_t target = 1; target <= roles.size(); ++target) {
          const TargetRole& role = roles[target - 1];
          const bool fails = role.service == "web" && role.path.is_edge() && vantage != "syd" &&
                             second >= 600 && second < 720;
          writer.Saw(vantage, target,
                     {.probe_class = fails ? ProbeClass::kHttpEdge : ProbeClass::kOk,
                      .http_status = fails ? 502 : 200,
                      .latency = absl::Milliseconds(40),
                      .ended = clock_.Now().since_boot()},
                     true, clock_.Now());
        }
      }
      if (second == 604) Tell(**journal, "verdict", "edge is DOWN: share 0.75 of 4 voters");
      if (second == 614) {
        Tell(**journal, "intent", "intent to move from edge to exit/nyc: it is DOWN (quorum)");
        Tell(**journal, "opening", "tells exit/nyc to open");
      }
      if (second == 726) Tell(**journal, "verdict", "edge is UP: 4 of 4 say so");
      clock_.Advance(absl::Seconds(2));
    }
  }
  Result Run(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), "replay");
    std::ostringstream out, err;
    const SystemClock clock;
    const ExitCode code = RunProgram(arguments, {.out = out, .err = err, .clock = clock});
    return {code, out.str(), err.str()};
  }
  Result Rejudge(const std::vector<std::string>& more = {}) const {
    std::vector<std::string> arguments = {"--from-journal", At("journal.db"), "--config",
                                          At("controller.yaml")};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return Run(arguments);
  }
  void Edit(const std::string& sql) const {
    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open(ObservationPath(At("journal.db")).c_str(), &database), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK);
    sqlite3_close(database);
  }

  FakeClock clock_;
  const absl::Time begun_ = clock_.WallNow();
  std::string directory_;
  int events_ = 0;
};

TEST_F(RejudgeCommandTest, UnderItsOwnPolicyItSaysWhatWasDone) {
  Record();
  const Result result = Rejudge();
  EXPECT_EQ(result.code, kDone) << result.err;
  EXPECT_THAT(
      result.out,
      AllOf(HasSubstr("9600 observations of 4 vantages (fra, lon, ams, syd), 0 of them too late"),
            HasSubstr("1 life of a controller"), HasSubstr("this policy: as in "),
            HasSubstr("22:23:24  was    web verdict: edge is DOWN: share 0.75"),
            HasSubstr("22:23:24  would  web edge DOWN: share 0.50 of 4 voters; attribution EDGE"),
            HasSubstr("22:23:34  would  web WOULD DECIDE to move to exit/nyc: "),
            HasSubstr("22:23:34  would  web WOULD BEGIN to move to exit/nyc: no rule"),
            HasSubstr("edge DOWN  1 time, 2m2s in all: 2023-11-14 22:23:24 for 2m2s\n"
                      "    decided    2023-11-14 22:23:34 to exit/nyc\n"),
            HasSubstr("Both policies first decide at the same time."),
            HasSubstr("Not recorded, so not judged: epoch, journal, not stopped, not paused, moves "
                      "per day, acknowledged, exit connected, tunnel up, certificate, lever, "
                      "records.")));
}

TEST_F(RejudgeCommandTest, AnotherPolicyDecidesLaterOrNever) {
  Record();
  const std::string slow = Write("slow.yaml", "filter: {run: {fall: 5, rise: 5}}\nttl: 30s\n");
  const Result later = Rejudge({"--policy", slow});
  EXPECT_EQ(later.code, kDone) << later.err;
  EXPECT_THAT(later.out, AllOf(HasSubstr("slow.yaml (filter) over "), HasSubstr("▲ ttl of "),
                               HasSubstr("changes nothing here"),
                               HasSubstr("22:23:38  would  web WOULD BEGIN"),
                               HasSubstr("This policy first decides 4s later")));
  const std::string most = Write("most.yaml", "quorum: {share: 0.82}\n");
  const Result never = Rejudge({"--policy", most});
  EXPECT_EQ(never.code, kDone) << never.err;
  EXPECT_THAT(never.out,
              AllOf(Not(HasSubstr("WOULD")), HasSubstr("  this policy\n    edge DOWN  never\n"),
                    HasSubstr("Only the recorded policy decides to move.")));
}

TEST_F(RejudgeCommandTest, ProgramsGetTheSameAsJson) {
  Record();
  const Result result = Rejudge({"--json", "--service", "web"});
  EXPECT_EQ(result.code, kDone) << result.err;
  EXPECT_THAT(result.out,
              AllOf(StartsWith("{\"journal\": "), HasSubstr("\"observations\": 9600"),
                    HasSubstr("\"what\": \"MOVE\""), HasSubstr("\"edge_down_seconds\": 122"),
                    HasSubstr("\"at\": \"2023-11-14T22:23:34+00:00\"")));
}

TEST_F(RejudgeCommandTest, ASpanIsJudgedWithWhatCameBefore) {
  Record();
  const Result result = Rejudge({"--since", Minute(11), "--until", Minute(11.5)});
  EXPECT_EQ(result.code, kDone) << result.err;
  EXPECT_THAT(result.out, AllOf(HasSubstr("22:24:20 to 2023-11-14 22:24:50"),
                                HasSubstr("22:24:20  would  web edge DOWN"),
                                HasSubstr("it began before"), Not(HasSubstr("was  ")),
                                HasSubstr("recorded policy\n    edge DOWN  1 time, 30s in all")));
  EXPECT_THAT(Rejudge({"--until", Minute(5)}).out, HasSubstr("edge DOWN  never"));
}

TEST_F(RejudgeCommandTest, TakesASpanAsTheReportPrintsIt) {
  Record();
  const Result result = Rejudge({"--since", "2023-11-14 22:24:20", "--until", Minute(11.5)});
  EXPECT_EQ(result.code, kDone) << result.err;
  EXPECT_THAT(result.out, HasSubstr("2023-11-14 22:24:20 to 2023-11-14 22:24:50"));
  EXPECT_EQ(Rejudge({"--since", "2023-11-14 22:24:20 UTC"}).code, kDone);
  EXPECT_EQ(Rejudge({"--since", "2023-11-14"}).code, kDone);
}

TEST_F(RejudgeCommandTest, TakesThePolicyOutOfAnotherConfiguration) {
  Record();
  Write("new.yaml", absl::StrCat(kController, "    quorum: {share: 0.9}\n"));
  const Result result = Rejudge({"--policy", At("new.yaml")});
  EXPECT_EQ(result.code, kDone) << result.err;
  EXPECT_THAT(result.out, AllOf(HasSubstr("new.yaml (quorum)"), HasSubstr("edge DOWN  never")));
}

constexpr char kSteering[] =
    "title: x\nruns_for: 2m\nservices: [{name: \"a\\e[31mb\"}]\ntimeline:\n"
    "  - {at: 0s, edge: {frac: 1, p_err: 1, symptoms: [{what: RESET}]}}\n"
    "expect:\n  - {what: CANCEL}\n";

TEST_F(RejudgeCommandTest, NamesFromAScenarioCannotSteerTheTerminal) {
  const Result result = Run({Write("steering.yaml", kSteering), "--lever", "indep"});
  EXPECT_EQ(result.code, kFailed) << result.err;
  EXPECT_THAT(result.out, AllOf(HasSubstr("a\\x1B[31mb"), Not(HasSubstr("\x1b"))));
}

TEST_F(RejudgeCommandTest, AScenarioTakesItsPolicyFromAConfigurationToo) {
  const std::string scenario = Write("calm.yaml", "title: x\ntimeline:\n  - {at: 0s}\n");
  Write("two.yaml", "services: [{name: web, quorum: {share: 0.6}}, {name: shop, ttl: 0s}]\n");
  EXPECT_EQ(Run({scenario, "--policy", At("two.yaml"), "--service", "web"}).code, kDone);
  EXPECT_THAT(Run({scenario, "--policy", At("two.yaml")}).err, HasSubstr("--service: web, shop"));
  EXPECT_THAT(Run({scenario, "--policy", At("two.yaml"), "--service", "shop"}).err,
              HasSubstr("ttl 0s is not at least 1s"));
}

TEST_F(RejudgeCommandTest, TheDefaultPolicyMustFitTheScenariosVantages) {
  const Result result = Run({Write("two.yaml",
                                   "title: x\nvantages: [{name: a, asn: 1}, {name: b, asn: 2}]\n"
                                   "timeline:\n  - {at: 0s}\n")});
  EXPECT_EQ(result.code, kUsage);
  EXPECT_THAT(result.err, HasSubstr("min_voters 3 (the default) can never be met"));
}

TEST_F(RejudgeCommandTest, CheckSaysHowManyLiarsAreWithstoodToProgramsToo) {
  std::ostringstream out, err;
  RunProgram({"check", At("controller.yaml"), "-o", "json"},
             {.out = out, .err = err, .clock = clock_});
  EXPECT_THAT(out.str(), AllOf(HasSubstr("\"withstands_liars\":1"), HasSubstr("\"exact\":true")))
      << err.str();
}

TEST_F(RejudgeCommandTest, AnswersWhatCannotBeAskedForWithItsReason) {
  Record();
  Write("broken.yaml", "filter: {k_of_n: {k: 5, n: 4}}\n");
  Write("lone.yaml", "hostname: app.example.net\n");
  const struct {
    std::vector<std::string> arguments;
    ExitCode code;
    const char* want;
  } kCases[] = {
      {{"--service", "wbe"}, kUsage, "there is no service \"wbe\"; did you mean \"web\"?"},
      {{"--policy", At("broken.yaml")}, kUsage, "broken.yaml:1:"},
      {{"--policy", At("broken.yaml")}, kUsage, "k is at most n"},
      {{"--policy", At("lone.yaml")}, kUsage, "hostname is no part of a policy"},
      {{"--policy", At("none.yaml")}, kUsage, "none.yaml"},
      {{"--since", "yesterday"}, kUsage, "--since \"yesterday\" is neither a time nor a while"},
      {{"--since", Minute(9), "--until", Minute(8)}, kUsage, "--since is not before --until"},
      {{"--since", "2h"}, kFailed, "holds 2023-11-14 22:13:20 UTC to 2023-11-14 22:33:18 UTC"},
      {{"--seeds", "3"}, kUsage, "--from-journal excludes --seeds"},
      {{"s01.yaml"}, kUsage, "either SCENARIO files or --from-journal FILE"},
  };
  for (const auto& [arguments, code, want] : kCases) {
    const Result result = Rejudge(arguments);
    EXPECT_EQ(result.code, code) << want;
    EXPECT_THAT(result.err, HasSubstr(want));
    EXPECT_EQ(result.out, "");
  }
}

TEST_F(RejudgeCommandTest, AsksForWhatItNeeds) {
  const struct {
    std::vector<std::string> arguments;
    const char* want;
  } kCases[] = {
      {{}, "either SCENARIO files or --from-journal FILE"},
      {{"s01.yaml", "--since", "2h"}, "--since requires --from-journal"},
      {{"s01.yaml", "--service", "web"}, "--service goes with --from-journal, or with --policy"},
      {{"--from-journal", At("journal.db")}, "wants the controller's configuration too"},
      {{"--from-journal", At("journal.db"), "--config", At("tsig.key")}, "tsig.key will not do"},
  };
  for (const auto& [arguments, want] : kCases) {
    const Result result = Run(arguments);
    EXPECT_EQ(result.code, kUsage) << want;
    EXPECT_THAT(result.err, HasSubstr(want));
  }
}

TEST_F(RejudgeCommandTest, AFileThatIsMissingOrDamagedIsNamedWithWhatToDo) {
  Result result = Rejudge();
  EXPECT_EQ(result.code, kFailed);
  EXPECT_THAT(result.err, HasSubstr("journal.db cannot be read; name a controller's journal"));
  Record();
  Edit("UPDATE runs SET class = 'GOOD'");
  result = Rejudge();
  EXPECT_EQ(result.code, kFailed);
  EXPECT_THAT(result.err, AllOf(HasSubstr("is damaged"), HasSubstr("move it away")));
  std::filesystem::remove(ObservationPath(At("journal.db")) + "-wal");
  Write("journal.db.observations", std::string(9000, 'x'));
  result = Rejudge();
  EXPECT_EQ(result.code, kFailed);
  EXPECT_THAT(result.err, HasSubstr("journal.db.observations is damaged"));
  std::filesystem::remove(ObservationPath(At("journal.db")));
  result = Rejudge();
  EXPECT_EQ(result.code, kFailed);
  EXPECT_THAT(result.err, HasSubstr("journal.db.observations cannot be read"));
  EXPECT_EQ(result.out, "");
}

TEST_F(RejudgeCommandTest, SaysWhatItLeftOutAndWhyItMayBeWrong) {
  Record();
  Edit("UPDATE runs SET vantage = 'nyc2' WHERE vantage = 'syd'");
  Edit("UPDATE runs SET count = -7 WHERE vantage = 'ams' AND kind = 'ATTRIBUTES'");
  const Result result = Rejudge();
  EXPECT_EQ(result.code, kDone) << result.err;
  EXPECT_THAT(result.out, HasSubstr("left out: vantage nyc2 (2400 observations; it is not config"));
  std::string slower = kController;
  slower.replace(slower.find("    levers: [own]"), 17,
                 "    levers: [own]\n    health: {interval: 10s}");
  Write("controller.yaml", slower);
  EXPECT_THAT(Rejudge().out, HasSubstr("▲ web was probed each 2s then"));
  Edit("UPDATE runs SET vantage = 'tyo'");
  const Result nobody = Rejudge();
  EXPECT_EQ(nobody.code, kFailed);
  EXPECT_THAT(nobody.err, HasSubstr("does not know vantage tyo; give the configuration of that"));
}

TEST_F(RejudgeCommandTest, TakesTheObservationsNameForTheJournals) {
  Record();
  const Result result =
      Run({"--from-journal", ObservationPath(At("journal.db")), "--config", At("controller.yaml")});
  EXPECT_EQ(result.code, kDone) << result.err;
}

}  // namespace
}  // namespace lifeboat::ctl
