#include "base/grpc_status.h"

#include "gtest/gtest.h"

namespace lifeboat {
namespace {

TEST(GrpcStatusTest, EveryCodeSurvivesTheWayThereAndBack) {
  for (int code = 0; code <= 16; ++code) {
    const absl::Status status(static_cast<absl::StatusCode>(code), code == 0 ? "" : "words");
    EXPECT_EQ(FromGrpc(ToGrpc(status)), status);
    EXPECT_EQ(ToGrpc(status).error_code(), code);
  }
}

TEST(GrpcStatusTest, ACodeThatAPeerMadeUpIsUnknown) {
  const absl::Status status = FromGrpc(grpc::Status(static_cast<grpc::StatusCode>(77), "odd"));
  EXPECT_EQ(status.code(), absl::StatusCode::kUnknown);
  EXPECT_EQ(status.message(), "odd");
}

}  // namespace
}  // namespace lifeboat
