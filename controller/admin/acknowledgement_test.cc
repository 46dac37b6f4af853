#include "controller/admin/acknowledgement.h"

#include <string>

#include "base/status.h"
#include "controller/admin/kept_decision.h"
#include "controller/admin/testing/fake_controls.h"
#include "controller/admin/testing/snapshots.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace lifeboat::admin {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

class AcknowledgementTest : public testing::Test {
 protected:
  void Add(const std::string& id, const std::string& kind, const std::string& detail) {
    controls_.Add({.id = id,
                   .at = absl::FromUnixSeconds(1'800'000'000),
                   .service = "web",
                   .kind = kind,
                   .alarm = true,
                   .text = "told",
                   .detail = detail});
  }
  // What is kept of a decision about that move.
  static std::string About(const std::string& move) {
    ServiceSnapshot web = EdgeService("web", "DDDP", "UUUU");
    BeginMove(web, Path::Exit("nyc"), Stage::kAsking);
    web.move->id = move;
    const Snapshot snapshot = SnapshotOf({web});
    return Keep({.now = snapshot.now,
                 .wall = snapshot.wall,
                 .epoch = snapshot.epoch,
                 .service = snapshot.services.front()});
  }
  // As a person types it: one word for either.
  absl::StatusOr<v1::AckResponse> Ack(const std::string& word) {
    v1::AckRequest request;
    request.set_service(word);
    request.set_event(word);
    return Acknowledge(request, "seen", "person/anna", controls_);
  }

  FakeControls controls_{AllWell()};
};

TEST_F(AcknowledgementTest, OfAnEventTheMoveIsMeantThatItTellsOf) {
  Add("01K9T7AAAAAAAAAAAAAAAAAAA1", "done", About("01MOVE"));
  const auto response = Ack("aaaaa1");
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_THAT(response->services(), ElementsAre("web"));
  EXPECT_THAT(controls_.asked(), ElementsAre("Acknowledge web 01MOVE seen person/anna"));
}

TEST_F(AcknowledgementTest, AMoveThatDoesNotWaitIsAnError) {
  Add("01K9T7AAAAAAAAAAAAAAAAAAA1", "done", About("01MOVE"));
  controls_.Answer(absl::FailedPreconditionError("move 01MOVE of web waits for nobody"));
  EXPECT_EQ(Ack("AAAAA1").status(),
            absl::FailedPreconditionError("move 01MOVE of web waits for nobody"));
}

TEST_F(AcknowledgementTest, AnEventThatTellsOfNoMoveIsRefusedAndAsksNobody) {
  const struct {
    const char *id, *kind;
    std::string detail;
  } kCases[] = {
      {"01K9T7AAAAAAAAAAAAAAAAAAA1", "opened", ""},
      {"01K9T7AAAAAAAAAAAAAAAAAAA2", "verdict", About("01MOVE")},  // it came while one was made
      {"01K9T7AAAAAAAAAAAAAAAAAAA3", "refused", About("01MOVE")},
      {"01K9T7AAAAAAAAAAAAAAAAAAA4", "done", "in the words of an older version"},
  };
  for (const auto& one : kCases) {
    Add(one.id, one.kind, one.detail);
    const absl::Status refused = Ack(one.id).status();
    EXPECT_EQ(refused.code(), absl::StatusCode::kInvalidArgument) << one.kind;
    EXPECT_THAT(Words(refused), AllOf(HasSubstr("tells of no move"), HasSubstr(one.kind),
                                      HasSubstr("lifeboatctl ack web")));
  }
  EXPECT_THAT(controls_.asked(), ElementsAre());
}

TEST_F(AcknowledgementTest, WhatIsNeitherAServiceNorOneEventIsSaidToBeSo) {
  Add("01K9T7AAAAAAAAAAAAAAAAAAA1", "done", About("01MOVE"));
  Add("01K9T7AAAAAAAAAAAAAAAAAAA2", "done", About("01MOVF"));
  EXPECT_THAT(Words(Ack("01K9").status()), HasSubstr("give more of the id"));
  EXPECT_THAT(
      Words(Ack("wbe").status()),
      HasSubstr("neither a service nor an event \"wbe\"; did you mean the service \"web\""));
  EXPECT_THAT(Words(Ack("").status()), HasSubstr("there is no event"));
  v1::AckRequest request;
  request.set_all(true);
  request.set_event("AAAAA1");
  EXPECT_EQ(Acknowledge(request, "seen", "person/anna", controls_).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(controls_.asked(), ElementsAre());
}

}  // namespace
}  // namespace lifeboat::admin
