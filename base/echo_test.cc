#include "base/echo.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace lifeboat {
namespace {

constexpr char kKey[] = "0123456789abcdef0123456789abcdef";

// 00 01 … 1f, and 32 times aa.
std::vector<EchoBytes> TwoSeeds() {
  std::vector<EchoBytes> seeds(2);
  for (size_t i = 0; i < seeds[0].size(); ++i) seeds[0][i] = static_cast<uint8_t>(i);
  seeds[1].fill(0xaa);
  return seeds;
}

// Worked with another implementation: hashlib.sha256(b''.join(seeds) + (7).to_bytes(8, 'big')).
TEST(EchoTest, MakesTheNonceFromAllSeedsAndTheCounter) {
  const std::vector<EchoBytes> seeds = TwoSeeds();
  EXPECT_EQ(ToHex(EchoNonce({}, 7)),
            "a3eb8db89fc5123ccfd49585059f292bc40a1c0d550b860f24f84efb4760fbf2");
  EXPECT_EQ(ToHex(EchoNonce({seeds.data(), 1}, 7)),
            "e198a0923e91ae578f489e5d8c96d7a51332f742c30b3dc057ff8d801147e6f4");
  EXPECT_EQ(ToHex(EchoNonce(seeds, 7)),
            "1eb8c53f356f8e26889487c0a1a137a785e91c20df233055dc7d732e208fd63a");
  EXPECT_NE(EchoNonce(seeds, 7), EchoNonce(seeds, uint64_t{7} << 56));
}

// hmac.new(key, path + nonce, hashlib.sha256).
TEST(EchoTest, AnswersForOnePathWithOneKey) {
  const EchoBytes nonce = EchoNonce(TwoSeeds(), 7);
  EXPECT_EQ(ToHex(EchoMac(kKey, "edge", nonce)),
            "54931ae07443e5c4b28279caae8dfb0b942c0a36094f4a4c26b3df2447f96ca4");
  EXPECT_EQ(ToHex(EchoMac(kKey, "exit/nyc", nonce)),
            "177e4e9516a0e04bc7354a97a7513ae8505f482f96260c4f29b685b4a4dbcdc8");
}

// Keys are of any length, and none is left over for the next answer.
TEST(EchoTest, AnswersByEachKeyAloneWhicheverWentBefore) {
  const EchoBytes nonce = EchoNonce(TwoSeeds(), 7);
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(ToHex(EchoMac(std::string(100, 'k'), "edge", nonce)),
              "ccd05431553b99ed9464667ec0b34d62856b010f93de55b0eaa511b08373f507");
    EXPECT_EQ(ToHex(EchoMac(kKey, "edge", nonce)),
              "54931ae07443e5c4b28279caae8dfb0b942c0a36094f4a4c26b3df2447f96ca4");
  }
}

TEST(EchoTest, TellsAMacThatDiffersInOneBit) {
  const EchoBytes mac = EchoMac(kKey, "edge", {});
  for (size_t i = 0; i < mac.size(); ++i) {
    EchoBytes other = mac;
    other[i] ^= 1;
    EXPECT_FALSE(SameEcho(mac, other)) << i;
  }
  EXPECT_TRUE(SameEcho(mac, EchoBytes(mac)));
}

TEST(EchoTest, ReadsSixtyFourLowerCaseDigitsAndNothingElse) {
  const EchoBytes bytes = TwoSeeds()[0];
  const std::string hex = ToHex(bytes);
  EXPECT_EQ(EchoFromHex(hex), bytes);
  for (const std::string& odd : {std::string(), hex.substr(1), hex + "0", "A" + hex.substr(1),
                                 "g" + hex.substr(1), " " + hex.substr(1), std::string(64, '\0')}) {
    EXPECT_EQ(EchoFromHex(odd), std::nullopt) << odd;
  }
  EXPECT_EQ(EchoFromBytes(std::string(31, 'x')), std::nullopt);
  EXPECT_EQ(EchoFromBytes(std::string(33, 'x')), std::nullopt);
}

TEST(EchoTest, TakesNoKeyThatCouldBeGuessedAndShowsNone) {
  EXPECT_EQ(EchoKey(std::string(kKey) + "\n").value(), kKey);
  const absl::Status refused = EchoKey("  0123456789abcdef0123456789abcde  \n").status();
  EXPECT_EQ(refused.message(), "has 31 bytes and wants 32 or more: `openssl rand -hex 32`");
}

}  // namespace
}  // namespace lifeboat
