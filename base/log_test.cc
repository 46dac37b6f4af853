#include "base/log.h"

#include <cstdlib>

#include "base/testing/capture_log.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace lifeboat {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;

TEST(LogTest, FieldsFollowTheMessage) {
  CaptureLog log;
  log.Info("agents", "fra connected", {{"run", "ab12"}, {"port", 7443}, {"why", "two words"}});
  log.Error("journal", "disk full");
  EXPECT_THAT(log.Lines(),
              ElementsAre("info agents: fra connected run=ab12 port=7443 why=\"two words\"",
                          "error journal: disk full"));
}

TEST(LogTest, HostileTextCannotForgeALineOrAField) {
  EXPECT_EQ(FormatLogLine("grpc", "hi\n2026 error x", {{"name", "a b\" admin=yes\r\x1b[2J"}}),
            "grpc: hi\\n2026 error x name=\"a b\\\" admin=yes\\x0d\\x1b[2J\"");
  EXPECT_EQ(EscapeForLog("\xc2\x9b"
                         "2J"),
            "\\xc2\x9b"
            "2J");
  EXPECT_EQ(EscapeForLog("naïve → \\"), "naïve → \\\\");
  EXPECT_EQ(EscapeForLog(absl::string_view("\0\x7f", 2)), "\\x00\\x7f");
}

TEST(LogTest, AValueThatIsEmptyStillShows) {
  EXPECT_EQ(FormatLogLine("x", "y", {{"z", ""}}), "x: y z=\"\"");
}

TEST(StderrLogTest, WritesTimeLevelAndComponent) {
  testing::internal::CaptureStderr();
  StderrLog(LogLevel::kWarning).Warning("agents", "fra {} is late %s", {{"lag", "2s"}});
  EXPECT_THAT(
      testing::internal::GetCapturedStderr(),
      MatchesRegex("20..-..-..T..:..:..\\....Z warning agents: fra .. is late %s lag=2s\n"));
}

TEST(StderrLogTest, KeepsQuietBelowItsLevel) {
  testing::internal::CaptureStderr();
  StderrLog log(LogLevel::kWarning);
  log.Info("a", "quiet");
  log.Error("a", "loud");
  EXPECT_THAT(testing::internal::GetCapturedStderr(), Not(HasSubstr("quiet")));
}

TEST(StderrLogTest, TakesItsLevelFromTheEnvironment) {
  setenv("LIFEBOAT_LOG", "debug", 1);
  testing::internal::CaptureStderr();
  StderrLog().Debug("a", "detail");
  EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("debug a: detail"));

  setenv("LIFEBOAT_LOG", "chatty", 1);
  testing::internal::CaptureStderr();
  StderrLog().Debug("a", "detail");
  const std::string said = testing::internal::GetCapturedStderr();
  EXPECT_THAT(said, HasSubstr("LIFEBOAT_LOG=chatty"));
  EXPECT_THAT(said, Not(HasSubstr("detail")));
}

}  // namespace
}  // namespace lifeboat
