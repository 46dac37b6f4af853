#include "controller/dns/update_message.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_replace.h"

namespace lifeboat {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);
const std::string kWorkedExample =
    "123428000001000100020000086c696665626f61740474657374000006000103"
    "777777086c696665626f617404746573740000010001000000000004c000020a"
    "03777777086c696665626f6174047465737400000100ff000000000000037777"
    "77086c696665626f6174047465737400000100010000001e0004c6336407";

TsigSecret Key() { return TsigSecret::Make("key", "hmac-sha256", "AAECAwQFBgc=").value(); }

// What ldns itself reads in a message, one record a line.
std::string Lines(const UpdateMessage& message) {
  const std::string wire = message.ToWire(1).value();
  ldns_pkt* packet = nullptr;
  EXPECT_EQ(ldns_wire2pkt(&packet, reinterpret_cast<const uint8_t*>(wire.data()), wire.size()),
            LDNS_STATUS_OK);
  const Ldns<ldns_pkt> owned(packet);
  std::string lines;
  for (const ldns_rr_list* list : {ldns_pkt_answer(packet), ldns_pkt_authority(packet)}) {
    char* text = ldns_rr_list2str(list);
    absl::StrAppend(&lines, absl::StrReplaceAll(text, {{"\t\\# 0", ""}, {"\t", " "}}), "--\n");
    free(text);
  }
  return lines;
}

TEST(UpdateMessageTest, BuildsTheWorkedExample) {
  UpdateMessage message("lifeboat.test.");
  message.Require("www.lifeboat.test.", RrType::kA, {"192.0.2.10"});
  message.Delete("www.lifeboat.test.", RrType::kA);
  message.Add("www.lifeboat.test.", RrType::kA, absl::Seconds(30), "198.51.100.7");
  EXPECT_EQ(absl::BytesToHexString(message.ToWire(0x1234).value()), kWorkedExample);
}

TEST(UpdateMessageTest, MovesEverythingAtTheNameOrNothing) {
  const Change change{
      .hostname = "www.l.test",
      .expect = {{RecordType::kCname, "edge.test."}},
      .records = {{RecordType::kA, "192.0.2.1"}, {RecordType::kAaaa, "2001:db8::1"}},
      .ttl = absl::Seconds(30),
      .ownership = "epoch=1.2 say \"hello\\"};
  EXPECT_EQ(Lines(MessageOf("l.test.", change)),
            "www.l.test. 0 IN CNAME edge.test.\n"
            "www.l.test. 0 NONE A\n"
            "www.l.test. 0 NONE AAAA\n"
            "_lifeboat.www.l.test. 0 NONE TXT\n"
            "--\n"
            "www.l.test. 0 ANY CNAME\n"
            "www.l.test. 0 ANY A\n"
            "www.l.test. 0 ANY AAAA\n"
            "www.l.test. 30 IN A 192.0.2.1\n"
            "www.l.test. 30 IN AAAA 2001:db8::1\n"
            "_lifeboat.www.l.test. 0 ANY TXT\n"
            "_lifeboat.www.l.test. 30 IN TXT \"epoch=1.2 say \\\"hello\\\\\"\n"
            "--\n");
}

TEST(UpdateMessageTest, ClaimsWithoutTouchingTheRecords) {
  const Records records = {{RecordType::kA, "192.0.2.1"}};
  const Change change{.hostname = "www.l.test",
                      .expect = records,
                      .records = records,
                      .ttl = absl::Seconds(30),
                      .expect_ownership = "old",
                      .ownership = "new"};
  EXPECT_EQ(Lines(MessageOf("l.test.", change)),
            "www.l.test. 0 NONE CNAME\n"
            "www.l.test. 0 IN A 192.0.2.1\n"
            "www.l.test. 0 NONE AAAA\n"
            "_lifeboat.www.l.test. 0 IN TXT \"old\"\n"
            "--\n"
            "_lifeboat.www.l.test. 0 ANY TXT\n"
            "_lifeboat.www.l.test. 30 IN TXT \"new\"\n"
            "--\n");
}

TEST(UpdateMessageTest, CutsLongTextIntoStrings) {
  UpdateMessage message("l.test.");
  const std::string text(600, 'x');
  message.Add("a.l.test.", RrType::kTxt, absl::Seconds(1), text);
  const std::string wire = message.ToWire(1).value();
  EXPECT_TRUE(absl::StrContains(wire, absl::StrCat("\xff", std::string(255, 'x'), "\xff")));
  EXPECT_TRUE(absl::StrContains(wire, absl::StrCat("\x5a", std::string(90, 'x'))));
}

TEST(UpdateMessageTest, RefusesWhatIsNoNameOrNoValue) {
  const auto status_of = [](const Change& change) {
    return MessageOf("l.test.", change).ToWire(1).status();
  };
  const Change good{.hostname = "www.l.test", .records = {{RecordType::kA, "192.0.2.1"}}};
  EXPECT_TRUE(status_of(good).ok());
  Change bad = good;
  bad.hostname = "www..l.test";
  EXPECT_EQ(status_of(bad).message(), "\"_lifeboat.www..l.test\" is no DNS name");
  bad = good;
  bad.records[0].value = "192.0.2.256";
  EXPECT_EQ(status_of(bad).message(), "\"192.0.2.256\" is no value for a record of www.l.test");
}

// A signed answer with `rcode`, as the right server would send it.
std::string AnswerTo(const SignedMessage& request, int rcode) {
  std::string reply = request.wire.substr(0, 12);
  reply[2] = static_cast<char>(0xa8);
  reply[3] = static_cast<char>(rcode);
  for (int i = 4; i < 12; ++i) reply[i] = 0;
  return reply;
}

TEST(UpdateAnswerTest, ReadsOnlyAnswersToItsOwnRequest) {
  const std::string unsigned_wire = HarmlessMessage("l.test.").ToWire(0x4242).value();
  const SignedMessage request = SignMessage(Key(), unsigned_wire, kNow);
  const std::string good = AnswerTo(request, 0);
  EXPECT_TRUE(ReadUpdateAnswer(Key(), request, good, kNow).ok());
  std::string other_id = good, question = good, other_opcode = good;
  other_id[1] ^= 1;
  question[2] &= 0x7f;
  other_opcode[2] ^= 0x08;
  for (const std::string& bad : {other_id, question, other_opcode, good.substr(0, 11)}) {
    EXPECT_EQ(ReadUpdateAnswer(Key(), request, bad, kNow).status().code(),
              absl::StatusCode::kDataLoss);
  }
}

TEST(UpdateAnswerTest, BelievesOnlyRefusalsOfAServerThatDidNotSign) {
  struct Case {
    bool authentic;
    int rcode;
    TsigError error;
    PullOutcome outcome;
    absl::StatusCode code;
    const char* says;
  };
  const Case kCases[] = {
      {true, 0, TsigError::kNone, PullOutcome::kApplied, absl::StatusCode::kOk, ""},
      {false, 0, TsigError::kNone, PullOutcome::kUnknown, absl::StatusCode::kUnknown, "NOERROR"},
      {true, 3, TsigError::kNone, PullOutcome::kConflict, absl::StatusCode::kAborted, "NXDOMAIN"},
      {true, 6, TsigError::kNone, PullOutcome::kConflict, absl::StatusCode::kAborted, "YXDOMAIN"},
      {true, 7, TsigError::kNone, PullOutcome::kConflict, absl::StatusCode::kAborted, "YXRRSET"},
      {true, 8, TsigError::kNone, PullOutcome::kConflict, absl::StatusCode::kAborted, "NXRRSET"},
      {false, 8, TsigError::kNone, PullOutcome::kUnknown, absl::StatusCode::kUnknown, "NXRRSET"},
      {true, 5, TsigError::kNone, PullOutcome::kRefused, absl::StatusCode::kPermissionDenied,
       "may not do this in zone l.test."},
      {false, 5, TsigError::kNone, PullOutcome::kRefused, absl::StatusCode::kPermissionDenied,
       "PowerDNS says so"},
      {true, 2, TsigError::kNone, PullOutcome::kRefused, absl::StatusCode::kUnavailable,
       "SERVFAIL"},
      {true, 1, TsigError::kNone, PullOutcome::kRefused, absl::StatusCode::kFailedPrecondition,
       "FORMERR"},
      {false, 4, TsigError::kNone, PullOutcome::kRefused, absl::StatusCode::kFailedPrecondition,
       "takes no dynamic updates"},
      {true, 10, TsigError::kNone, PullOutcome::kRefused, absl::StatusCode::kFailedPrecondition,
       "lies outside zone l.test."},
      {true, 9, TsigError::kNone, PullOutcome::kRefused, absl::StatusCode::kPermissionDenied,
       "is not the primary of zone l.test."},
      {false, 9, TsigError::kBadSig, PullOutcome::kRefused, absl::StatusCode::kPermissionDenied,
       "the secret of key k. is not the server's"},
      {false, 9, TsigError::kBadKey, PullOutcome::kRefused, absl::StatusCode::kPermissionDenied,
       "the server knows no key k."},
      {true, 9, TsigError::kBadTime, PullOutcome::kRefused, absl::StatusCode::kPermissionDenied,
       "its clock is 16m40s ahead of ours"},
      {false, 9, TsigError::kBadTime, PullOutcome::kRefused, absl::StatusCode::kPermissionDenied,
       "too far apart"},
  };
  for (const Case& c : kCases) {
    const UpdateAnswer answer{.rcode = c.rcode,
                              .tsig = {.authentic = c.authentic,
                                       .error = c.error,
                                       .server_ahead = absl::Seconds(1000),
                                       .why_not = "it is not signed"}};
    const PullResult result = JudgeUpdateAnswer(answer, "l.test.", "k.");
    EXPECT_EQ(result.outcome, c.outcome) << c.rcode << " " << c.says;
    EXPECT_EQ(result.status.code(), c.code) << c.rcode << " " << c.says;
    EXPECT_TRUE(absl::StrContains(result.status.message(), c.says)) << result.status;
  }
}

TEST(UpdateAnswerTest, SurvivesAnyBytes) {
  const std::string unsigned_wire = HarmlessMessage("l.test.").ToWire(0x4242).value();
  const SignedMessage request = SignMessage(Key(), unsigned_wire, kNow);
  std::mt19937 random(7);
  for (int round = 0; round < 20'000; ++round) {
    std::string reply = request.wire;
    for (unsigned i = 0; i < 1 + random() % 6; ++i) {
      reply[2 + random() % (reply.size() - 2)] = static_cast<char>(random());
    }
    reply[2] |= static_cast<char>(0x80);
    reply.resize(12 + random() % (reply.size() - 11));
    const auto answer = ReadUpdateAnswer(Key(), request, reply, kNow);
    if (!answer.ok()) continue;
    EXPECT_NE(JudgeUpdateAnswer(*answer, "l.test.", "k.").outcome, PullOutcome::kApplied);
  }
}

}  // namespace
}  // namespace lifeboat
