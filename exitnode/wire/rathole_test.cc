#include "exitnode/wire/rathole.h"

#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace lifeboat::exitnode {
namespace {

constexpr char kToken[] = "lifeboat-test-token";

// The bytes 00 01 02 … from `first` on, as the worked examples use them.
Digest Counting(uint8_t first) {
  Digest digest;
  for (size_t i = 0; i < digest.size(); ++i) digest[i] = static_cast<uint8_t>(first + i);
  return digest;
}

template <typename Bytes>
std::string Hex(const Bytes& bytes) {
  return absl::BytesToHexString(
      absl::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

std::vector<uint8_t> FromHex(absl::string_view hex) {
  const std::string bytes = absl::HexStringToBytes(hex);
  return {bytes.begin(), bytes.end()};
}

TEST(RatholeTest, SpeaksTheBytesThatARealClientWasSeenToSpeak) {
  EXPECT_EQ(Hex(NameDigest("web")),
            "4b5e57f6eb2f42b9039b3d1e13929295f231749c510cbe341cd68036d9af97e2");
  EXPECT_EQ(Hex(Encode(Hello{Channel::kControl, NameDigest("web")})),
            "0000000001"
            "4b5e57f6eb2f42b9039b3d1e13929295f231749c510cbe341cd68036d9af97e2");
  EXPECT_EQ(Hex(Encode(Hello{Channel::kControl, Counting(0x00)})),
            "0000000001"
            "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
  EXPECT_EQ(Hex(SessionKey(kToken, Counting(0x00))),
            "fd8cc91893ca538a1cdf34a88c41e445accd52e834f53e565c12ff92d6e7dd9a");
  EXPECT_EQ(Hex(Encode(Hello{Channel::kData, SessionKey(kToken, Counting(0x00))})),
            "0100000001"
            "fd8cc91893ca538a1cdf34a88c41e445accd52e834f53e565c12ff92d6e7dd9a");
  EXPECT_EQ(Hex(NameDigest("dns")),
            "dd75a9d6fb309c4399fe425cd5f90ff95eba135d6924fb91766ee5d3726b168a");
  EXPECT_EQ(Hex(SessionKey(kToken, Counting(0x20))),
            "ede24fec60019817310d9a995db75229289301feca5156b13d754748164a7a06");
}

TEST(RatholeTest, EncodesEachWord) {
  EXPECT_EQ(Hex(Encode(Ack::kOk)), "00000000");
  EXPECT_EQ(Hex(Encode(Ack::kServiceUnknown)), "01000000");
  EXPECT_EQ(Hex(Encode(Ack::kAuthenticationFailed)), "02000000");
  EXPECT_EQ(Hex(Encode(ControlCommand::kCreateDataChannel)), "00000000");
  EXPECT_EQ(Hex(Encode(ControlCommand::kHeartbeat)), "01000000");
  EXPECT_EQ(Hex(Encode(DataCommand::kStartTcp)), "00000000");
  EXPECT_EQ(Hex(Encode(DataCommand::kStartUdp)), "01000000");
}

TEST(RatholeTest, DecodesWhatItEncodes) {
  for (const Hello& hello :
       {Hello{Channel::kControl, Counting(7)}, Hello{Channel::kData, Counting(200)}}) {
    EXPECT_EQ(*DecodeHello(Encode(hello)), hello);
  }
  EXPECT_EQ(*DecodeAck(Encode(Ack::kAuthenticationFailed)), Ack::kAuthenticationFailed);
  EXPECT_EQ(*DecodeControlCommand(Encode(ControlCommand::kHeartbeat)), ControlCommand::kHeartbeat);
  EXPECT_EQ(*DecodeDataCommand(Encode(DataCommand::kStartUdp)), DataCommand::kStartUdp);
}

TEST(RatholeTest, RefusesWhatVersionOneDoesNotKnow) {
  const std::string digest(64, 'a');
  const std::pair<std::string, const char*> kHellos[] = {
      {"", "hello of 0 bytes instead of 37"},
      {"0000000001", "hello of 5 bytes"},
      {"0000000001" + digest + "00", "hello of 38 bytes"},
      {"0200000001" + digest, "unknown hello 2"},
      {"0000000101" + digest, "unknown hello 16777216"},
      {"0000000000" + digest, "protocol version 0"},
      {"0000000002" + digest, "protocol version 2"},
  };
  for (const auto& [hex, complaint] : kHellos) {
    const auto hello = DecodeHello(FromHex(hex));
    ASSERT_FALSE(hello.ok()) << hex;
    EXPECT_THAT(std::string(hello.status().message()), testing::HasSubstr(complaint));
  }
  EXPECT_FALSE(DecodeAck(FromHex("03000000")).ok());
  EXPECT_FALSE(DecodeAck(FromHex("0000")).ok());
  EXPECT_FALSE(DecodeControlCommand(FromHex("02000000")).ok());
  EXPECT_FALSE(DecodeDataCommand(FromHex("00000001")).ok());
}

TEST(RatholeTest, ComparesDigestsWhole) {
  const Digest original = Counting(0);
  EXPECT_TRUE(SameInConstantTime(original, Counting(0)));
  for (size_t i = 0; i < original.size(); ++i) {
    Digest changed = original;
    changed[i] ^= 0x80;
    EXPECT_FALSE(SameInConstantTime(original, changed)) << "byte " << i;
  }
}

TEST(RatholeTest, DrawsAnotherNonceEachTime) { EXPECT_NE(*FreshNonce(), *FreshNonce()); }

}  // namespace
}  // namespace lifeboat::exitnode
