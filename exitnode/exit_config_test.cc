#include "exitnode/exit_config.h"

#include <filesystem>
#include <fstream>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace lifeboat::exitnode {
namespace {

namespace fs = std::filesystem;

constexpr char kLeast[] =
    "identity: {ca: ca.pem, certificate: /etc/nyc.pem, key: nyc.key}\n"
    "controllers: [\"c.test:7443\"]\n";

ExitConfigFile Read(const std::string& yaml) {
  const std::string path = absl::StrCat(testing::TempDir(), "/exitnode.yaml");
  std::ofstream(path) << yaml;
  auto file = ReadExitConfig(path);
  EXPECT_TRUE(file.ok()) << file.status();
  return *std::move(file);
}

TEST(ExitConfigTest, TwoLinesAreEnough) {
  const auto file = Read(kLeast);
  ASSERT_TRUE(file.config.has_value()) << file.findings;
  EXPECT_EQ(file.findings, "");
  EXPECT_EQ(file.config->state_directory, "/var/lib/lifeboat");
  EXPECT_EQ(file.config->tunnel.ToString(), "[::]:2333");
  EXPECT_EQ(file.config->knock.ToString(), "[::]:7444");
  EXPECT_EQ(file.config->visitor_addresses, std::vector{*IpAddress::Parse("::")});
  EXPECT_EQ(file.config->http, "127.0.0.1:9441");
  EXPECT_EQ(file.config->identity.certificate, "/etc/nyc.pem");
  EXPECT_EQ(fs::path(file.config->identity.key), fs::path(testing::TempDir()) / "nyc.key")
      << "relative paths are beside the file";
}

TEST(ExitConfigTest, TakesWhatIsGiven) {
  const auto file = Read(absl::StrCat(kLeast,
                                      "state_directory: state\ntunnel: \"192.0.2.1:2000\"\n"
                                      "knock: \"[2001:db8::1]:3000\"\nhttp: off\n"
                                      "visitor_addresses: [192.0.2.1, \"2001:db8::1\"]\n"));
  ASSERT_TRUE(file.config.has_value()) << file.findings;
  EXPECT_EQ(fs::path(file.config->state_directory), fs::path(testing::TempDir()) / "state");
  EXPECT_EQ(file.config->tunnel.port, 2000);
  EXPECT_EQ(file.config->knock.ToString(), "[2001:db8::1]:3000");
  EXPECT_EQ(file.config->visitor_addresses.size(), 2u);
  EXPECT_EQ(file.config->http, "");
}

TEST(ExitConfigTest, SaysWhatIsWrongAndWhere) {
  const std::pair<std::string, const char*> kCases[] = {
      {"controllers: [\"c.test:7443\"]\n", "identity.ca is missing"},
      {"identity: {ca: a, certificate: b, key: c}\n", "controllers is missing"},
      {absl::StrCat(kLeast, "tunnel: 2333\n"), "exitnode.yaml:3:"},
      {absl::StrCat(kLeast, "knock: everywhere\n"), "exitnode.yaml:3:"},
      {absl::StrCat(kLeast, "visitor_addresses: [eth0]\n"), "exitnode.yaml:3:"},
      {absl::StrCat(kLeast, "visitor_addresses: [\"::\", \"::\"]\n"), "listed twice"},
      {absl::StrCat(kLeast, "http: everywhere\n"), "exitnode.yaml:3:"},
      {absl::StrCat(kLeast, "tunel: 5\n"), "tunel"},
  };
  for (const auto& [yaml, words] : kCases) {
    const auto file = Read(yaml);
    EXPECT_FALSE(file.config.has_value()) << yaml;
    EXPECT_TRUE(absl::StrContains(file.findings, words)) << file.findings;
  }
}

}  // namespace
}  // namespace lifeboat::exitnode
