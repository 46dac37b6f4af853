// Everything that decodes a stranger's tunnel bytes: no crash, and what decodes encodes back.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

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
    const auto& [frame, bytes] = **decoded;
    Demand(bytes > 0 && bytes <= stream.size());
    const auto encoded = EncodeUdpFrame(frame.visitor, frame.payload);
    Demand(encoded.ok());
    const auto again =
        DecodeUdpFrame({reinterpret_cast<const uint8_t*>(encoded->data()), encoded->size()});
    Demand(again.ok() && again->has_value() && (*again)->frame == frame);
    stream = stream.subspan(bytes);
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
