#include "controller/ctl/program.h"

#include <sys/socket.h>

#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/descriptor.h"
#include "base/testing/eventually.h"
#include "controller/admin/testing/admin_server.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace lifeboat::ctl {
namespace {

using admin::AdminServer;
using admin::BeginMove;
using admin::EdgeService;
using admin::SnapshotOf;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

struct Result {
  ExitCode code;
  std::string out;
  std::string err;
};

class ProgramTest : public testing::Test {
 protected:
  // A port that was free a moment ago.
  static std::string NobodyListens() {
    const Descriptor socket(::socket(AF_INET, SOCK_STREAM, 0));
    sockaddr_storage storage;
    const Endpoint any{*IpAddress::Parse("127.0.0.1"), 0};
    const socklen_t length = any.ToSockaddr(storage);
    EXPECT_EQ(bind(socket.get(), reinterpret_cast<sockaddr*>(&storage), length), 0);
    socklen_t size = sizeof storage;
    getsockname(socket.get(), reinterpret_cast<sockaddr*>(&storage), &size);
    return Endpoint::FromSockaddr(reinterpret_cast<sockaddr*>(&storage))->ToString();
  }
  // Writes the configuration of whoever `files` says, and makes Run use it.
  void Configure(const TlsFiles& files, const std::vector<std::string>& controllers) {
    config_ = pki_.Write(
        "ctl.yaml", absl::StrCat("identity: {ca: ", files.ca, ", certificate: ", files.certificate,
                                 ", key: ", files.key, "}\ncontrollers: [\"",
                                 absl::StrJoin(controllers, "\", \""), "\"]\n"));
  }
  void ConfigureAnna(const AdminServer& server) {
    Configure(pki_.Issue(Role::kPerson, "anna"), {server.address()});
  }
  Result Run(std::vector<std::string> arguments) const {
    if (!config_.empty()) arguments.insert(arguments.begin(), {"-C", config_});
    std::ostringstream out, err;
    const SystemClock clock;
    const ExitCode code = RunProgram(arguments, {.out = out, .err = err, .clock = clock});
    return {code, out.str(), err.str()};
  }

  TestPki pki_;
  std::string config_;
};

TEST_F(ProgramTest, AMistypedCommandIsNamedWithWhatWasMeant) {
  const std::pair<std::vector<std::string>, const char*> kCases[] = {
      {{}, "which command?"},
      {{"stauts"}, "unknown command \"stauts\"; did you mean \"status\"?"},
      {{"pki"}, "which pki command?"},
      {{"pki", "isue"}, "unknown command \"pki isue\"; did you mean \"pki issue\"?"},
      {{"--frob"}, "unknown option \"--frob\""},
      {{"status", "--frob"}, "--frob"},
      {{"explain"}, "SERVICE|EVENT is required"},
      {{"failover", "web"}, "--reason is required"},
      {{"status", "-o", "xml"}, "xml"},
      {{"status", "--timeout", "5"}, "--timeout wants a unit"},
      {{"pki", "issue", "wizard", "x"}, "role \"wizard\" is none of"},
      {{"--dry-run", "failover", "web", "--reason", "x"}, "unknown option \"--dry-run\""},
      {{"help", "failover", "web"}, "unknown command \"help\""},
      {{"pki", "--frob", "issue", "agent", "x"}, "unknown option \"--frob\""},
      {{"replay", "--policy", ""}, "--policy wants a file"},
  };
  for (const auto& [arguments, want] : kCases) {
    const Result result = Run(arguments);
    EXPECT_EQ(result.code, kUsage) << absl::StrJoin(arguments, " ");
    EXPECT_THAT(result.err, AllOf(StartsWith("lifeboatctl: "), HasSubstr(want)));
    EXPECT_EQ(result.out, "");
  }
}

TEST_F(ProgramTest, ACommandDoesNothingWhereAWordBeforeItMeansNothing) {
  AdminServer server(pki_);
  ConfigureAnna(server);
  for (const char* stray : {"--dry-run", "help", "-n"}) {
    const Result failover = Run({stray, "failover", "web", "--no-wait", "--reason", "x"});
    EXPECT_EQ(failover.code, kUsage);
    EXPECT_THAT(failover.err, HasSubstr(absl::StrCat("\"", stray, "\"")));
    EXPECT_EQ(Run({stray, "epoch", "raise", "--reason", "x"}).code, kUsage);
    EXPECT_EQ(Run({"epoch", stray, "raise", "--reason", "x"}).code, kUsage);
  }
  EXPECT_THAT(server.controls.asked(), ElementsAre());
}

TEST_F(ProgramTest, HelpAndVersionAreAnswers) {
  for (const std::vector<std::string>& arguments : {std::vector<std::string>{"--help"},
                                                    {"status", "--help"},
                                                    {"pki", "issue", "-h"},
                                                    {"version"},
                                                    {"--version"}}) {
    const Result result = Run(arguments);
    EXPECT_EQ(result.code, kDone);
    EXPECT_NE(result.out, "");
    EXPECT_EQ(result.err, "");
  }
}

TEST_F(ProgramTest, StatusShowsTheTableOrTheView) {
  AdminServer server(pki_);
  ConfigureAnna(server);
  const Result table = Run({"status"});
  EXPECT_EQ(table.code, kDone) << table.err;
  EXPECT_THAT(table.out, AllOf(StartsWith("✔ Nothing is failing. Both services are armed."),
                               HasSubstr("SERVICE  SERVES  EDGE"), Not(HasSubstr("\x1b"))));
  const Result json = Run({"status", "-o", "json"});
  EXPECT_EQ(json.code, kDone);
  EXPECT_THAT(json.out, AllOf(StartsWith("{"), HasSubstr("\"headline\":"),
                              HasSubstr("\"failback_offered\": false")));
  EXPECT_THAT(Run({"status", "--color", "always"}).out, HasSubstr("\x1b[32m"));
  EXPECT_THAT(Run({"status", "git"}).out, Not(HasSubstr("\n✔ web")));
  const Result mistyped = Run({"status", "gti"});
  EXPECT_EQ(mistyped.code, kFailed);
  EXPECT_THAT(mistyped.err, HasSubstr("there is no service \"gti\"; did you mean \"git\"?"));
}

TEST_F(ProgramTest, ExplainSaysWhoSaysSo) {
  AdminServer server(pki_);
  ConfigureAnna(server);
  const Result result = Run({"explain", "web"});
  EXPECT_EQ(result.code, kDone) << result.err;
  EXPECT_THAT(result.out, AllOf(HasSubstr("Who says so"), HasSubstr("Would change it")));
  const Result none = Run({"explain", "none"});
  EXPECT_EQ(none.code, kFailed);
  EXPECT_THAT(none.err, HasSubstr("there is neither a service nor an event \"none\""));
}

TEST_F(ProgramTest, ExplainListsEveryRuleOnlyWhereAskedTo) {
  AdminServer server(pki_);
  ConfigureAnna(server);
  EXPECT_THAT(Run({"explain", "web"}).out,
              AllOf(HasSubstr("(all of them: lifeboatctl explain web -o wide)"),
                    Not(HasSubstr("✔ tunnel up"))));
  EXPECT_THAT(Run({"explain", "web", "-o", "wide"}).out,
              AllOf(HasSubstr("✔ tunnel up"), Not(HasSubstr("all of them"))));
}

TEST_F(ProgramTest, ExplainTakesAnEventAsTheListShowsIt) {
  AdminServer server(pki_);
  for (const char* id : {"01K9AAAAAA1", "01K9BBBBBB1"}) {
    server.controls.Add({.id = id,
                         .at = SystemClock().WallNow(),
                         .service = "web",
                         .kind = "opened",
                         .alarm = false,
                         .text = "exit/nyc is open",
                         .detail = ""});
  }
  ConfigureAnna(server);
  EXPECT_THAT(Run({"explain", "AAAAAA1"}).out,
              AllOf(HasSubstr("exit/nyc is open"), HasSubstr("Nothing was decided there")));
  EXPECT_THAT(Run({"explain", "AAAAAA1", "-o", "json"}).out, HasSubstr("\"id\": \"01K9AAAAAA1\""));
  const Result several = Run({"explain", "01K9"});
  EXPECT_EQ(several.code, kUsage);
  EXPECT_THAT(several.err, HasSubstr("give more of the id"));
  EXPECT_EQ(Run({"explain", "ZZZZZZ9"}).code, kFailed);
}

TEST_F(ProgramTest, EventsAreLinesOrObjects) {
  AdminServer server(pki_);
  server.controls.Add({.id = "01K9AAAAAA1",
                       .at = SystemClock().WallNow(),
                       .service = "web",
                       .kind = "hold",
                       .alarm = true,
                       .text = "HOLD: paused",
                       .detail = "edge DOWN\n  fra DOWN\n"});
  ConfigureAnna(server);
  EXPECT_THAT(Run({"events"}).out, HasSubstr(" ▲ web  HOLD: paused  [AAAAAA1]\n"));
  EXPECT_THAT(Run({"events", "-o", "wide"}).out, HasSubstr("paused  [01K9AAAAAA1]\n"));
  EXPECT_THAT(Run({"events", "--detail"}).out, HasSubstr("\n  edge DOWN\n    fra DOWN\n"));
  EXPECT_THAT(Run({"events", "-o", "json"}).out,
              AllOf(StartsWith("{\"id\":\"01K9AAAAAA1\""), HasSubstr("\"alarm\":true")));
  EXPECT_EQ(Run({"events", "--service", "git"}).out, "");
  EXPECT_EQ(Run({"events", "--since", "2"}).code, kUsage);
}

TEST_F(ProgramTest, StopsAndAcknowledgesOneServiceOrAllAndNothingInBetween) {
  AdminServer server(pki_);
  ConfigureAnna(server);
  EXPECT_EQ(Run({"pause", "--all", "--reason", "work"}).out, "✔ every service is paused: work\n");
  EXPECT_EQ(Run({"resume", "--all", "--reason", "done"}).out,
            "✔ every service may move again: done\n");
  EXPECT_EQ(Run({"ack", "web"}).out, "✔ nothing waits to be acknowledged\n");
  Snapshot snapshot = AdminServer::Fresh(admin::AllWell());
  snapshot.services[0].unacknowledged = "01A";
  const std::string name = snapshot.services[0].name;
  server.controls.Show(snapshot);
  EXPECT_EQ(Run({"ack", "--all", "--reason", "provider"}).out, "✔ acknowledged: " + name + "\n");
  EXPECT_EQ(Run({"pause", "--reason", "work"}).code, kUsage);
  EXPECT_EQ(Run({"pause", "web", "--all", "--reason", "work"}).code, kUsage);
  EXPECT_EQ(Run({"ack"}).code, kUsage);
  EXPECT_THAT(server.controls.asked(),
              ElementsAre("PauseAll work person/anna", "ResumeAll done person/anna",
                          "Acknowledge web seen person/anna",
                          "Acknowledge " + name + " provider person/anna"));
}

TEST_F(ProgramTest, AcknowledgesWhatEventsTellOfAndStopsAtTheFirstThatWillNotDo) {
  AdminServer server(pki_);
  const auto add = [&server](const std::string& id, const std::string& detail) {
    server.controls.Add({.id = id,
                         .at = SystemClock().WallNow(),
                         .service = "web",
                         .kind = "done",
                         .alarm = true,
                         .text = "app.test points at exit/nyc, which serves it",
                         .detail = detail});
  };
  add("01K9AAAAAA1", R"({"services": [{"name": "web", "move": {"id": "01MOVE"}}]})");
  add("01K9AAAAAA2", "");
  ConfigureAnna(server);
  const Result done = Run({"ack", "AAAAAA1", "git", "--reason", "provider"});
  EXPECT_EQ(done.code, kDone) << done.err;
  EXPECT_EQ(done.out, "✔ acknowledged: web\n");
  const Result halfway = Run({"ack", "AAAAAA1", "AAAAAA2", "git"});
  EXPECT_EQ(halfway.code, kUsage);
  EXPECT_EQ(halfway.out, "✔ acknowledged: web\n");
  EXPECT_THAT(halfway.err, HasSubstr("event 01K9AAAAAA2 (done) tells of no move"));
  EXPECT_EQ(Run({"ack", "AAAAAA1", "--all"}).code, kUsage);
  server.controls.Answer(absl::FailedPreconditionError("move 01MOVE of web waits for nobody"));
  const Result again = Run({"ack", "AAAAAA1"});
  EXPECT_EQ(again.code, kHeld);
  EXPECT_EQ(again.err, "lifeboatctl: move 01MOVE of web waits for nobody\n");
  EXPECT_THAT(server.controls.asked(), ElementsAre("Acknowledge web 01MOVE provider person/anna",
                                                   "Acknowledge git provider person/anna",
                                                   "Acknowledge web 01MOVE seen person/anna",
                                                   "Acknowledge web 01MOVE seen person/anna"));
}

TEST_F(ProgramTest, VerbsSayWhatTheyDid) {
  AdminServer server(pki_);
  ConfigureAnna(server);
  EXPECT_EQ(Run({"pause", "web", "--reason", "work"}).out, "✔ web is paused: work\n");
  EXPECT_EQ(Run({"resume", "web", "--reason", "done"}).out, "✔ web may move again: done\n");
  EXPECT_THAT(Run({"epoch", "raise", "--reason", "restored"}).out,
              StartsWith("✔ the epoch is 2.41;"));
  EXPECT_THAT(Run({"failover", "web", "--to", "nyc", "--no-wait", "--reason", "work"}).out,
              StartsWith("✔ move 01MOVE is in the journal"));
  EXPECT_THAT(Run({"failback", "web", "--force", "--no-wait", "--reason", "x", "-o", "json"}).out,
              HasSubstr("\"move_id\": \"01MOVE\""));
  EXPECT_THAT(server.controls.asked(),
              ElementsAre("Pause web work person/anna", "Resume web done person/anna",
                          "RaiseEpoch restored person/anna", "Failover web nyc work person/anna",
                          "Failback web forced x person/anna"));
}

TEST_F(ProgramTest, ExitCodesTellWhatKindOfNoItWas) {
  AdminServer server(pki_, {{"anna", config::OperatorRole::kOperator}});
  ConfigureAnna(server);
  const std::vector<std::string> failover = {"failover", "web", "--reason", "x"};
  server.controls.Answer(absl::FailedPreconditionError("paused: kernel upgrade"));
  Result result = Run(failover);
  EXPECT_EQ(result.code, kHeld);
  EXPECT_EQ(result.err, "lifeboatctl: paused: kernel upgrade\n");
  server.controls.Answer(absl::AlreadyExistsError("move 1 is under way"));
  EXPECT_EQ(Run(failover).code, kHeld);
  server.controls.Answer(absl::NotFoundError("no such service"));
  EXPECT_EQ(Run(failover).code, kFailed);
  server.controls.Answer(absl::UnavailableError("the journal cannot record it: disk full"));
  result = Run(failover);
  EXPECT_EQ(result.code, kFailed);
  EXPECT_EQ(result.err, "lifeboatctl: the journal cannot record it: disk full\n");
  result = Run({"epoch", "raise", "--reason", "x"});
  EXPECT_EQ(result.code, kNotPermitted);
  EXPECT_THAT(result.err, HasSubstr("operator anna lacks role admin for RaiseEpoch"));
}

TEST_F(ProgramTest, TellsAMoveUntilItsEnd) {
  AdminServer server(pki_);
  ConfigureAnna(server);
  ServiceSnapshot web = EdgeService("web", "DDDD", "UUUU");
  BeginMove(web, Path::Exit("nyc"), Stage::kProving);
  web.move->id = "01MOVE";
  server.controls.Show(AdminServer::Fresh(SnapshotOf({web})));
  Result result;
  std::thread ctl([&] { result = Run({"failover", "web", "--reason", "x"}); });
  ASSERT_TRUE(Eventually([&] { return !server.controls.asked().empty(); }));
  const auto asked_twice = [&] { return server.controls.watched() >= 4; };
  EXPECT_TRUE(Eventually(asked_twice));
  server.controls.Add({.id = "01MOVF",
                       .at = SystemClock().WallNow(),
                       .service = "web",
                       .kind = "done",
                       .alarm = false,
                       .text = "served by exit/nyc",
                       .detail = ""});
  server.controls.Show(AdminServer::Fresh(admin::AllWell()));
  ctl.join();
  EXPECT_EQ(result.code, kDone) << result.err;
  EXPECT_THAT(result.out, AllOf(HasSubstr("asking every authoritative server\n"),
                                HasSubstr("✔ web: served by exit/nyc\n")));
}

TEST_F(ProgramTest, AMoveThatIsCancelledIsAFailureWithItsReason) {
  AdminServer server(pki_);
  ConfigureAnna(server);
  server.controls.Add({.id = "01MOVF",
                       .at = SystemClock().WallNow(),
                       .service = "web",
                       .kind = "cancel",
                       .alarm = false,
                       .text = "cancelled: edge serves again",
                       .detail = ""});
  const Result result = Run({"failover", "web", "--reason", "x"});
  EXPECT_EQ(result.code, kFailed);
  EXPECT_EQ(result.out, "✖ web: cancelled: edge serves again\n");
}

TEST_F(ProgramTest, AMoveThatLastsTooLongIsLeftAndItsHolderNamed) {
  AdminServer server(pki_);
  ConfigureAnna(server);
  ServiceSnapshot web = EdgeService("web", "DDDD", "UUUU");
  BeginMove(web, Path::Exit("nyc"), Stage::kProving);
  web.move->id = "01MOVE";
  web.waiting_for = "ns2 is stale";
  server.controls.Show(AdminServer::Fresh(SnapshotOf({web})));
  const Result result = Run({"failover", "web", "--reason", "x", "--wait-for", "100ms"});
  EXPECT_EQ(result.code, kTimedOut);
  EXPECT_THAT(result.err, HasSubstr("ns2 is stale"));
}

TEST_F(ProgramTest, SaysHowFarTheWayToAControllerLed) {
  Configure(pki_.Issue(Role::kPerson, "anna"), {NobodyListens(), "no-such-name.invalid:7443"});
  const Result result = Run({"status", "--timeout", "5s"});
  EXPECT_EQ(result.code, kUnreachable);
  EXPECT_THAT(result.err, AllOf(HasSubstr("no controller was reached"),
                                HasSubstr("connecting to 127.0.0.1:"), HasSubstr("refused"),
                                HasSubstr("no-such-name.invalid:7443: the name does not resolve")));
}

TEST_F(ProgramTest, TheNextControllerIsAskedWhenOneIsAway) {
  AdminServer server(pki_);
  Configure(pki_.Issue(Role::kPerson, "anna"), {NobodyListens(), server.address()});
  const Result result = Run({"status"});
  EXPECT_EQ(result.code, kDone) << result.err;
}

TEST_F(ProgramTest, AServerInTheWrongRoleIsNotTrusted) {
  AdminServer server(pki_, {}, Role::kAgent);
  ConfigureAnna(server);
  const Result result = Run({"status", "--timeout", "5s"});
  EXPECT_EQ(result.code, kNotPermitted);
  EXPECT_THAT(result.err, HasSubstr("spiffe://test/agent/home"));
}

TEST_F(ProgramTest, ACertificateOfAnotherAuthorityIsSaidToBeTheTrouble) {
  AdminServer server(pki_);
  TestPki stranger;
  TlsFiles files = stranger.Issue(Role::kPerson, "anna");
  Configure(files, {server.address()});
  const Result their_ca = Run({"status", "--timeout", "5s"});
  EXPECT_EQ(their_ca.code, kNotPermitted);
  EXPECT_THAT(their_ca.err, HasSubstr("is it a controller of your authority"));
}

TEST_F(ProgramTest, AnAgentsCertificateIsNotEnough) {
  AdminServer server(pki_);
  Configure(pki_.Issue(Role::kAgent, "fra"), {server.address()});
  const Result result = Run({"status"});
  EXPECT_EQ(result.code, kNotPermitted);
  EXPECT_THAT(result.err, HasSubstr("spiffe://test/agent/fra"));
}

TEST_F(ProgramTest, AConfigurationThatWillNotDoIsShownLineByLine) {
  config_ = pki_.Write("ctl.yaml", "identity: {ca: ca.pem}\ncontrolers: [a]\n");
  Result result = Run({"status"});
  EXPECT_EQ(result.code, kUsage);
  EXPECT_THAT(result.err, AllOf(HasSubstr("ctl.yaml:2:1: unknown key \"controlers\""),
                                HasSubstr("identity.key is missing")));
  config_ = pki_.Path("none.yaml");
  result = Run({"status"});
  EXPECT_EQ(result.code, kUsage);
  EXPECT_THAT(result.err, HasSubstr("--config names another file"));
  Configure({.ca = "none.pem", .certificate = "none.pem", .key = "none.key"}, {"127.0.0.1:1"});
  EXPECT_EQ(Run({"status"}).code, kNotPermitted);
}

TEST_F(ProgramTest, PkiIssuesWhatCheckAccepts) {
  const std::string pki = pki_.Path("made");
  EXPECT_EQ(Run({"pki", "init", "--trust-domain", "home.test", "--dir", pki}).code, kDone);
  EXPECT_EQ(Run({"pki", "init", "--trust-domain", "home.test", "--dir", pki}).code, kFailed);
  EXPECT_EQ(Run({"pki", "issue", "controller", "ctl-1", "--dir", pki}).code, kDone);
  EXPECT_EQ(Run({"pki", "issue", "agent", "fra", "--dir", pki}).code, kDone);
  const auto config = [&](const std::string& who) {
    return pki_.Write("controller.yaml",
                      absl::StrCat("identity: {ca: ", pki, "/ca.pem, certificate: ", pki, "/", who,
                                   ".pem, key: ", pki, "/", who, ".key}\n"));
  };
  const Result good = Run({"check", config("controller-ctl-1")});
  EXPECT_EQ(good.code, kDone) << good.err;
  EXPECT_THAT(good.out,
              AllOf(HasSubstr("0 services, 0 vantages"), HasSubstr("0 errors, 3 warnings")));
  const Result wrong_role = Run({"check", config("agent-fra")});
  EXPECT_EQ(wrong_role.code, kUsage);
  EXPECT_THAT(wrong_role.err, HasSubstr("spiffe://home.test/agent/fra"));
  EXPECT_EQ(Run({"check", pki_.Path("none.yaml")}).code, kUsage);
}

// The binary itself, as a shell sees it.
TEST_F(ProgramTest, TheProgramEndsWithTheExitCode) {
  const auto shell = [](const std::string& arguments) {
    const std::string command =
        absl::StrCat("controller/ctl/lifeboatctl ", arguments, " >/dev/null 2>&1");
    return WEXITSTATUS(std::system(command.c_str()));
  };
  EXPECT_EQ(shell("version"), kDone);
  EXPECT_EQ(shell("--help"), kDone);
  EXPECT_EQ(shell("stauts"), kUsage);
  EXPECT_EQ(shell("check none.yaml"), kUsage);
  Configure(pki_.Issue(Role::kPerson, "anna"), {NobodyListens()});
  EXPECT_EQ(shell(absl::StrCat("status --config ", config_)), kUnreachable);
}

}  // namespace
}  // namespace lifeboat::ctl
