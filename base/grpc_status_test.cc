#include "base/grpc_status.h"

#include "absl/strings/str_cat.h"
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
  const absl::Status status = FromGrpc(grpc::Status(static_cast<grpc::StatusCode>(20), "odd"));
  EXPECT_EQ(status.code(), absl::StatusCode::kUnknown);
  EXPECT_EQ(status.message(), "odd");
}

TEST(GrpcStatusTest, AConnectionThatFailedIsToldByAddressAndReason) {
  const std::pair<const char*, const char*> kCases[] = {
      {"UNKNOWN: ipv4:127.0.0.1:7443: Custom verification check failed with error: "
       "PERMISSION_DENIED: exitnode nyc lacks the role controller",
       "127.0.0.1:7443: whoever answers there is refused: exitnode nyc lacks the role controller"},
      {"UNAVAILABLE: ipv6:%5B::1%5D:7443: Socket closed",
       "[::1]:7443: Socket closed in the handshake: does it accept our certificate? Its log says "
       "why"},
      {"UNKNOWN: ipv4:127.0.0.1:7443: Failed to connect to remote host: Connection refused",
       "127.0.0.1:7443: Failed to connect to remote host: Connection refused"},
  };
  for (const auto& [grpcs, ours] : kCases) {
    const grpc::Status status(
        grpc::StatusCode::UNAVAILABLE,
        absl::StrCat("failed to connect to all addresses; last error: ", grpcs));
    EXPECT_EQ(FromGrpc(status), absl::UnavailableError(ours));
  }
  // A stream that ends so had a connection.
  EXPECT_EQ(FromGrpc({grpc::StatusCode::UNAVAILABLE, "Socket closed"}),
            absl::UnavailableError("Socket closed"));
}

}  // namespace
}  // namespace lifeboat
