#include "exitnode/wire/udp_frame.h"

#include <netinet/in.h>

#include <iterator>
#include <limits>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/status.h"

namespace lifeboat::exitnode {
namespace {

constexpr size_t kFamilyBytes = 4, kV4Bytes = 4, kV6Bytes = 16;
constexpr size_t kV4HeaderBytes = 12;
constexpr size_t kV6HeaderBytes = 24;

uint16_t LoadShort(const uint8_t* from) { return static_cast<uint16_t>(from[0] | from[1] << 8); }

void AppendShort(size_t value, std::vector<uint8_t>& to) {
  to.push_back(static_cast<uint8_t>(value & 0xff));
  to.push_back(static_cast<uint8_t>(value >> 8 & 0xff));
}

const uint8_t* AddressOf(const sockaddr_in& address) {
  return reinterpret_cast<const uint8_t*>(&address.sin_addr);
}
const uint8_t* AddressOf(const sockaddr_in6& address) { return address.sin6_addr.s6_addr; }

// How many address bytes follow the family field.
absl::StatusOr<size_t> AddressBytes(std::span<const uint8_t> family) {
  const bool known = family[0] <= 1 && family[1] == 0 && family[2] == 0 && family[3] == 0;
  if (known) return family[0] == 0 ? kV4Bytes : kV6Bytes;
  return absl::InvalidArgumentError("a UDP frame of an unknown address family");
}

}  // namespace

absl::Status AppendUdpFrame(const Endpoint& visitor, std::span<const uint8_t> payload,
                            std::vector<uint8_t>& stream) {
  if (payload.size() > std::numeric_limits<uint16_t>::max()) {
    return absl::InvalidArgumentError(
        absl::StrCat("a datagram of ", payload.size(), " bytes does not fit a frame"));
  }
  const bool v4 = visitor.address.is_v4();
  sockaddr_storage storage{};
  visitor.ToSockaddr(storage);
  const auto* address = v4 ? AddressOf(reinterpret_cast<const sockaddr_in&>(storage))
                           : AddressOf(reinterpret_cast<const sockaddr_in6&>(storage));
  const uint8_t family[] = {static_cast<uint8_t>(v4 ? kV4HeaderBytes : kV6HeaderBytes),
                            static_cast<uint8_t>(v4 ? 0 : 1), 0, 0, 0};
  stream.insert(stream.end(), std::begin(family), std::end(family));
  stream.insert(stream.end(), address, address + (v4 ? kV4Bytes : kV6Bytes));
  AppendShort(visitor.port, stream);
  AppendShort(payload.size(), stream);
  stream.insert(stream.end(), payload.begin(), payload.end());
  return absl::OkStatus();
}

absl::StatusOr<std::optional<UdpFrame>> DecodeUdpFrame(std::span<const uint8_t> stream) {
  if (stream.empty()) return std::nullopt;
  const size_t header_bytes = stream[0];
  if (header_bytes < kV4HeaderBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("a UDP frame with a header of ", header_bytes, " bytes; the shortest has 12"));
  }
  if (stream.size() < 1 + kFamilyBytes) return std::nullopt;
  ASSIGN_OR_RETURN(const size_t address_bytes, AddressBytes(stream.subspan(1, kFamilyBytes)));
  if (address_bytes == kV6Bytes && header_bytes < kV6HeaderBytes) {
    return absl::InvalidArgumentError("a UDP frame whose header is too short for IPv6");
  }
  if (stream.size() < 1 + header_bytes) return std::nullopt;
  const uint8_t* address = stream.data() + 1 + kFamilyBytes;
  const size_t payload_bytes = LoadShort(address + address_bytes + 2);
  const size_t frame_bytes = 1 + header_bytes + payload_bytes;
  if (stream.size() < frame_bytes) return std::nullopt;

  UdpFrame frame{.bytes = frame_bytes};
  ASSIGN_OR_RETURN(frame.visitor.address,
                   IpAddress::FromBytes({reinterpret_cast<const char*>(address), address_bytes}));
  frame.visitor.port = LoadShort(address + address_bytes);
  frame.payload = stream.subspan(1 + header_bytes, payload_bytes);
  return frame;
}

}  // namespace lifeboat::exitnode
