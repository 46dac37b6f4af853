#include "exitnode/connector_config.h"

#include <fstream>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace lifeboat::exitnode {
namespace {

constexpr char kExits[] = "exits: [{name: nyc, address: \"exit.test:2333\"}]\n";
constexpr char kServices[] =
    "services: [{name: web, token_file: web.token, target: \"127.0.0.1:80\"}]\n";

ConnectorConfigFile Read(const std::string& yaml) {
  std::ofstream(absl::StrCat(testing::TempDir(), "/web.token")) << "a-token-of-tests\n";
  std::ofstream(absl::StrCat(testing::TempDir(), "/short.token")) << "short\n";
  const std::string path = absl::StrCat(testing::TempDir(), "/connector.yaml");
  std::ofstream(path) << yaml;
  auto file = ReadConnectorConfig(path);
  EXPECT_TRUE(file.ok()) << file.status();
  return *std::move(file);
}

TEST(ConnectorConfigTest, TwoLinesAreEnough) {
  const auto file = Read(absl::StrCat(kExits, kServices));
  ASSERT_TRUE(file.config.has_value()) << file.findings;
  EXPECT_EQ(file.findings, "");
  EXPECT_EQ(file.config->exits[0].tunnel.host, "exit.test");
  EXPECT_EQ(file.config->exits[0].tunnel.port, 2333);
  EXPECT_EQ(file.config->services[0].token, "a-token-of-tests") << "without its newline";
  EXPECT_EQ(file.config->services[0].target.port, 80);
  EXPECT_EQ(file.config->http, "127.0.0.1:9443");
}

TEST(ConnectorConfigTest, SaysWhatIsWrongAndWhere) {
  const std::pair<std::string, const char*> kCases[] = {
      {kServices, "exits is missing"},
      {kExits, "services is missing"},
      {absl::StrCat(kServices, "exits: [{name: nyc, address: exit.test}]\n"), "yaml:2:"},
      {absl::StrCat(kServices, "exits: [{name: NYC, address: \"a:1\"}]\n"), "lower-case"},
      {absl::StrCat(kServices,
                    "exits: [{name: a, address: \"a:1\"}, {name: a, address: \"b:1\"}]\n"),
       "two with the name \"a\""},
      {absl::StrCat(kExits, "services: [{name: web, target: \"a:1\"}]\n"), "is missing: the file"},
      {absl::StrCat(kExits, "services: [{name: web, token_file: none, target: \"a:1\"}]\n"),
       "/none"},
      {absl::StrCat(kExits, "services: [{name: web, token_file: short.token, target: \"a:1\"}]\n"),
       "has 5 bytes and wants 16"},
      {absl::StrCat(kExits, "services: [{name: web, token_file: web.token, target: a}]\n"),
       "yaml:2:"},
      {absl::StrCat(kExits, kServices, "exit: 5\n"), "exit"},
  };
  for (const auto& [yaml, words] : kCases) {
    const auto file = Read(yaml);
    EXPECT_FALSE(file.config.has_value()) << yaml;
    EXPECT_TRUE(absl::StrContains(file.findings, words)) << file.findings;
    EXPECT_FALSE(absl::StrContains(file.findings, "a-token-of-tests"));
  }
}

}  // namespace
}  // namespace lifeboat::exitnode
