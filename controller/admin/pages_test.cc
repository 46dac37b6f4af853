#include "controller/admin/pages.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/testing/fake_clock.h"
#include "controller/admin/page.h"
#include "controller/admin/testing/fake_controls.h"
#include "controller/admin/testing/snapshots.h"
#include "controller/admin/testing/states.h"
#include "controller/admin/text.h"
#include "controller/admin/view.h"
#include "controller/admin/words.h"
#include "gmock/gmock.h"
#include "google/protobuf/util/json_util.h"
#include "gtest/gtest.h"

namespace lifeboat::admin {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

// How often `part` occurs in `text`.
int CountOf(absl::string_view text, absl::string_view part) {
  int count = 0;
  for (size_t at = text.find(part); at != absl::string_view::npos;
       at = text.find(part, at + part.size())) {
    ++count;
  }
  return count;
}

class PagesTest : public testing::Test {
 protected:
  HttpResponse Get(const std::string& path, const std::string& accept = "") {
    return routes_.at(path)({.path = path, .accept = accept});
  }
  // As the loop would: the state is of now.
  void Show(Snapshot snapshot) {
    snapshot.now = clock_.Now();
    controls_.Show(std::move(snapshot));
  }

  FakeClock clock_;
  prometheus::Registry registry_;
  FakeControls controls_{AllWell()};
  std::map<std::string, HttpRoute> routes_ = PageRoutes(controls_, clock_, registry_);
};

TEST_F(PagesTest, TheThreeFacesSayTheSameSentences) {
  for (const State& state : AllStates()) {
    const Snapshot snapshot = state.snapshot();
    const v1::StatusView view = MakeStatusView(snapshot, snapshot.now);
    const std::string text = StatusText(view, {});
    const std::string page = StatusPage(view, {}, "style.css");
    EXPECT_THAT(text, HasSubstr(view.headline())) << state.name;
    EXPECT_THAT(page, HasSubstr(Html(view.headline()))) << state.name;
    for (const v1::ServiceView& service : view.services()) {
      EXPECT_THAT(page, HasSubstr(Html(service.next()))) << state.name;
      for (const std::string& sentence : service.summary()) {
        EXPECT_THAT(page, HasSubstr(Html(sentence))) << state.name;
      }
      for (const v1::RuleView& rule : service.rules()) {
        EXPECT_THAT(page, HasSubstr(Html(KeyWords(rule)))) << state.name;
      }
    }
  }
}

TEST_F(PagesTest, NoStateBreaksThePageNorRunsInIt) {
  for (const State& state : AllStates()) {
    const Snapshot snapshot = state.snapshot();
    const std::string page = StatusPage(MakeStatusView(snapshot, snapshot.now), {}, "style.css");
    EXPECT_THAT(page,
                AllOf(Not(HasSubstr("<img")), Not(HasSubstr("<script")), Not(HasSubstr("\x1b")),
                      Not(HasSubstr("\xE2\x80\xAE")), Not(HasSubstr(" style="))))
        << state.name;
    for (const absl::string_view tag : {"table", "tr", "td", "th", "details", "span", "li", "p"}) {
      EXPECT_EQ(
          CountOf(page, absl::StrCat("<", tag, ">")) + CountOf(page, absl::StrCat("<", tag, " ")),
          CountOf(page, absl::StrCat("</", tag, ">")))
          << state.name << " " << tag;
    }
  }
}

TEST_F(PagesTest, TheFrontIsAPageOrTheCommandLinesTable) {
  Show(AllWell());
  const HttpResponse page = Get("/", "text/html,application/xhtml+xml");
  EXPECT_THAT(page.content_type, StartsWith("text/html"));
  EXPECT_THAT(page.body, AllOf(StartsWith("<!doctype html>"), HasSubstr("<caption>"),
                               HasSubstr("scope=\"row\""), HasSubstr("tunnel in clear")));
  const HttpResponse plain = Get("/", "text/plain");
  EXPECT_THAT(plain.content_type, StartsWith("text/plain"));
  EXPECT_THAT(plain.body, StartsWith("✔ Nothing is failing."));
}

TEST_F(PagesTest, TheStateIsTheViewAsJson) {
  Show(AllWell());
  const HttpResponse json = Get("/api/v1/state");
  EXPECT_EQ(json.content_type, "application/json");
  v1::StatusView view;
  ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(json.body, &view).ok());
  EXPECT_EQ(view.SerializeAsString(),
            MakeStatusView(*controls_.Current(), clock_.Now()).SerializeAsString());
}

TEST_F(PagesTest, AliveWhileTheLoopTurns) {
  Show(AllWell());
  EXPECT_EQ(Get("/livez").status, 200);
  clock_.Advance(absl::Seconds(20));
  const HttpResponse dead = Get("/livez");
  EXPECT_EQ(dead.status, 503);
  EXPECT_THAT(dead.body, HasSubstr("the decision loop last turned 20s ago"));
}

TEST_F(PagesTest, ReadyOnlyWhenItCouldDecideAndSaysWhyNot) {
  Show(AllWell());
  EXPECT_EQ(Get("/readyz").status, 200);
  const std::pair<const char*, std::function<void(Snapshot&)>> kCases[] = {
      {"web is warming", [](Snapshot& state) { state.services[0].phase = Phase::kWarming; }},
      {"disk full", [](Snapshot& state) { state.journal = "disk full"; }},
      {"epoch 3.1", [](Snapshot& state) { state.amnesia = "exit/nyc has obeyed epoch 3.1"; }},
      {"no agent is connected",
       [](Snapshot& state) {
         for (VantageSnapshot& vantage : state.vantages) vantage.connected = false;
       }},
  };
  for (const auto& [why, spoil] : kCases) {
    Snapshot state = AllWell();
    spoil(state);
    Show(state);
    EXPECT_EQ(Get("/readyz").status, 503) << why;
    EXPECT_THAT(Get("/readyz").body, HasSubstr(why));
  }
}

TEST_F(PagesTest, MetricsSayWhatTheStateSays) {
  Show(SnapshotOf({EdgeService("web", "DDDU", "UUUU")}));
  const std::string metrics = Get("/metrics").body;
  for (const char* line : {
           "lifeboat_controller_path_verdict{path=\"edge\",service=\"web\",verdict=\"DOWN\"} 1",
           "lifeboat_controller_path_verdict{path=\"edge\",service=\"web\",verdict=\"UP\"} 0",
           "lifeboat_controller_path_down_voters{path=\"edge\",service=\"web\"} 3",
           "lifeboat_controller_service_phase{phase=\"SERVING_EDGE\",service=\"web\"} 1",
           "lifeboat_controller_exit_tunnel_up{exit=\"nyc\",service=\"web\"} 1",
           "lifeboat_controller_agent_connected{vantage=\"fra\"} 1",
           "lifeboat_controller_lever_state{lever=\"own\",state=\"OK\"} 1",
           "lifeboat_controller_journal_ok 1",
           "lifeboat_controller_epoch_revision 41",
       }) {
    EXPECT_THAT(metrics, HasSubstr(line));
  }
  // A state that is no more is taken back.
  Show(SnapshotOf({EdgeService("web", "UUUU", "UUUU")}));
  EXPECT_THAT(Get("/metrics").body,
              HasSubstr("path_verdict{path=\"edge\",service=\"web\",verdict=\"DOWN\"} 0"));
}

}  // namespace
}  // namespace lifeboat::admin
