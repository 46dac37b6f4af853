#include "controller/dns/dns_message.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "absl/strings/escaping.h"

namespace lifeboat {
namespace {

// www.example.net A?: CNAME to Edge.test, and beside it edge.test A 192.0.2.7.
const std::string kAnswer = absl::HexStringToBytes(
    "00078400000100020000000003777777076578616d706c65036e65740000010001"
    "c00c0005000100000030000b0445646765047465737400"
    "c02d00010001000000300004c0000207");

TEST(DnsMessageTest, AsksWithoutRecursionUnlessTold) {
  std::string question = MakeQuestion("WWW.example.net", RrType::kA, false).value();
  SetMessageId(question, 0xbeef);
  EXPECT_EQ(absl::BytesToHexString(question),
            "beef000000010000000000000377777707657861"
            "6d706c65036e65740000010001");
  EXPECT_EQ(MessageId(question), 0xbeef);
  EXPECT_EQ(MakeQuestion("a.", RrType::kA, true).value()[2], 1);
  EXPECT_FALSE(MakeQuestion("a..b", RrType::kA, false).ok());
}

TEST(DnsMessageTest, ReadsRecordsInLowerCase) {
  const DnsAnswer answer = ParseAnswer(kAnswer).value();
  EXPECT_TRUE(answer.authoritative);
  EXPECT_FALSE(answer.truncated);
  EXPECT_EQ(RecordsOf("www.example.net.", answer.answers),
            (Records{{RecordType::kCname, "edge.test."}}));
  EXPECT_EQ(RecordsOf("edge.test.", answer.answers), (Records{{RecordType::kA, "192.0.2.7"}}));
}

TEST(DnsMessageTest, TakesOnlyTheReplyToItsQuestion) {
  std::string question = MakeQuestion("www.example.net", RrType::kA, false).value();
  SetMessageId(question, 7);
  EXPECT_TRUE(IsReplyTo(question, kAnswer));
  EXPECT_FALSE(IsReplyTo(question, question));  // no reply
  std::string other_name = kAnswer;
  other_name[13] = 'x';
  EXPECT_FALSE(IsReplyTo(question, other_name));
  SetMessageId(question, 8);
  EXPECT_FALSE(IsReplyTo(question, kAnswer));
  EXPECT_FALSE(IsReplyTo(question, "short"));
}

TEST(DnsMessageTest, KnowsWhatBelongsToAZone) {
  EXPECT_TRUE(IsInZone("example.net.", "example.net."));
  EXPECT_TRUE(IsInZone("a.b.example.net.", "example.net."));
  EXPECT_FALSE(IsInZone("badexample.net.", "example.net."));
  EXPECT_FALSE(IsInZone("net.", "example.net."));
}

TEST(DnsMessageTest, SurvivesAnyBytes) {
  std::mt19937 random(1);
  for (int round = 0; round < 30'000; ++round) {
    std::string bytes = round % 3 == 0 ? std::string(random() % 300, '\0') : kAnswer;
    for (unsigned i = 0; i < 1 + random() % 10 && !bytes.empty(); ++i) {
      bytes[random() % bytes.size()] = static_cast<char>(random());
    }
    if (random() % 3 == 0) bytes.resize(random() % (bytes.size() + 1));
    IsReplyTo(kAnswer, bytes);
    const auto answer = ParseAnswer(bytes);
    if (answer.ok()) RecordsOf("www.example.net.", answer->answers);
  }
}

}  // namespace
}  // namespace lifeboat
