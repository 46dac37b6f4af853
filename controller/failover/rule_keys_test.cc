#include "controller/failover/rule_keys.h"

#include <algorithm>

#include "controller/failover/rules.h"
#include "gtest/gtest.h"

namespace lifeboat {
namespace {

TEST(RuleKeysTest, NamesTheKeyOfEachRuleThatHoldsAndWhereItIsGiven) {
  std::vector<RuleAnswer> answers = {{.name = "hold", .ok = false, .words = "4s of 10s"},
                                     {.name = "tunnel up", .ok = false, .words = "it is down"},
                                     {.name = "not paused", .ok = false, .words = "work"},
                                     {.name = "lever", .ok = true, .words = "own is OK"}};
  NameKeys({{"quorum.hold", "web.yaml:14"}, {"levers", "web.yaml:9"}}, answers);
  EXPECT_EQ(answers[0].key, "quorum.hold");
  EXPECT_EQ(answers[0].place, "web.yaml:14");
  EXPECT_EQ(answers[1].key, "tunnel");
  EXPECT_EQ(answers[1].place, "") << "nobody knows where";
  EXPECT_EQ(answers[2].key, "") << "a person paused it, no key did";
  EXPECT_EQ(answers[3].key, "") << "it holds nothing";
  EXPECT_EQ(answers[3].place, "");
}

// A rule under a new name must not lose its key unseen.
TEST(RuleKeysTest, OnlyRulesThatNoKeySetsHaveNone) {
  std::vector<absl::string_view> without;
  std::copy_if(std::begin(kRuleNames), std::end(kRuleNames), std::back_inserter(without),
               [](absl::string_view rule) { return KeyOfRule(rule).empty(); });
  EXPECT_EQ(without, (std::vector<absl::string_view>{"epoch", "journal", "not stopped",
                                                     "not paused", "attribution"}));
}

}  // namespace
}  // namespace lifeboat
