#include "base/grpc_log.h"

#include "base/testing/capture_log.h"
#include "base/testing/fake_clock.h"
#include "gmock/gmock.h"
#include "grpc/support/log.h"
#include "gtest/gtest.h"

namespace lifeboat {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

TEST(GrpcLogTest, ErrorsOfGrpcArriveEscapedAndTheRestDoesNot) {
  CaptureLog log;
  FakeClock clock;
  const GrpcLog grpc_log(log, clock);
  gpr_log(GPR_INFO, "chatter");
  gpr_log(GPR_ERROR, "header: %s", "x\n2026 error forged");
  gpr_log(GPR_ERROR, "No match found for server name: 127.0.0.1.");
  ASSERT_THAT(log.Lines(), SizeIs(1));
  EXPECT_THAT(log.Text(), HasSubstr("warning grpc: header: x\\n2026 error forged"));
}

TEST(GrpcLogTest, OnePlaceSpeaksOnceInTenSeconds) {
  CaptureLog log;
  FakeClock clock;
  GrpcLog grpc_log(log, clock);
  for (int i = 0; i < 5; ++i) grpc_log.Take("a.cc:1", "handshake failed");
  grpc_log.Take("b.cc:2", "other");
  EXPECT_THAT(log.Lines(), SizeIs(2));
  clock.Advance(absl::Seconds(10));
  grpc_log.Take("a.cc:1", "handshake failed");
  EXPECT_THAT(log.Lines().back(), HasSubstr("kept_back=4"));
}

}  // namespace
}  // namespace lifeboat
