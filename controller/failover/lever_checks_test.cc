#include "controller/failover/lever_checks.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "base/clock.h"
#include "base/mutex.h"
#include "controller/failover/testing/door.h"
#include "controller/failover/testing/fake_lever.h"

namespace lifeboat {
namespace {

constexpr absl::Duration kUsual = absl::Milliseconds(1);

class LeverChecksTest : public testing::Test {
 protected:
  void Start(std::vector<Lever*> levers) {
    checks_ = std::make_unique<LeverChecks>(levers, kUsual, clock_, 1, [this] { news_.Pass(); });
  }
  std::string StateOf(const Lever& lever) {
    return std::string(LeverStateName(checks_->HealthOf(lever).state));
  }

  SystemClock clock_;
  FakeZone zone_;
  FakeLever own_{"own", "test", zone_};
  FakeLever other_{"other", "test", zone_};
  Door news_{true};
  std::unique_ptr<LeverChecks> checks_;  // the last: its threads use the others
};

TEST_F(LeverChecksTest, HandsOnTheStandingAndNotWhatEachCheckFound) {
  constexpr absl::string_view kScript = ".E.EEE";  // . good, E an error
  Door begin(false), all_asked(true);
  std::string states;  // what it was taken for as each check began; the checks' thread alone
  size_t asked = 0;
  own_.OnCheck([&] {
    begin.Pass();
    absl::StrAppend(&states, StateOf(own_), " ");
    const bool good = kScript[asked++] == '.';
    own_.SetHealth({good ? LeverState::kOk : LeverState::kErr, good ? "" : "HTTP 500"});
  });
  Start({&own_});
  EXPECT_EQ(StateOf(own_), "UNCHECKED");
  EXPECT_EQ(checks_->HealthOf(own_).why, "no check of it has ended yet");
  begin.Open();
  news_.AwaitComers(2);
  EXPECT_EQ(StateOf(own_), "ERR");
  EXPECT_EQ(checks_->HealthOf(own_).why, "HTTP 500");
  EXPECT_EQ(states, "UNCHECKED OK OK OK OK OK ");
  EXPECT_EQ(news_.came(), 2) << "OK, and that it is not: nothing else is news";
  checks_.reset();  // its threads use what stands here
}

TEST_F(LeverChecksTest, AsksALeverInTroubleSeldom) {
  Door own_asked(true), other_asked(true);
  own_.SetHealth({LeverState::kDown, "no answer"});
  own_.OnCheck([&] { own_asked.Pass(); });
  other_.OnCheck([&] { other_asked.Pass(); });
  Start({&own_, &other_});
  other_asked.AwaitComers(50);
  EXPECT_LE(own_asked.came(), 3) << "30 s lie between the third and the fourth";
  EXPECT_EQ(StateOf(own_), "DOWN");
  checks_.reset();
}

TEST_F(LeverChecksTest, ACheckThatHangsHoldsUpNoOtherLever) {
  Door hangs(false), other_asked(true);
  own_.OnCheck([&] { hangs.Pass(); });
  other_.OnCheck([&] { other_asked.Pass(); });
  Start({&own_, &other_});
  hangs.AwaitComers(1);
  other_asked.AwaitComers(5);
  EXPECT_EQ(StateOf(other_), "OK");
  EXPECT_EQ(StateOf(own_), "UNCHECKED");
  hangs.Open();
  checks_.reset();
}

}  // namespace
}  // namespace lifeboat
