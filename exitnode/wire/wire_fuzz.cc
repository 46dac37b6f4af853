// Everything that decodes a stranger's tunnel bytes: no crash, and what decodes encodes back.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

#include "exitnode/wire/rathole.h"
#include "exitnode/wire/udp_frame.h"

namespace lifeboat::exitnode {
namespace {

void Demand(bool holds) {
  if (!holds) std::abort();
}

template <typename Decode>
void RoundTripWord(std::span<const uint8_t> bytes, Decode decode) {
  const auto value = decode(bytes);
  if (value.ok()) Demand(*decode(Encode(*value)) == *value);
}

void RoundTripUdpStream(std::span<const uint8_t> stream) {
  while (true) {
    const auto decoded = DecodeUdpFrame(stream);
    if (!decoded.ok() || !decoded->has_value()) return;
    const UdpFrame& frame = **decoded;
    Demand(frame.bytes > 0 && frame.bytes <= std::min(stream.size(), kMostUdpFrameBytes));
    std::vector<uint8_t> encoded;
    Demand(AppendUdpFrame(frame.visitor, frame.payload, encoded).ok());
    const auto again = DecodeUdpFrame(encoded);
    Demand(again.ok() && again->has_value() && (*again)->bytes == encoded.size());
    Demand((*again)->visitor == frame.visitor);
    Demand(std::ranges::equal((*again)->payload, frame.payload));
    stream = stream.subspan(frame.bytes);
  }
}

}  // namespace
}  // namespace lifeboat::exitnode

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace lifeboat::exitnode;
  const std::span<const uint8_t> bytes(data, size);
  const auto hello = DecodeHello(bytes);
  if (hello.ok()) Demand(*DecodeHello(Encode(*hello)) == *hello);
  RoundTripWord(bytes, DecodeAck);
  RoundTripWord(bytes, DecodeControlCommand);
  RoundTripWord(bytes, DecodeDataCommand);
  RoundTripUdpStream(bytes);
  return 0;
}
