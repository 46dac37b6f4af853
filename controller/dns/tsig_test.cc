#include "controller/dns/tsig.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace lifeboat {
namespace {

// The worked example: its MACs were verified by ldns, and BIND, Knot and PowerDNS took its code.
const std::string kUnsigned = absl::HexStringToBytes(
    "123428000001000100020000086c696665626f61740474657374000006000103"
    "777777086c696665626f617404746573740000010001000000000004c000020a"
    "03777777086c696665626f6174047465737400000100ff000000000000037777"
    "77086c696665626f6174047465737400000100010000001e0004c6336407");
const std::string kSigned = absl::HexStringToBytes(
    "123428000001000100020001086c696665626f61740474657374000006000103"
    "777777086c696665626f617404746573740000010001000000000004c000020a"
    "03777777086c696665626f6174047465737400000100ff000000000000037777"
    "77086c696665626f6174047465737400000100010000001e0004c63364070c6c"
    "696665626f61742d6b65790000fa00ff00000000003d0b686d61632d73686132"
    "35360000006553f100012c0020fddca6b1831e547d9c1dc67d6dc75ca5a70acb"
    "51c7f00e527c376a5f49838f8b123400000000");
const std::string kMac =
    absl::HexStringToBytes("fddca6b1831e547d9c1dc67d6dc75ca5a70acb51c7f00e527c376a5f49838f8b");
const std::string kNoError = absl::HexStringToBytes(
    "1234a8000001000000000001086c696665626f6174047465737400000600010c"
    "6c696665626f61742d6b65790000fa00ff00000000003d0b686d61632d736861"
    "3235360000006553f101012c00207e27c2228d89b249f6645a10468c31d13a47"
    "d376469336711449cb1b3f86e68e123400000000");
const std::string kNxRrset = absl::HexStringToBytes(
    "1234a8080001000000000001086c696665626f6174047465737400000600010c"
    "6c696665626f61742d6b65790000fa00ff00000000003d0b686d61632d736861"
    "3235360000006553f101012c0020752cc5441c29bb7cd9b6a00f4adb7c7fe69d"
    "e4df6e30a407b82d5ac72af23681123400000000");
const std::string kBadTime = absl::HexStringToBytes(
    "1234a8090001000000000001086c696665626f6174047465737400000600010c"
    "6c696665626f61742d6b65790000fa00ff0000000000430b686d61632d736861"
    "3235360000006553f100012c002035b8d2f45901221deb5ef67bdcabd9f11c13"
    "518e8befe6487c239845be17809412340012000600006553f4e8");

const absl::Time kSignedAt = absl::FromUnixSeconds(1'700'000'000);

TsigSecret Key() {
  return TsigSecret::Make("Lifeboat-Key", "hmac-sha256",
                          "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")
      .value();
}

TEST(TsigTest, SignsTheWorkedExample) {
  const SignedMessage message = SignMessage(Key(), kUnsigned, kSignedAt);
  EXPECT_EQ(absl::BytesToHexString(message.mac), absl::BytesToHexString(kMac));
  EXPECT_EQ(absl::BytesToHexString(message.wire), absl::BytesToHexString(kSigned));
}

TEST(TsigTest, BelievesTheWorkedReplies) {
  for (const std::string& reply : {kNoError, kNxRrset}) {
    const TsigReply judged = VerifyReply(Key(), kMac, reply, kSignedAt);
    EXPECT_TRUE(judged.authentic) << judged.why_not;
    EXPECT_EQ(judged.error, TsigError::kNone);
  }
}

TEST(TsigTest, ReadsTheSkewFromBadTime) {
  const TsigReply judged = VerifyReply(Key(), kMac, kBadTime, kSignedAt);
  EXPECT_TRUE(judged.authentic) << judged.why_not;
  EXPECT_EQ(judged.error, TsigError::kBadTime);
  EXPECT_EQ(judged.server_ahead, absl::Seconds(1000));
}

// The original ID counts instead of the header's, so those two octets alone may differ.
TEST(TsigTest, RefusesEveryFlippedBit) {
  for (const std::string& reply : {kNoError, kNxRrset, kBadTime}) {
    for (size_t bit = 16; bit < reply.size() * 8; ++bit) {
      std::string flipped = reply;
      flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ 1 << bit % 8);
      // Names are signed in lower case.
      if (absl::AsciiStrToLower(flipped) == absl::AsciiStrToLower(reply)) continue;
      EXPECT_FALSE(VerifyReply(Key(), kMac, flipped, kSignedAt).authentic) << "bit " << bit;
    }
  }
}

TEST(TsigTest, RefusesAReplyToAnotherRequest) {
  EXPECT_FALSE(VerifyReply(Key(), "", kNoError, kSignedAt).authentic);
  EXPECT_FALSE(VerifyReply(Key(), std::string(32, 'x'), kNoError, kSignedAt).authentic);
}

TEST(TsigTest, RefusesAnotherClock) {
  const absl::Time kReplied = kSignedAt + absl::Seconds(1);
  EXPECT_TRUE(VerifyReply(Key(), kMac, kNoError, kReplied + absl::Seconds(300)).authentic);
  const TsigReply late = VerifyReply(Key(), kMac, kNoError, kReplied + absl::Seconds(301));
  EXPECT_FALSE(late.authentic);
  EXPECT_EQ(late.why_not, "it was signed 301 s away from our clock");
  EXPECT_FALSE(VerifyReply(Key(), kMac, kNoError, kReplied - absl::Seconds(301)).authentic);
}

TEST(TsigTest, RefusesAnotherKey) {
  TsigSecret other = Key();
  other.name = "other-key.";
  EXPECT_FALSE(VerifyReply(other, kMac, kNoError, kSignedAt).authentic);
  other = Key();
  other.algorithm = "hmac-sha512.";
  EXPECT_FALSE(VerifyReply(other, kMac, kNoError, kSignedAt).authentic);
  other = Key();
  other.secret[0] ^= 1;
  EXPECT_FALSE(VerifyReply(other, kMac, kNoError, kSignedAt).authentic);
}

TEST(TsigTest, SeesThatAReplyIsNotSigned) {
  const TsigReply none = VerifyReply(Key(), kMac, kUnsigned, kSignedAt);
  EXPECT_FALSE(none.authentic);
  EXPECT_FALSE(none.present);
  // BADSIG as BIND sends it: a TSIG whose MAC has no octets.
  const std::string empty_mac = absl::StrCat(
      kNoError.substr(0, 53), absl::HexStringToBytes("001d0b686d61632d7368613235360000006553f101"
                                                     "012c0000123400100000"));
  const TsigReply judged = VerifyReply(Key(), kMac, empty_mac, kSignedAt);
  EXPECT_TRUE(judged.present);
  EXPECT_FALSE(judged.authentic);
  EXPECT_EQ(judged.error, TsigError::kBadSig);
  EXPECT_EQ(judged.why_not, "it is not signed");
}

TEST(TsigTest, SurvivesAnyBytes) {
  std::mt19937 random(20240229);
  for (int round = 0; round < 20'000; ++round) {
    std::string reply = round % 2 == 0 ? kBadTime : std::string(random() % 200, '\0');
    const int changes = round % 2 == 0 ? 1 + static_cast<int>(random() % 8) : 200;
    for (int i = 0; i < changes && !reply.empty(); ++i) {
      reply[random() % reply.size()] = static_cast<char>(random());
    }
    if (random() % 4 == 0) reply.resize(random() % (reply.size() + 1));
    VerifyReply(Key(), kMac, reply, kSignedAt);
  }
}

TEST(TsigTest, SaysWhatIsWrongWithAKey) {
  const auto md5 = TsigSecret::Make("key", "hmac-md5", "AAEC");
  EXPECT_EQ(md5.status().message(),
            "TSIG key \"key.\": algorithm \"hmac-md5\" is not offered; use hmac-sha256 or "
            "hmac-sha512 on both sides");
  const auto garbled = TsigSecret::Make("key", "hmac-sha256.", "not base64!");
  EXPECT_EQ(garbled.status().message(),
            "TSIG key \"key.\": its secret is not base64; copy it as tsig-keygen wrote it");
  EXPECT_FALSE(TsigSecret::Make("", "hmac-sha256", "AAEC").ok());
  EXPECT_FALSE(TsigSecret::Make("a..b", "hmac-sha256", "AAEC").ok());
}

}  // namespace
}  // namespace lifeboat
