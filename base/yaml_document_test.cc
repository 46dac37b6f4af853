#include "base/yaml_document.h"

#include <gtest/gtest.h>

#include <random>

#include "base/duration_text.h"
#include "base/nearest.h"
#include "proto/lifeboat/v1/config.pb.h"

namespace lifeboat {
namespace {

namespace pb = lifeboat::v1;

TEST(YamlDocumentTest, ReadsWhatTheSchemaKnows) {
  pb::ControllerConfig config;
  const YamlDocument document = YamlDocument::Read("c.yaml", R"(
listen: {grpc: "[::]:7443"}
resolvers: [9.9.9.9, 193.110.81.0]
vantages:
  - {name: fra, asn: 24940, country: DE, weight: 1.5}
services:
  - name: web
    ttl: 1h30m
    edge: {records: [{type: cname, value: app.edge.test.}]}
    health: {interval: 2s, timeout: 1500ms, refused_is_down: true}
    filter: {k_of_n: {k: 3, n: 4}}
)",
                                                   config);
  EXPECT_EQ(document.Render(), "");
  EXPECT_EQ(config.resolvers(1), "193.110.81.0");
  EXPECT_EQ(config.vantages(0).weight(), 1.5);
  EXPECT_EQ(config.services(0).ttl().seconds(), 5400);
  EXPECT_EQ(config.services(0).edge().records(0).type(), pb::RECORD_TYPE_CNAME);
  EXPECT_EQ(config.services(0).health().timeout().nanos(), 500'000'000);
  EXPECT_TRUE(config.services(0).health().refused_is_down());
  EXPECT_TRUE(document.Given("services[0].health.interval"));
  EXPECT_FALSE(document.Given("services[0].hostname"));
}

TEST(YamlDocumentTest, PointsAtTheLineAndAtTheLikelyThought) {
  pb::ControllerConfig config;
  YamlDocument document = YamlDocument::Read("controller.yaml",
                                             "services:\n"
                                             "  - name: web\n"
                                             "    hostnme: app.example.net\n"
                                             "    ttl: 30\n",
                                             config);
  document.Warning("services[0].levers", "web has no lever");
  EXPECT_EQ(document.Render(),
            "controller.yaml:2:5: warning: web has no lever\n"
            "    2 |   - name: web\n"
            "      |     ^\n"
            "controller.yaml:3:5: unknown key \"hostnme\" in services[0]; did you mean "
            "\"hostname\"?\n"
            "    3 |     hostnme: app.example.net\n"
            "      |     ^^^^^^^\n"
            "controller.yaml:4:10: ttl wants a unit: 30s, 5m, 1h\n"
            "    4 |     ttl: 30\n"
            "      |          ^^\n"
            "2 errors, 1 warning\n");
}

TEST(YamlDocumentTest, FindsEachMistake) {
  const std::pair<const char*, const char*> kCases[] = {
      {"resolvers: 9.9.9.9", "resolvers wants a list: [9.9.9.9]"},
      {"listen: 5", "listen wants keys and values"},
      {"listen:", "listen is empty"},
      {"listen: {grpc: a, grpc: b}", "key \"grpc\" is there twice in listen"},
      {"services: [{ttl: -5s}]", "ttl wants a unit"},
      {"services: [{ttl: 5 parsecs}]", "ttl wants a unit"},
      {"services: [{edge: {port: -1}}]", "port wants a whole number from 0 up, not \"-1\""},
      {"services: [{edge: {port: 70000000000}}]", "port wants a whole number"},
      {"services: [{edge: {records: [{type: MX}]}}]", "type wants one of A, AAAA, CNAME"},
      {"services: [{quorum: {share: half}}]", "share wants a number"},
      {"services: [{quorum: {share: nan}}]", "share wants a number"},
      {"services: [{health: {refused_is_down: yes}}]", "refused_is_down wants true or false"},
      {"services: [{name: {a: b}}]", "name wants a single value"},
      {"[1, 2]", "the document wants keys and values"},
      {"a: [", "this is not YAML"},
      {"listen: {}\n---\nlisten: {}", "a second document begins"},
      {"? [a]\n: b", "a key is a word"},
      {"\t- x", "this is not YAML"},
  };
  for (const auto& [text, want] : kCases) {
    pb::ControllerConfig config;
    const YamlDocument document = YamlDocument::Read("f", text, config);
    EXPECT_EQ(document.errors(), 1) << text << "\n" << document.Render();
    EXPECT_NE(document.Render().find(want), std::string::npos) << text << "\n" << document.Render();
  }
}

TEST(YamlDocumentTest, BearsFilesThatAreMadeToHurt) {
  std::string laughs = "a: &a [x, x, x, x, x, x, x, x, x, x]\n";
  for (char c = 'b'; c <= 'i'; ++c) {
    const std::string last(1, static_cast<char>(c - 1));
    laughs += std::string(1, c) + ": &" + c + " [";
    for (int i = 0; i < 10; ++i) laughs += "*" + last + ",";
    laughs += "]\n";
  }
  const std::string deep = "services: " + std::string(5000, '[');
  for (const std::string& text : {laughs + "resolvers: *i\n", deep, std::string(2 << 20, 'a')}) {
    pb::ControllerConfig config;
    EXPECT_GT(YamlDocument::Read("f", text, config).errors(), 0);
  }
}

TEST(YamlDocumentTest, NeverThrowsAtRandomBytes) {
  std::mt19937 random(11);
  const std::string alphabet = "services: [{name-\n \t\"'&*!|>%@`,}]#?:0\x01\xff";
  for (int round = 0; round < 3000; ++round) {
    std::string text;
    for (unsigned i = random() % 200; i > 0; --i) text += alphabet[random() % alphabet.size()];
    pb::ControllerConfig config;
    YamlDocument::Read("f", text, config).Render();
  }
}

TEST(YamlDocumentTest, SaysWhereAKeyIsGiven) {
  pb::ControllerConfig config;
  const auto document = YamlDocument::Read("/etc/lifeboat/c.yaml",
                                           "services:\n  - name: web\n    quorum:\n"
                                           "      hold: 10s\n    exits: [nyc]\n",
                                           config);
  EXPECT_EQ(document.PlaceOf("services[0].quorum.hold"), "c.yaml:4");
  EXPECT_EQ(document.PlaceOf("services[0].exits"), "c.yaml:5");
  EXPECT_EQ(document.PlaceOf("services[0].quorum.share"), "") << "it is not there";
}

TEST(YamlDocumentTest, SaysWhyAFileCannotBeRead) {
  pb::ControllerConfig config;
  const auto document = YamlDocument::Load("/nowhere/c.yaml", config);
  EXPECT_EQ(document.status().code(), absl::StatusCode::kNotFound);
  EXPECT_NE(document.status().message().find("/nowhere/c.yaml"), absl::string_view::npos);
  EXPECT_EQ(YamlDocument::Load("/dev/zero", config).status().code(), absl::StatusCode::kOutOfRange);
  EXPECT_FALSE(YamlDocument::Load("/tmp", config).ok());
}

TEST(NearestWordTest, FindsSlipsAndNothingElse) {
  const std::vector<std::string> known = {"hostname", "health", "exits"};
  EXPECT_EQ(NearestWord("hostnme", known), "hostname");
  EXPECT_EQ(NearestWord("hotsname", known), "hostname");
  EXPECT_EQ(NearestWord("exit", known), "exits");
  EXPECT_EQ(NearestWord("colour", known), "");
}

TEST(DurationTextTest, DemandsAUnit) {
  EXPECT_EQ(ParseDurationText("1h30m"), absl::Minutes(90));
  EXPECT_EQ(ParseDurationText("0.5s"), absl::Milliseconds(500));
  EXPECT_EQ(ParseDurationText("1d"), absl::Hours(24));
  EXPECT_EQ(ParseDurationText("0s"), absl::ZeroDuration());
  for (const char* text : {"", "30", "s", "-1s", "1x", "1s2", "1..2s", "9999999999h", "1 s"}) {
    EXPECT_FALSE(ParseDurationText(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace lifeboat
