#include "exitnode/wire/rathole.h"

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "openssl/crypto.h"
#include "openssl/rand.h"
#include "openssl/sha.h"

namespace lifeboat::exitnode {
namespace {

void StoreWord(uint32_t word, uint8_t* to) {
  for (int i = 0; i < 4; ++i) to[i] = static_cast<uint8_t>(word >> (8 * i));
}

uint32_t LoadWord(const uint8_t* from) {
  uint32_t word = 0;
  for (int i = 0; i < 4; ++i) word |= static_cast<uint32_t>(from[i]) << (8 * i);
  return word;
}

WordBytes EncodeWord(uint32_t word) {
  WordBytes bytes;
  StoreWord(word, bytes.data());
  return bytes;
}

absl::Status CheckLength(absl::string_view what, size_t got, size_t want) {
  if (got == want) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(what, " of ", got, " bytes instead of ", want));
}

// The index of an enum whose values are 0 to `last`.
absl::StatusOr<uint32_t> DecodeIndex(absl::string_view what, std::span<const uint8_t> bytes,
                                     uint32_t last) {
  RETURN_IF_ERROR(CheckLength(what, bytes.size(), kWordBytes));
  const uint32_t index = LoadWord(bytes.data());
  if (index <= last) return index;
  return absl::InvalidArgumentError(absl::StrCat("unknown ", what, " ", index));
}

}  // namespace

HelloBytes Encode(const Hello& hello) {
  HelloBytes bytes;
  StoreWord(static_cast<uint32_t>(hello.channel), bytes.data());
  bytes[4] = kRatholeVersion;
  std::copy(hello.digest.begin(), hello.digest.end(), bytes.begin() + 5);
  return bytes;
}

WordBytes Encode(Ack ack) { return EncodeWord(static_cast<uint32_t>(ack)); }
WordBytes Encode(ControlCommand command) { return EncodeWord(static_cast<uint32_t>(command)); }
WordBytes Encode(DataCommand command) { return EncodeWord(static_cast<uint32_t>(command)); }

absl::StatusOr<Hello> DecodeHello(std::span<const uint8_t> bytes) {
  RETURN_IF_ERROR(CheckLength("hello", bytes.size(), kHelloBytes));
  ASSIGN_OR_RETURN(const uint32_t channel, DecodeIndex("hello", bytes.first(kWordBytes), 1));
  if (bytes[4] != kRatholeVersion) {
    return absl::InvalidArgumentError(
        absl::StrCat("hello of protocol version ", bytes[4], "; only version 1 is spoken here"));
  }
  Hello hello{.channel = static_cast<Channel>(channel)};
  std::copy(bytes.begin() + 5, bytes.end(), hello.digest.begin());
  return hello;
}

absl::StatusOr<Ack> DecodeAck(std::span<const uint8_t> bytes) {
  ASSIGN_OR_RETURN(const uint32_t index, DecodeIndex("ack", bytes, 2));
  return static_cast<Ack>(index);
}

absl::StatusOr<ControlCommand> DecodeControlCommand(std::span<const uint8_t> bytes) {
  ASSIGN_OR_RETURN(const uint32_t index, DecodeIndex("control command", bytes, 1));
  return static_cast<ControlCommand>(index);
}

absl::StatusOr<DataCommand> DecodeDataCommand(std::span<const uint8_t> bytes) {
  ASSIGN_OR_RETURN(const uint32_t index, DecodeIndex("data command", bytes, 1));
  return static_cast<DataCommand>(index);
}

Digest NameDigest(absl::string_view name) {
  Digest digest;
  SHA256(reinterpret_cast<const uint8_t*>(name.data()), name.size(), digest.data());
  return digest;
}

Digest SessionKey(absl::string_view token, const Digest& nonce) {
  const std::string both = absl::StrCat(
      token, absl::string_view(reinterpret_cast<const char*>(nonce.data()), nonce.size()));
  return NameDigest(both);
}

absl::StatusOr<Digest> FreshNonce() {
  Digest nonce;
  if (RAND_bytes(nonce.data(), static_cast<int>(nonce.size())) == 1) return nonce;
  return absl::InternalError("the system's random source gave nothing");
}

bool SameInConstantTime(const Digest& a, const Digest& b) {
  return CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace lifeboat::exitnode
