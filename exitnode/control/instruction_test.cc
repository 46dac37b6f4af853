#include "exitnode/control/instruction.h"

#include "exitnode/control/to_proto.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace lifeboat::exitnode {
namespace {

constexpr char kToken[] = "a-token-of-tests";

Instruction Numbered(uint64_t generation, uint64_t revision, uint64_t sequence, bool open = false) {
  return {{generation, revision}, sequence, {{"web", kToken, {443}, open}}};
}

TEST(InstructionTest, TheHighestEpochAndWithinItTheHighestSequenceIsObeyed) {
  const std::optional<Instruction> in_force = Numbered(2, 5, 7);
  const std::pair<Instruction, Judgement> kCases[] = {
      {Numbered(2, 5, 8), Judgement::kObey},         {Numbered(2, 6, 1), Judgement::kObey},
      {Numbered(3, 1, 1), Judgement::kObey},         {Numbered(2, 5, 7), Judgement::kInForce},
      {Numbered(2, 5, 7, true), Judgement::kRefuse},  // the same number, another content
      {Numbered(2, 5, 6), Judgement::kRefuse},       {Numbered(2, 4, 99), Judgement::kRefuse},
      {Numbered(1, 99, 99), Judgement::kRefuse},
  };
  for (const auto& [next, want] : kCases) {
    const Judged judged = Judge(in_force, next);
    EXPECT_EQ(judged.judgement, want) << next.epoch.ToString() << "/" << next.sequence;
    EXPECT_EQ(judged.why.empty(), want != Judgement::kRefuse);
  }
  EXPECT_EQ(Judge(std::nullopt, Numbered(1, 1, 1)).judgement, Judgement::kObey);
}

TEST(InstructionTest, ARefusalNamesBothEpochs) {
  const Judged judged = Judge(Numbered(2, 5, 7), Numbered(1, 99, 1));
  EXPECT_THAT(judged.why, testing::AllOf(testing::HasSubstr("1.99"), testing::HasSubstr("2.5")));
}

TEST(InstructionTest, ReplayingAWholeSessionChangesNothing) {
  std::vector<Instruction> session;
  for (uint64_t i = 1; i <= 20; ++i) session.push_back(Numbered(1, i / 5 + 1, i, i % 2 == 0));
  std::optional<Instruction> in_force;
  for (const Instruction& instruction : session) {
    ASSERT_EQ(Judge(in_force, instruction).judgement, Judgement::kObey);
    in_force = instruction;
  }
  for (const Instruction& instruction : session) {
    EXPECT_NE(Judge(in_force, instruction).judgement, Judgement::kObey);
  }
}

TEST(InstructionTest, WhatCannotBeIsRefusedByName) {
  const std::pair<Instruction, const char*> kCases[] = {
      {Numbered(0, 1, 1), "epoch 0.1"},
      {Numbered(1, 0, 1), "epoch 1.0"},
      {Numbered(1, 1, 0), "sequence 0"},
      {{{1, 1}, 1, {{"", kToken, {443}}}}, "without a valid name"},
      {{{1, 1}, 1, {{"We b", kToken, {443}}}}, "without a valid name"},
      {{{1, 1}, 1, {{"web", "short", {443}}}}, "a token of 5 bytes"},
      {{{1, 1}, 1, {{"web", kToken, {}}}}, "no visitor port"},
      {{{1, 1}, 1, {{"web", kToken, {0}}}}, "a visitor port that is none"},
      {{{1, 1}, 1, {{"web", kToken, {}, false, {0}}}}, "a visitor port that is none"},
      {{{1, 1}, 1, {{"web", kToken, {443}, false, {443}}}}, "TCP and UDP ports"},
      {{{1, 1}, 1, {{"web", kToken, {1}}, {"web", kToken, {2}}}}, "\"web\" is named twice"},
  };
  for (const auto& [instruction, complaint] : kCases) {
    EXPECT_THAT(std::string(Validate(instruction).message()), testing::HasSubstr(complaint));
  }
  EXPECT_TRUE(Validate(Numbered(1, 1, 1)).ok());
}

TEST(InstructionTest, PortsOfEitherKindComeThroughTheirMessage) {
  const Instruction given{
      {1, 1}, 1, {{"web", kToken, {80, 443}, true}, {"web-udp", kToken, {}, true, {443}}}};
  const auto read = FromProto(ToProto(given));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_TRUE(*read == given);
  lifeboat::v1::ExitInstruction proto = ToProto(given);
  proto.mutable_services(1)->set_udp_ports(0, 65'536);
  EXPECT_THAT(std::string(FromProto(proto).status().message()),
              testing::HasSubstr("\"web-udp\" has a visitor port of 65536"));
}

}  // namespace
}  // namespace lifeboat::exitnode
