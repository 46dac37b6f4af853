#ifndef LIFEBOAT_EXITNODE_WIRE_UDP_FRAME_H_
#define LIFEBOAT_EXITNODE_WIRE_UDP_FRAME_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/address.h"

namespace lifeboat::exitnode {

// One datagram on a rathole data channel. The address is the visitor's, in both directions.
struct UdpFrame {
  Endpoint visitor;
  std::span<const uint8_t> payload;  // at most 65,535 bytes; may be empty
  size_t bytes = 0;                  // of the stream that it takes
};

// The longest header that a peer may send, and the longest frame.
inline constexpr size_t kMostUdpFrameBytes = 1 + 255 + 65'535;

// Appends a frame to `stream`. INVALID_ARGUMENT, and nothing appended, where the payload is longer
// than its length field can say.
absl::Status AppendUdpFrame(const Endpoint& visitor, std::span<const uint8_t> payload,
                            std::vector<uint8_t>& stream);

// The frame at the head of `stream`, into which its payload points; nothing while it is not whole.
// A header may be longer than its known fields; what is beyond them is skipped. INVALID_ARGUMENT:
// this channel cannot be read on.
absl::StatusOr<std::optional<UdpFrame>> DecodeUdpFrame(std::span<const uint8_t> stream);

}  // namespace lifeboat::exitnode

#endif  // LIFEBOAT_EXITNODE_WIRE_UDP_FRAME_H_
