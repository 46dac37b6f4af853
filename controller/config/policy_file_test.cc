#include "controller/config/policy_file.h"

#include <fstream>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace lifeboat::config {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

std::string Write(absl::string_view text) {
  const std::string path = absl::StrCat(testing::TempDir(), "/policy.yaml");
  std::ofstream(path) << text;
  return path;
}

std::vector<VantageSettings> Fleet(int size) {
  std::vector<VantageSettings> vantages(static_cast<size_t>(size));
  for (int i = 0; i < size; ++i) {
    vantages[static_cast<size_t>(i)].vantage = {.name = absl::StrCat("v", i),
                                                .asn = static_cast<uint32_t>(64500 + i)};
  }
  return vantages;
}

PolicyFile Over(absl::string_view text, int fleet = 4) {
  auto file = ReadOverrulingPolicy(Write(text), Fleet(fleet), absl::Seconds(2));
  EXPECT_TRUE(file.ok()) << file.status();
  return *std::move(file);
}

Service Configured() {
  Service service;
  service.rule.filter = lifeboat::Run{.fall = 2, .rise = 2};
  service.rule.oscillation.reversals = 5;
  service.quorum.share = 0.6;
  service.safety.moves_per_day = 2;
  service.safety.edge_login = true;
  service.safety.edge_provider = "cdn";
  service.safety.maintenance.resize(1);
  return service;
}

TEST(PolicyFileTest, ReplacesWhatItGivesAndNothingElse) {
  Service service = Configured();
  Overrule(Over("quorum: {share: 0.82}\n"), service);
  EXPECT_EQ(service.quorum.share, 0.82);
  EXPECT_EQ(service.quorum.min_voters, 3) << "as a whole: the rest of it is the default";
  EXPECT_EQ(std::get<lifeboat::Run>(service.rule.filter).fall, 2);
  EXPECT_EQ(service.rule.oscillation.reversals, 5);
  EXPECT_EQ(service.safety.moves_per_day, 2);
}

TEST(PolicyFileTest, AFilterLeavesTheOscillationAsItWas) {
  Service service = Configured();
  Overrule(Over("filter: {run: {fall: 5, rise: 5}}\n"), service);
  EXPECT_EQ(std::get<lifeboat::Run>(service.rule.filter).fall, 5);
  EXPECT_EQ(service.rule.oscillation.reversals, 5);
  Overrule(Over("oscillation: {reversals: 4}\n"), service);
  EXPECT_EQ(std::get<lifeboat::Run>(service.rule.filter).fall, 5);
  EXPECT_EQ(service.rule.oscillation.reversals, 4);
}

TEST(PolicyFileTest, SafetyKeepsWhatFollowsFromTheEdgeAndTheCalendar) {
  Service service = Configured();
  Overrule(Over("safety: {moves_per_day: 9, parity: true}\n"), service);
  EXPECT_EQ(service.safety.moves_per_day, 9);
  EXPECT_TRUE(service.safety.parity);
  EXPECT_TRUE(service.safety.edge_login);
  EXPECT_EQ(service.safety.edge_provider, "cdn");
  EXPECT_EQ(service.safety.maintenance.size(), 1u);
}

TEST(PolicyFileTest, SaysWhichKeysStandThere) {
  const PolicyFile file = Over("ttl: 30s\nfilter: {preset: route53}\nhealth: {interval: 10s}\n");
  EXPECT_EQ(file.errors, 0) << file.findings;
  EXPECT_THAT(file.given, ElementsAre("ttl", "health", "filter"));
  EXPECT_EQ(file.ttl, absl::Seconds(30));
  EXPECT_EQ(file.clean_for, std::nullopt);
}

TEST(PolicyFileTest, NamesLineAndReasonOfWhatMakesNoSense) {
  const std::pair<const char*, const char*> kCases[] = {
      {"filter: {k_of_n: {k: 5, n: 4}}\n", "policy.yaml:1:"},
      {"filter: {k_of_n: {k: 5, n: 4}}\n", "k is at most n"},
      {"quorum: {share: 0.5}\nhostname: a.example.net\n", "policy.yaml:2:11: hostname is no part"},
      {"quorum: {share: 1.5}\n", "1.5 is no share"},
      {"quorum: {min_voters: 7}\n", "can never be met: there are 4 vantages"},
      {"qorum: {share: 0.5}\n", "unknown key \"qorum\""},
      {"filter: {rate: {window: 8s, minimum: 5}}\n", "with one probe each 2s"},
      {"filter: {run: {fall: 2}}\nttl: 0s\n", "policy.yaml:2:6: ttl 0s is not at least 1s"},
      {"quorum: {share: 0.5}\nfailback: {clean_for: 0s}\n", "clean_for must be above 0s"},
      {"quorum: {share: 0.5}\nintent: {expires_after: 0s}\n", "expires_after must be above 0s"},
      {"ttl: 30s\n", "nothing here judges"},
      {"", "nothing here judges"},
  };
  for (const auto& [text, want] : kCases) {
    const PolicyFile file = Over(text);
    EXPECT_GT(file.errors, 0) << text;
    EXPECT_THAT(file.findings, HasSubstr(want));
  }
}

TEST(PolicyFileTest, AQuorumThatIsNotGivenIsNotJudged) {
  EXPECT_EQ(Over("filter: {run: {fall: 5}}\n", 2).errors, 0);
  const auto whole = ReadPolicyFile(Write("filter: {run: {fall: 5}}\n"), Fleet(2));
  ASSERT_TRUE(whole.ok());
  EXPECT_THAT(whole->findings, HasSubstr("min_voters 3 (the default) can never be met"));
}

constexpr char kTwoServices[] =
    "resolvers: [9.9.9.9]\nservices:\n  - {name: web, hostname: a.example.net, quorum: {share: "
    "0.6}}\n"
    "  - {name: shop, hostname: b.example.net, quorum: {share: 0.7}, ttl: 0s}\n";

TEST(PolicyFileTest, TakesAServiceOutOfAControllersConfiguration) {
  const auto web = ReadPolicyFile(Write(kTwoServices), Fleet(4), "web");
  ASSERT_TRUE(web.ok());
  EXPECT_EQ(web->errors, 0) << web->findings;
  EXPECT_EQ(web->quorum.share, 0.6);
  const auto shop = ReadPolicyFile(Write(kTwoServices), Fleet(4), "shop");
  EXPECT_THAT(shop->findings,
              AllOf(HasSubstr("policy.yaml:4:"), HasSubstr("ttl 0s is not at least 1s")));
  const auto only = ReadPolicyFile(
      Write("services: [{name: web, hostname: a.example.net, quorum: {share: 0.8}}]\n"), Fleet(4));
  EXPECT_EQ(only->errors, 0) << only->findings;
  EXPECT_EQ(only->quorum.share, 0.8);
}

TEST(PolicyFileTest, AsksWhichServiceIsMeant) {
  const auto which = ReadPolicyFile(Write(kTwoServices), Fleet(4));
  EXPECT_GT(which->errors, 0);
  EXPECT_THAT(which->findings, HasSubstr("say it by --service: web, shop"));
  const auto none = ReadPolicyFile(Write(kTwoServices), Fleet(4), "shpo");
  EXPECT_THAT(none->findings, HasSubstr("no service \"shpo\"; did you mean \"shop\"?"));
}

TEST(PolicyFileTest, TheDefaultsAreJudgedAgainstTheFleetToo) {
  EXPECT_EQ(ReadPolicyFile("", Fleet(4))->errors, 0);
  EXPECT_THAT(ReadPolicyFile("", Fleet(2))->findings,
              AllOf(HasSubstr("the default policy:1:"),
                    HasSubstr("min_voters 3 (the default) can never be met")));
}

TEST(PolicyFileTest, FailsWhereTheFileCannotBeRead) {
  EXPECT_FALSE(ReadOverrulingPolicy("/none.yaml", Fleet(4), absl::Seconds(2)).ok());
}

}  // namespace
}  // namespace lifeboat::config
