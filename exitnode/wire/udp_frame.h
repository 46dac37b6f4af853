#ifndef LIFEBOAT_EXITNODE_WIRE_UDP_FRAME_H_
#define LIFEBOAT_EXITNODE_WIRE_UDP_FRAME_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/address.h"

namespace lifeboat::exitnode {

// One datagram on a rathole data channel. The address is the visitor's, in both directions.
struct UdpFrame {
  Endpoint visitor;
  std::string payload;  // at most 65,535 bytes; may be empty

  friend bool operator==(const UdpFrame&, const UdpFrame&) = default;
};

// INVALID_ARGUMENT where the payload is longer than its length field can say.
absl::StatusOr<std::string> EncodeUdpFrame(const Endpoint& visitor, absl::string_view payload);

// A whole frame and how many bytes of the stream it took.
struct DecodedUdpFrame {
  UdpFrame frame;
  size_t bytes = 0;
};

// The frame at the head of `stream`; nothing while it is not whole. A header may be longer than its
// known fields; what is beyond them is skipped. INVALID_ARGUMENT: this channel cannot be read on.
absl::StatusOr<std::optional<DecodedUdpFrame>> DecodeUdpFrame(std::span<const uint8_t> stream);

}  // namespace lifeboat::exitnode

#endif  // LIFEBOAT_EXITNODE_WIRE_UDP_FRAME_H_
