#include "controller/admin/explanation.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "controller/admin/kept_decision.h"
#include "controller/admin/testing/fake_controls.h"
#include "controller/admin/testing/snapshots.h"
#include "controller/admin/text.h"
#include "controller/admin/view.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace lifeboat::admin {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class ExplanationTest : public testing::Test {
 protected:
  void Add(const std::string& id, const std::string& kind, const std::string& detail) {
    controls_.Add({.id = id,
                   .at = absl::FromUnixSeconds(1'800'000'000),
                   .service = "web",
                   .kind = kind,
                   .alarm = true,
                   .text = absl::StrCat("of kind ", kind),
                   .detail = detail});
  }
  absl::StatusOr<v1::ExplainResponse> Ask(const std::string& service, const std::string& event) {
    v1::ExplainRequest request;
    request.set_service(service);
    request.set_event(event);
    return Explain(request, MakeStatusView(AllWell(), AllWell().now), controls_);
  }
  // As a person types it: one word for either.
  std::string Text(const std::string& word) {
    const auto explanation = Ask(word, word);
    return explanation.ok() ? ExplainText(*explanation, {}) : Words(explanation.status());
  }
  // A move that a tunnel held.
  static std::string HeldByTunnel() {
    ServiceSnapshot web = EdgeService("web", "DDDP", "UUUU");
    CountHold(web, absl::Seconds(30));
    SetRule(web, "tunnel up", false, "the origin's connector is not connected to exit/nyc");
    const Snapshot snapshot = SnapshotOf({web});
    return Keep({.now = snapshot.now,
                 .wall = snapshot.wall,
                 .epoch = snapshot.epoch,
                 .service = snapshot.services.front()});
  }

  FakeControls controls_{AllWell()};
};

TEST_F(ExplanationTest, OfADecisionItShowsVotesTallyAttributionRulesAndWhatWouldHaveChangedIt) {
  Add("01K9T7AAAAAAAAAAAAAAAAAAA1", "hold", HeldByTunnel());
  const std::string text = Text("01K9T7AAAAAAAAAAAAAAAAAAA1");
  EXPECT_THAT(text, AllOf(HasSubstr("of kind hold"), HasSubstr("As it stood then"),
                          HasSubstr("AS24940 DE  weight 1  ✖ DOWN HTTP_EDGE 502"),
                          HasSubstr("– ABSTAIN panel bad"), HasSubstr("(needs ≥ 0.50)"),
                          HasSubstr("Attribution  EDGE: ")));
  EXPECT_THAT(text, AllOf(HasSubstr("● tunnel up"), HasSubstr("✔ target up"),
                          HasSubstr("Would have changed it"),
                          HasSubstr("the origin's connector connected to exit/nyc"),
                          Not(HasSubstr("Would change it"))));
}

TEST_F(ExplanationTest, AnEndOfAnIdWillDoInEitherCase) {
  Add("01K9T7AAAAAAAAAAAAAAAAAAA1", "hold", HeldByTunnel());
  Add("01K9T8BBBBBBBBBBBBBBBBBBB2", "cancel", HeldByTunnel());
  EXPECT_THAT(Text("AAAAAA1"), HasSubstr("of kind hold"));
  EXPECT_THAT(Text("aaaaaa1"), HasSubstr("of kind hold"));
  EXPECT_THAT(Text("01k9t8"), HasSubstr("of kind cancel"));
  EXPECT_TRUE(absl::IsInvalidArgument(Ask("", "01K9").status()));
  EXPECT_THAT(Text("01K9"),
              AllOf(HasSubstr("may be several events"), HasSubstr("01K9T8BBBBBBBBBBBBBBBBBBB2")));
}

TEST_F(ExplanationTest, WhereNothingWasDecidedItPrintsTheEventAndSaysSo) {
  Add("01K9T7AAAAAAAAAAAAAAAAAAA1", "opened", "");
  EXPECT_THAT(Text("AAAAAA1"),
              AllOf(HasSubstr("of kind opened"), HasSubstr("Nothing was decided there")));
}

TEST_F(ExplanationTest, TextOfAnOlderJournalIsShownAsItIs) {
  Add("01K9T7AAAAAAAAAAAAAAAAAAA1", "intent", "edge DOWN\n  fra \x1b[31mDOWN\n");
  EXPECT_THAT(Text("AAAAAA1"), AllOf(HasSubstr("  edge DOWN\n    fra \\x1B[31mDOWN\n"),
                                     Not(HasSubstr("Nothing was decided"))));
}

TEST_F(ExplanationTest, WhatIsNeitherServiceNorEventIsNotFound) {
  EXPECT_EQ(Text("webb"),
            "there is neither a service nor an event \"webb\"; did you mean the service \"web\"?");
  EXPECT_TRUE(absl::IsNotFound(Ask("webb", "webb").status()));
  EXPECT_EQ(Words(Ask("none", "").status()), "there is no service \"none\"");
  EXPECT_EQ(Words(Ask("", "01K9ZZZZ").status()), "there is no event \"01K9ZZZZ\"");
  EXPECT_TRUE(absl::IsNotFound(Ask("", "").status()));
}

TEST_F(ExplanationTest, AServiceIsMeantBeforeAnEvent) {
  Add("01K9T7AAAAAAAAAAAAAAAAAWEB", "hold", HeldByTunnel());
  EXPECT_FALSE(Ask("web", "web")->has_event());
  EXPECT_EQ(Ask("web", "web")->events_size(), 1);
}

}  // namespace
}  // namespace lifeboat::admin
