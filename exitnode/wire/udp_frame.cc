#include "exitnode/wire/udp_frame.h"

#include <limits>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/status.h"

namespace lifeboat::exitnode {
namespace {

constexpr size_t kFamilyBytes = 4;
constexpr size_t kV4HeaderBytes = 12;
constexpr size_t kV6HeaderBytes = 24;

uint16_t LoadShort(const uint8_t* from) { return static_cast<uint16_t>(from[0] | from[1] << 8); }

std::string ShortBytes(size_t value) {
  return {static_cast<char>(value & 0xff), static_cast<char>(value >> 8 & 0xff)};
}

// How many address bytes follow the family field.
absl::StatusOr<size_t> AddressBytes(std::span<const uint8_t> family) {
  const bool known = family[0] <= 1 && family[1] == 0 && family[2] == 0 && family[3] == 0;
  if (known) return family[0] == 0 ? 4 : 16;
  return absl::InvalidArgumentError("a UDP frame of an unknown address family");
}

}  // namespace

absl::StatusOr<std::string> EncodeUdpFrame(const Endpoint& visitor, absl::string_view payload) {
  if (payload.size() > std::numeric_limits<uint16_t>::max()) {
    return absl::InvalidArgumentError(
        absl::StrCat("a datagram of ", payload.size(), " bytes does not fit a frame"));
  }
  const bool v4 = visitor.address.is_v4();
  std::string frame(1, static_cast<char>(v4 ? kV4HeaderBytes : kV6HeaderBytes));
  frame.append({static_cast<char>(v4 ? 0 : 1), 0, 0, 0});
  absl::StrAppend(&frame, visitor.address.ToBytes(), ShortBytes(visitor.port),
                  ShortBytes(payload.size()), payload);
  return frame;
}

absl::StatusOr<std::optional<DecodedUdpFrame>> DecodeUdpFrame(std::span<const uint8_t> stream) {
  if (stream.empty()) return std::nullopt;
  const size_t header_bytes = stream[0];
  if (header_bytes < kV4HeaderBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("a UDP frame with a header of ", header_bytes, " bytes; the shortest has 12"));
  }
  if (stream.size() < 1 + header_bytes) return std::nullopt;
  const auto header = stream.subspan(1, header_bytes);
  ASSIGN_OR_RETURN(const size_t address_bytes, AddressBytes(header.first(kFamilyBytes)));
  if (address_bytes == 16 && header_bytes < kV6HeaderBytes) {
    return absl::InvalidArgumentError("a UDP frame whose header is too short for IPv6");
  }
  const uint8_t* address = header.data() + kFamilyBytes;
  const size_t payload_bytes = LoadShort(address + address_bytes + 2);
  const size_t frame_bytes = 1 + header_bytes + payload_bytes;
  if (stream.size() < frame_bytes) return std::nullopt;

  DecodedUdpFrame decoded{.bytes = frame_bytes};
  ASSIGN_OR_RETURN(decoded.frame.visitor.address,
                   IpAddress::FromBytes({reinterpret_cast<const char*>(address), address_bytes}));
  decoded.frame.visitor.port = LoadShort(address + address_bytes);
  decoded.frame.payload.assign(reinterpret_cast<const char*>(stream.data() + 1 + header_bytes),
                               payload_bytes);
  return decoded;
}

}  // namespace lifeboat::exitnode
