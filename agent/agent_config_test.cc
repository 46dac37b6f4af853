#include "agent/agent_config.h"

#include <filesystem>
#include <fstream>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace lifeboat::agent {
namespace {

constexpr char kIdentity[] = "identity: {ca: ca.pem, certificate: /etc/a.pem, key: a.key}\n";

AgentConfigFile Read(const std::string& yaml) {
  const std::string path = absl::StrCat(testing::TempDir(), "/agent.yaml");
  std::ofstream(path) << yaml;
  auto file = ReadAgentConfig(path);
  EXPECT_TRUE(file.ok()) << file.status();
  return *std::move(file);
}

TEST(AgentConfigTest, ThreeLinesAreEnough) {
  const auto file = Read(absl::StrCat(kIdentity, "controllers: [\"c.test:7443\"]\n"));
  ASSERT_TRUE(file.config.has_value()) << file.findings;
  EXPECT_EQ(file.findings, "");
  EXPECT_EQ(file.config->http, "127.0.0.1:9442");
  EXPECT_EQ(file.config->queue_limit, 100'000u);
  EXPECT_EQ(file.config->identity.certificate, "/etc/a.pem");
  EXPECT_EQ(std::filesystem::path(file.config->identity.ca).lexically_normal(),
            (std::filesystem::path(testing::TempDir()) / "ca.pem").lexically_normal())
      << "relative paths are beside the file";
}

TEST(AgentConfigTest, TakesWhatIsGiven) {
  const auto file = Read(absl::StrCat(
      kIdentity, "controllers: [\"c.test:7443\", \"[::1]:7443\"]\nhttp: off\nqueue: 500\n"));
  ASSERT_TRUE(file.config.has_value()) << file.findings;
  EXPECT_EQ(file.config->controllers.size(), 2u);
  EXPECT_EQ(file.config->http, "");
  EXPECT_EQ(file.config->queue_limit, 500u);
}

TEST(AgentConfigTest, SaysWhatIsWrongAndWhere) {
  const std::string good = absl::StrCat(kIdentity, "controllers: [\"c.test:7443\"]\n");
  const std::pair<std::string, const char*> kCases[] = {
      {"controllers: [\"c.test:7443\"]\n", "identity.ca is missing"},
      {kIdentity, "controllers is missing"},
      {absl::StrCat(kIdentity, "controllers: [c.test]\n"), "agent.yaml:2:"},
      {absl::StrCat(kIdentity, "controllers: [\"a:1\", \"a:1\"]\n"), "listed twice"},
      {absl::StrCat(good, "http: everywhere\n"), "agent.yaml:3:"},
      {absl::StrCat(good, "queue: 99999999\n"), "queue"},
      {absl::StrCat(good, "quue: 5\n"), "quue"},
      {"identity: [", "agent.yaml:1:"},
  };
  for (const auto& [yaml, words] : kCases) {
    const auto file = Read(yaml);
    EXPECT_FALSE(file.config.has_value()) << yaml;
    EXPECT_TRUE(absl::StrContains(file.findings, words)) << file.findings;
  }
}

TEST(AgentConfigTest, AFileThatIsNotThereIsAnErrorThatNamesIt) {
  const auto file = ReadAgentConfig("/nowhere/agent.yaml");
  ASSERT_FALSE(file.ok());
  EXPECT_TRUE(absl::StrContains(file.status().message(), "/nowhere/agent.yaml"));
}

}  // namespace
}  // namespace lifeboat::agent
