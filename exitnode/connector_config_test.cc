#include "exitnode/connector_config.h"

#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gtest/gtest.h"

namespace lifeboat::exitnode {
namespace {

constexpr char kExits[] = "exits: [{name: nyc, address: \"exit.test:2333\"}]\n";
constexpr char kServices[] =
    "services: [{name: web, token_file: web.token, target: \"127.0.0.1:80\"}]\n";

constexpr char kEchoKey[] = "a-key-of-tests-of-32-bytes-and-more";

ConnectorConfigFile Read(const std::string& yaml) {
  std::ofstream(absl::StrCat(testing::TempDir(), "/web.token")) << "a-token-of-tests\n";
  std::ofstream(absl::StrCat(testing::TempDir(), "/short.token")) << "short\n";
  std::ofstream(absl::StrCat(testing::TempDir(), "/echo.key")) << kEchoKey << "\n";
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

TEST(ConnectorConfigTest, AServiceIsOfTcpUnlessToldOtherwise) {
  const std::string web = "{name: web, token_file: web.token, target: \"a:1\", protocol: tcp}";
  const std::string udp = "{name: web-udp, token_file: web.token, target: \"a:1\", protocol: udp}";
  const auto file = Read(absl::StrCat(kExits, "services: [", web, ", ", udp, "]\n"));
  ASSERT_TRUE(file.config.has_value()) << file.findings;
  EXPECT_EQ(file.config->services[0].kind, ConnectorService::Kind::kTcp);
  EXPECT_EQ(file.config->services[1].kind, ConnectorService::Kind::kUdp);
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
      {absl::StrCat(kExits,
                    "services: [{name: web, token_file: web.token, target: \"a:1\", protocol: "
                    "quic}]\n"),
       "\"quic\" is neither tcp nor udp"},
      {absl::StrCat(kExits, kServices, "exit: 5\n"), "exit"},
  };
  for (const auto& [yaml, words] : kCases) {
    const auto file = Read(yaml);
    EXPECT_FALSE(file.config.has_value()) << yaml;
    EXPECT_TRUE(absl::StrContains(file.findings, words)) << file.findings;
    EXPECT_FALSE(absl::StrContains(file.findings, "a-token-of-tests"));
  }
}

// Two exits, of which each has a target and a listener of its own, with pieces of it replaced.
std::string WithEcho(const std::vector<std::pair<absl::string_view, absl::string_view>>& changes) {
  return absl::StrReplaceAll(R"(exits:
  - {name: nyc, address: "nyc.test:2333"}
  - {name: fra, address: "fra.test:2333"}
services:
  - name: web
    token_file: web.token
    target: "127.0.0.1:80"
    targets: [{exit: fra, target: "127.0.0.1:81"}]
    echo:
      key_file: echo.key
      listeners:
        - {path: edge, listen: "127.0.0.1:9450"}
        - {path: exit/nyc, listen: "127.0.0.1:9451"}
        - {path: exit/fra, listen: "127.0.0.1:9452"}
)",
                             changes);
}

TEST(ConnectorConfigTest, ReadsTheEchoOfEachPath) {
  const auto file = Read(WithEcho({}));
  ASSERT_TRUE(file.config.has_value()) << file.findings;
  EXPECT_EQ(file.findings, "");
  EXPECT_EQ(file.config->services[0].TargetFor("nyc").port, 80);
  EXPECT_EQ(file.config->services[0].TargetFor("fra").port, 81);
  ASSERT_EQ(file.config->echoes.size(), 1u);
  EXPECT_EQ(file.config->echoes[0].service, "web");
  EXPECT_EQ(file.config->echoes[0].key, kEchoKey) << "without its newline";
  ASSERT_EQ(file.config->echoes[0].listeners.size(), 3u);
  EXPECT_EQ(file.config->echoes[0].listeners[2].path, "exit/fra");
  EXPECT_EQ(file.config->echoes[0].listeners[2].listen.ToString(), "127.0.0.1:9452");
}

TEST(ConnectorConfigTest, SaysWhatIsWrongWithAnEcho) {
  const std::pair<std::string, const char*> kCases[] = {
      {WithEcho({{"key_file: echo.key", "key_file: \"\""}}), "the key that the controller knows"},
      {WithEcho({{"echo.key", "none"}}), "/none"},
      {WithEcho({{"echo.key", "web.token"}}), "has 16 bytes and wants 32"},
      {WithEcho({{"exit/fra", "exit/ams"}}), "\"exit/ams\" is neither"},
      {WithEcho({{"exit/fra", "exit/nyc"}}), "two listeners for path \"exit/nyc\""},
      {WithEcho({{"9452", "9451"}}), "the listener of another path"},
      {WithEcho({{"127.0.0.1:9452", "127.0.0.1:0"}}), "wants a port of its own"},
      {WithEcho({{"127.0.0.1:9452", "localhost:9452"}}), "yaml:14:"},
      {WithEcho({{"exit: fra", "exit: ams"}}), "there is no exit \"ams\""},
      {WithEcho({{"[{exit: fra", "[{exit: fra, target: \"a:1\"}, {exit: fra"}}), "two targets"},
  };
  for (const auto& [yaml, words] : kCases) {
    const auto file = Read(yaml);
    EXPECT_FALSE(file.config.has_value()) << yaml;
    EXPECT_TRUE(absl::StrContains(file.findings, words)) << file.findings;
    EXPECT_FALSE(absl::StrContains(file.findings, kEchoKey));
  }
}

TEST(ConnectorConfigTest, WarnsOfAnEchoThatProvesLessThanItSeems) {
  const std::pair<std::string, const char*> kCases[] = {
      {WithEcho({{"127.0.0.1:9452", "0.0.0.0:9452"}}), "passes for healthy without the path"},
      {WithEcho({{"        - {path: edge, listen: \"127.0.0.1:9450\"}\n", ""}}),
       "no listener for path \"edge\""},
      {WithEcho({{"        - {path: exit/fra, listen: \"127.0.0.1:9452\"}\n", ""}}),
       "no listener for path \"exit/fra\""},
      {WithEcho({{"127.0.0.1:81", "127.0.0.1:80"}}), "exits nyc and fra come to the same target"},
  };
  for (const auto& [yaml, words] : kCases) {
    const auto file = Read(yaml);
    EXPECT_TRUE(file.config.has_value()) << file.findings;
    EXPECT_TRUE(absl::StrContains(file.findings, words)) << file.findings;
  }
}

}  // namespace
}  // namespace lifeboat::exitnode
