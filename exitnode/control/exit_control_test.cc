#include "exitnode/control/exit_control.h"

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "base/testing/capture_log.h"
#include "base/testing/fake_clock.h"
#include "exitnode/control/testing/fake_data_plane.h"
#include "exitnode/control/to_proto.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace lifeboat::exitnode {
namespace {

namespace fs = std::filesystem;
namespace pb = lifeboat::v1;
using testing::HasSubstr;

constexpr char kToken[] = "a-token-of-tests";

pb::ExitInstruction Numbered(uint64_t revision, uint64_t sequence, bool open) {
  return ToProto(Instruction{{1, revision}, sequence, {{"web", kToken, {443}, open}}});
}

class ExitControlTest : public testing::Test {
 protected:
  ExitControlTest()
      : directory_(fs::path(testing::TempDir()) /
                   testing::UnitTest::GetInstance()->current_test_info()->name()) {
    fs::remove_all(directory_);
    Restart();
  }
  // A new process over the same disk.
  void Restart() {
    plane_ = std::make_unique<FakeDataPlane>();
    control_ =
        std::make_unique<ExitControl>(InstructionStore(directory_), "1.2.3", *plane_, clock_, log_);
    control_->Begin();
  }

  const fs::path directory_;
  FakeClock clock_;
  CaptureLog log_;
  std::unique_ptr<FakeDataPlane> plane_;
  std::unique_ptr<ExitControl> control_;
};

TEST_F(ExitControlTest, ObeysAndSaysSo) {
  EXPECT_EQ(control_->Report().highest_epoch().generation(), 0u);
  EXPECT_EQ(control_->Take(Numbered(5, 1, false)), "");
  EXPECT_EQ(control_->Take(Numbered(5, 2, true)), "");
  ASSERT_EQ(plane_->services().size(), 1u);
  EXPECT_TRUE(plane_->services()[0].open);
  const pb::ExitReport report = control_->Report();
  EXPECT_EQ(report.highest_epoch().revision(), 5u);
  EXPECT_EQ(report.applied_epoch().revision(), 5u);
  EXPECT_EQ(report.applied_sequence(), 2u);
  EXPECT_EQ(report.version(), "1.2.3");
  EXPECT_EQ(report.tunnel_transport(), "tcp (clear)");
  EXPECT_EQ(report.trouble(), "");
  ASSERT_EQ(report.services_size(), 1);
  EXPECT_TRUE(report.services(0).open());
}

TEST_F(ExitControlTest, RefusesAnOlderLeaderAndChangesNothing) {
  control_->Take(Numbered(5, 9, true));
  EXPECT_THAT(control_->Take(Numbered(4, 99, false)), HasSubstr("1.4"));
  EXPECT_THAT(control_->Take(Numbered(5, 8, false)), HasSubstr("comes after 9"));
  EXPECT_EQ(control_->Take(Numbered(5, 9, true)), "") << "the very one in force";
  EXPECT_TRUE(plane_->services()[0].open);
  EXPECT_EQ(plane_->applied(), 1);
}

TEST_F(ExitControlTest, RefusesWhatCannotBe) {
  EXPECT_THAT(control_->Take(pb::ExitInstruction()), HasSubstr("epoch 0.0"));
  EXPECT_EQ(plane_->applied(), 0);
}

TEST_F(ExitControlTest, ServesOnAfterARestartWithoutAController) {
  control_->Take(Numbered(5, 2, true));
  Restart();
  ASSERT_EQ(plane_->services().size(), 1u);
  EXPECT_TRUE(plane_->services()[0].open);
  EXPECT_EQ(plane_->services()[0].token, kToken);
  EXPECT_THAT(control_->Take(Numbered(4, 99, false)), HasSubstr("lower"));
}

TEST_F(ExitControlTest, ServesFromTheCopyBeforeATornOneAndSaysSo) {
  control_->Take(Numbered(5, 1, true));
  control_->Take(Numbered(5, 2, false));
  std::ofstream(directory_ / "instructions") << "torn";
  Restart();
  ASSERT_EQ(plane_->services().size(), 1u);
  EXPECT_TRUE(plane_->services()[0].open);
  EXPECT_THAT(control_->Report().trouble(), HasSubstr("damaged"));
  EXPECT_EQ(control_->Take(Numbered(5, 3, true)), "");
  EXPECT_EQ(control_->Report().trouble(), "");
}

TEST_F(ExitControlTest, OpensEvenWhereNothingCanBeStoredAndStoresItLater) {
  std::ofstream(directory_) << "a file where the directory should be";
  EXPECT_EQ(control_->Take(Numbered(5, 1, true)), "");
  EXPECT_TRUE(plane_->services()[0].open);
  EXPECT_THAT(control_->Report().trouble(), HasSubstr("not stored"));
  fs::remove(directory_);
  EXPECT_EQ(control_->Report().trouble(), "");
  Restart();
  EXPECT_TRUE(plane_->services()[0].open);
}

TEST_F(ExitControlTest, AppliesAgainWhatTheDataPlaneMissed) {
  plane_->Break(true);
  EXPECT_EQ(control_->Take(Numbered(5, 1, true)), "");
  EXPECT_THAT(control_->Report().trouble(), HasSubstr("does not answer"));
  plane_->Break(false);
  EXPECT_EQ(control_->Report().trouble(), "");
  EXPECT_TRUE(plane_->services()[0].open);
}

TEST_F(ExitControlTest, LogsNoToken) {
  control_->Take(Numbered(5, 1, true));
  EXPECT_TRUE(log_.Contains("open=web")) << log_.Text();
  EXPECT_FALSE(log_.Contains(kToken));
}

}  // namespace
}  // namespace lifeboat::exitnode
