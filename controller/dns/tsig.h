#ifndef LIFEBOAT_CONTROLLER_DNS_TSIG_H_
#define LIFEBOAT_CONTROLLER_DNS_TSIG_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

// Transaction signatures for DNS messages, RFC 8945, with the time handed in.
namespace lifeboat {

// A shared secret with a name. Never log `secret`.
struct TsigSecret {
  std::string name;       // absolute, lower-case, with a final dot
  std::string algorithm;  // "hmac-sha256." or "hmac-sha512."
  std::string secret;     // raw octets

  // `base64` as dnssec-keygen and tsig-keygen write it. INVALID_ARGUMENT says what is wrong with
  // which, never the secret itself.
  static absl::StatusOr<TsigSecret> Make(absl::string_view name, absl::string_view algorithm,
                                         absl::string_view base64);
};

// How far the clocks may be apart; customary.
constexpr absl::Duration kTsigFudge = absl::Seconds(300);

// A request as it goes out, and its MAC, which the reply's signature covers.
struct SignedMessage {
  std::string wire;
  std::string mac;
};
// `message`: wire bytes without TSIG, at least a header.
SignedMessage SignMessage(const TsigSecret& key, absl::string_view message, absl::Time now);

// Errors that a TSIG carries (RFC 8945 §3).
enum class TsigError : uint16_t {
  kNone = 0,
  kBadSig = 16,
  kBadKey = 17,
  kBadTime = 18,
  kBadTrunc = 22,
};
std::string TsigErrorName(TsigError error);  // "BADSIG", or the number

// What a reply's TSIG says, before or after it is proven.
struct TsigReply {
  bool authentic = false;  // the MAC is right: the server has our secret and answers this request
  bool present = false;    // there is a TSIG at all
  TsigError error = TsigError::kNone;
  absl::Duration server_ahead = absl::ZeroDuration();  // with kBadTime: its clock minus ours
  std::string why_not;                                 // why it is not authentic; empty if it is
};
// Reads any bytes. Nothing in a reply that is not authentic may be believed.
TsigReply VerifyReply(const TsigSecret& key, absl::string_view request_mac, absl::string_view reply,
                      absl::Time now);

}  // namespace lifeboat

#endif  // LIFEBOAT_CONTROLLER_DNS_TSIG_H_
