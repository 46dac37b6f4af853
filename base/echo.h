#ifndef LIFEBOAT_BASE_ECHO_H_
#define LIFEBOAT_BASE_ECHO_H_

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

// The origin echo, as agent, controller and connector all compute it: a controller's seeds make a
// nonce, and only who has the key and answers for a path makes its MAC. See EchoAnswer in
// proto/lifeboat/v1/agent.proto.
namespace lifeboat {

// A seed, a nonce or a MAC.
using EchoBytes = std::array<uint8_t, 32>;

inline constexpr size_t kLeastEchoKeyBytes = 32;
inline constexpr size_t kMostEchoKeyBytes = 4096;  // of the file
inline constexpr char kUsualEchoPath[] = "/.well-known/lifeboat/echo";

// SHA-256(seeds in order ‖ counter, 8 bytes big-endian).
EchoBytes EchoNonce(std::span<const EchoBytes> seeds, uint64_t counter);

// HMAC-SHA256(key, path ‖ nonce); `path` is "edge" or "exit/<name>".
EchoBytes EchoMac(absl::string_view key, absl::string_view path, const EchoBytes& nonce);

// In a time that does not tell where they differ.
bool SameEcho(const EchoBytes& a, const EchoBytes& b);

// The key that a key file holds: its content without white space around it. INVALID_ARGUMENT where
// that is too short to be a secret; the message never shows it.
absl::StatusOr<std::string> EchoKey(absl::string_view file_content);

std::string ToHex(const EchoBytes& bytes);
// 64 lower-case hex digits and nothing else.
std::optional<EchoBytes> EchoFromHex(absl::string_view hex);
// 32 bytes and nothing else.
std::optional<EchoBytes> EchoFromBytes(absl::string_view bytes);

}  // namespace lifeboat

#endif  // LIFEBOAT_BASE_ECHO_H_
