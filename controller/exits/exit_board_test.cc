#include "controller/exits/exit_board.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "base/testing/fake_clock.h"

namespace lifeboat {
namespace {

namespace pb = lifeboat::v1;

// An exit node that obeys at once, or not at all.
class ExitBoardTest : public testing::Test {
 protected:
  ExitBoardTest()
      : board_(
            {{"nyc",
              {{.service = "web",
                .name = "web",
                .token = "a secret of 16+ bytes",
                .tcp_ports = {443}}}}},
            [this] { return epoch_; }, clock_, [this] { ++changes_; }) {}

  pb::ExitReport Report() const {
    pb::ExitReport report;
    report.mutable_highest_epoch()->set_generation(1);
    report.mutable_highest_epoch()->set_revision(highest_revision_);
    if (told_.has_epoch()) {
      *report.mutable_applied_epoch() = told_.epoch();
      report.set_applied_sequence(told_.sequence());
    }
    for (const pb::ExitService& wanted : told_.services()) {
      pb::ExitServiceReport& service = *report.add_services();
      service.set_name(wanted.name());
      service.set_open(wanted.open());
      service.set_listening(true);
      service.set_tunnel_up(true);
      service.set_upstream(pb::UPSTREAM_OUTCOME_REFUSED);
    }
    return report;
  }

  uint64_t Connect() {
    return board_.Connect("nyc", "ipv4:192.0.2.9:1", Report(),
                          [this](const pb::ExitInstruction& instruction) {
                            told_ = instruction;
                            ++tellings_;
                          });
  }

  Epoch epoch_{.generation = 1, .revision = 5};
  uint64_t highest_revision_ = 4;
  FakeClock clock_;
  std::atomic<int> changes_{0};
  pb::ExitInstruction told_;
  int tellings_ = 0;
  ExitBoard board_;
};

TEST_F(ExitBoardTest, SaysNothingUntilItKnowsWhatIsWanted) {
  Connect();
  EXPECT_EQ(tellings_, 0);
  board_.Want({{"nyc", {}}});
  EXPECT_EQ(tellings_, 1);
  EXPECT_EQ(told_.epoch().revision(), 5u);
  ASSERT_EQ(told_.services_size(), 1);
  EXPECT_FALSE(told_.services(0).open());
  board_.Want({{"nyc", {}}});
  EXPECT_EQ(tellings_, 1) << "the same again is not said again";
}

TEST_F(ExitBoardTest, TellsAnExitThatConnectsLater) {
  board_.Want({{"nyc", {"web"}}});
  EXPECT_EQ(tellings_, 0);
  Connect();
  EXPECT_EQ(tellings_, 1);
  EXPECT_TRUE(told_.services(0).open());
}

TEST_F(ExitBoardTest, NumbersInstructionsUpwards) {
  Connect();
  board_.Want({{"nyc", {}}});
  const uint64_t first = told_.sequence();
  board_.Want({{"nyc", {"web"}}});
  EXPECT_GT(told_.sequence(), first);
}

TEST_F(ExitBoardTest, DoesNotCommandAnExitThatKnowsAHigherEpoch) {
  highest_revision_ = 9;
  Connect();
  board_.Want({{"nyc", {"web"}}});
  EXPECT_EQ(tellings_, 0);
  EXPECT_EQ(board_.Statuses()["nyc"].highest_epoch.revision, 9u);
}

TEST_F(ExitBoardTest, AwaitsTheWordOfTheExitUnderOurEpoch) {
  const uint64_t stream = Connect();
  board_.Want({{"nyc", {"web"}}});
  EXPECT_EQ(board_.AwaitOpen("nyc", "web", absl::ZeroDuration()).code(),
            absl::StatusCode::kDeadlineExceeded);
  std::thread exit([&] { board_.Report("nyc", stream, Report()); });
  EXPECT_TRUE(board_.AwaitOpen("nyc", "web", absl::Seconds(30)).ok());
  exit.join();
  EXPECT_TRUE(board_.Statuses()["nyc"].services["web"].tunnel_up);
}

TEST_F(ExitBoardTest, ForgetsAnOldStreamWhenANewOneCame) {
  const uint64_t old_stream = Connect();
  Connect();
  board_.Disconnect("nyc", old_stream);
  EXPECT_TRUE(board_.Statuses()["nyc"].connected);
}

TEST_F(ExitBoardTest, TakesAnOldWordOfTheOriginForNone) {
  board_.Want({{"nyc", {}}});
  const uint64_t stream = Connect();
  board_.Report("nyc", stream, Report());
  EXPECT_EQ(board_.Statuses()["nyc"].services["web"].upstream, Upstream::kRefused);
  clock_.Advance(absl::Seconds(11));
  EXPECT_EQ(board_.Statuses()["nyc"].services["web"].upstream, Upstream::kUnknown);
}

TEST_F(ExitBoardTest, AServiceIsOpenWithAllItsPorts) {
  std::vector<ExitServiceSpec> specs(2);
  specs[0] = {.service = "web", .name = "web", .token = "a", .tcp_ports = {443}};
  specs[1] = {.service = "web", .name = "web-udp", .token = "a", .udp_ports = {443}};
  ExitBoard board(
      {{"nyc", specs}}, [this] { return epoch_; }, clock_, [] {});
  board.Want({{"nyc", {"web"}}});
  const uint64_t stream = board.Connect("nyc", "x", Report(),
                                        [this](const pb::ExitInstruction& told) { told_ = told; });
  ASSERT_EQ(told_.services_size(), 2);
  EXPECT_EQ(told_.services(1).name(), "web-udp");
  EXPECT_EQ(told_.services(1).udp_ports(0), 443u);
  EXPECT_TRUE(told_.services(1).open());
  pb::ExitReport report = Report();
  report.mutable_services(1)->set_listening(false);
  report.mutable_services(1)->set_trouble("UDP port 443: Address already in use");
  board.Report("nyc", stream, report);
  EXPECT_NE(board.AwaitOpen("nyc", "web", absl::ZeroDuration()).message().find("UDP port 443"),
            absl::string_view::npos);
  board.Report("nyc", stream, Report());
  EXPECT_TRUE(board.AwaitOpen("nyc", "web", absl::ZeroDuration()).ok());
}

TEST_F(ExitBoardTest, AServiceThatAnExitIsNotToServeIsNeverOpenThere) {
  const uint64_t stream = Connect();
  board_.Want({{"nyc", {"web", "mail"}}});
  board_.Report("nyc", stream, Report());
  EXPECT_TRUE(board_.AwaitOpen("nyc", "web", absl::ZeroDuration()).ok());
  EXPECT_FALSE(board_.AwaitOpen("nyc", "mail", absl::ZeroDuration()).ok());
}

TEST_F(ExitBoardTest, SaysWhyAnExitIsNotOpen) {
  board_.Want({{"nyc", {"web"}}});
  EXPECT_NE(board_.AwaitOpen("nyc", "web", absl::ZeroDuration()).message().find("not connected"),
            absl::string_view::npos);
  pb::ExitReport report = Report();
  report.set_refused("epoch 1.5 is lower than 1.7");
  board_.Connect("nyc", "x", report, [](const pb::ExitInstruction&) {});
  EXPECT_NE(board_.AwaitOpen("nyc", "web", absl::ZeroDuration()).message().find("lower than 1.7"),
            absl::string_view::npos);
}

}  // namespace
}  // namespace lifeboat
