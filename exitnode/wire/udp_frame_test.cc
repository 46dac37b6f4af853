#include "exitnode/wire/udp_frame.h"

#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "gtest/gtest.h"

namespace lifeboat::exitnode {
namespace {

std::vector<uint8_t> FromHex(absl::string_view hex) {
  const std::string bytes = absl::HexStringToBytes(hex);
  return {bytes.begin(), bytes.end()};
}

std::vector<uint8_t> Bytes(absl::string_view text) { return {text.begin(), text.end()}; }

std::string Text(std::span<const uint8_t> bytes) { return {bytes.begin(), bytes.end()}; }

struct Example {
  const char* visitor;
  const char* payload;
  const char* hex;
};

// Seen from a real client.
constexpr Example kExamples[] = {
    {"203.0.113.9:40000", "hello", "0c00000000cb007109409c050068656c6c6f"},
    {"[2001:db8::7]:53", "hi", "180100000020010db8000000000000000000000007350002006869"},
    {"127.0.0.1:26000", "", "0c000000007f00000190650000"},
};

TEST(UdpFrameTest, SpeaksTheBytesThatARealClientWasSeenToSpeak) {
  for (const Example& example : kExamples) {
    const Endpoint visitor = *Endpoint::Parse(example.visitor);
    std::vector<uint8_t> stream = Bytes("before");
    ASSERT_TRUE(AppendUdpFrame(visitor, Bytes(example.payload), stream).ok());
    const std::string whole = Text(stream);
    EXPECT_EQ(absl::BytesToHexString(whole.substr(6)), example.hex);
    const std::vector<uint8_t> bytes = FromHex(example.hex);
    const auto decoded = DecodeUdpFrame(bytes);
    ASSERT_TRUE(decoded.ok() && decoded->has_value()) << example.hex;
    EXPECT_EQ((*decoded)->visitor, visitor);
    EXPECT_EQ(Text((*decoded)->payload), example.payload);
    EXPECT_EQ((*decoded)->bytes, bytes.size());
  }
}

TEST(UdpFrameTest, WaitsForTheWholeFrame) {
  for (const Example& example : kExamples) {
    const auto bytes = FromHex(example.hex);
    for (size_t length = 0; length < bytes.size(); ++length) {
      const auto decoded = DecodeUdpFrame(std::span(bytes).first(length));
      ASSERT_TRUE(decoded.ok()) << decoded.status();
      EXPECT_FALSE(decoded->has_value()) << length << " bytes of " << example.hex;
    }
  }
}

TEST(UdpFrameTest, SkipsHeaderBytesBeyondTheKnownFields) {
  const std::vector<uint8_t> bytes = FromHex("0f000000007f000001906501006162637a");
  const auto decoded = DecodeUdpFrame(bytes);
  ASSERT_TRUE(decoded.ok() && decoded->has_value());
  EXPECT_EQ(Text((*decoded)->payload), "z");
}

TEST(UdpFrameTest, RefusesWhatCannotBeAFrame) {
  for (const char* hex : {"0b000000007f00000190650000", "0c020000007f00000190650000",
                          "0c000001007f00000190650000", "0c010000007f00000190650000"}) {
    EXPECT_FALSE(DecodeUdpFrame(FromHex(hex)).ok()) << hex;
  }
  std::vector<uint8_t> stream;
  EXPECT_FALSE(AppendUdpFrame(Endpoint{}, std::vector<uint8_t>(65536), stream).ok());
  EXPECT_TRUE(stream.empty());
}

}  // namespace
}  // namespace lifeboat::exitnode
