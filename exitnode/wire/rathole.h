#ifndef LIFEBOAT_EXITNODE_WIRE_RATHOLE_H_
#define LIFEBOAT_EXITNODE_WIRE_RATHOLE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

// The rathole tunnel protocol, version 1, as bytes: what 0.5.0 speaks over any of its transports.
// Nothing on the wire says how long a message is or which one it is: each side knows which comes
// next, reads exactly that many bytes and decodes them here.
namespace lifeboat::exitnode {

inline constexpr uint8_t kRatholeVersion = 1;

// A SHA-256: of a service's name, of token and nonce together; or a nonce, which is as long.
using Digest = std::array<uint8_t, 32>;

inline constexpr size_t kHelloBytes = 37;
inline constexpr size_t kWordBytes = 4;
using HelloBytes = std::array<uint8_t, kHelloBytes>;
using WordBytes = std::array<uint8_t, kWordBytes>;

// What a connection to the tunnel port is for.
enum class Channel : uint32_t { kControl = 0, kData = 1 };

// The first message of either kind of connection; the server's answer on a control channel too.
struct Hello {
  Channel channel = Channel::kControl;
  Digest digest{};  // control, up: of the name; control, down: the nonce; data: the session key

  friend bool operator==(const Hello&, const Hello&) = default;
};

enum class Ack : uint32_t { kOk = 0, kServiceUnknown = 1, kAuthenticationFailed = 2 };
enum class ControlCommand : uint32_t { kCreateDataChannel = 0, kHeartbeat = 1 };
enum class DataCommand : uint32_t { kStartTcp = 0, kStartUdp = 1 };

HelloBytes Encode(const Hello& hello);
WordBytes Encode(Ack ack);
WordBytes Encode(ControlCommand command);
WordBytes Encode(DataCommand command);

// INVALID_ARGUMENT, saying what was seen, where the length, the kind or the version is not one that
// version 1 knows. A peer that sends such a thing is dropped without an answer.
absl::StatusOr<Hello> DecodeHello(std::span<const uint8_t> bytes);
absl::StatusOr<Ack> DecodeAck(std::span<const uint8_t> bytes);
absl::StatusOr<ControlCommand> DecodeControlCommand(std::span<const uint8_t> bytes);
absl::StatusOr<DataCommand> DecodeDataCommand(std::span<const uint8_t> bytes);

// What a client calls a service: SHA-256 of its name.
Digest NameDigest(absl::string_view name);

// What a client proves itself with, and what its data channels then carry: SHA-256(token ‖ nonce).
Digest SessionKey(absl::string_view token, const Digest& nonce);

// 32 bytes from the system's random source.
absl::StatusOr<Digest> FreshNonce();

// Takes the same time whatever differs.
bool SameInConstantTime(const Digest& a, const Digest& b);

}  // namespace lifeboat::exitnode

#endif  // LIFEBOAT_EXITNODE_WIRE_RATHOLE_H_
