#include "base/grpc_status.h"

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"

namespace lifeboat {
namespace {

// "failed to connect to all addresses; last error: UNKNOWN: ipv4:192.0.2.1:7443: …"
std::string Unwrap(absl::string_view message) {
  if (!absl::ConsumePrefix(&message, "failed to connect to all addresses; last error: ")) {
    return std::string(message);
  }
  for (const absl::string_view noise : {"UNKNOWN: ", "UNAVAILABLE: ", "ipv4:", "ipv6:"}) {
    absl::ConsumePrefix(&message, noise);
  }
  std::string words = absl::StrReplaceAll(
      message,
      {{"%5B", "["},
       {"%5D", "]"},
       {"Custom verification check failed with error: ", "whoever answers there is refused: "},
       {"PERMISSION_DENIED: ", ""},
       {"UNAUTHENTICATED: ", ""}});
  if (absl::EndsWith(words, "Socket closed")) {
    absl::StrAppend(&words, " in the handshake: does it accept our certificate? Its log says why");
  }
  return words;
}

}  // namespace

grpc::Status ToGrpc(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  // status.code() has folded unknown codes into kUnknown already.
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()), std::string(status.message()));
}

absl::Status FromGrpc(const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  const bool known = status.error_code() > grpc::StatusCode::OK &&
                     status.error_code() <= grpc::StatusCode::UNAUTHENTICATED;
  const auto code =
      known ? static_cast<absl::StatusCode>(status.error_code()) : absl::StatusCode::kUnknown;
  return absl::Status(code, Unwrap(status.error_message()));
}

}  // namespace lifeboat
