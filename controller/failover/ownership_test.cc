#include "controller/failover/ownership.h"

#include <gtest/gtest.h>

namespace lifeboat {
namespace {

TEST(OwnershipTest, ReadsWhatItWrites) {
  const Ownership kCases[] = {
      {.epoch = {1, 41}, .serves = Path::Exit("nyc"), .move = "01K9", .claim = "7f3a"},
      {.epoch = {0, 0}, .serves = Path::Edge(), .move = "", .claim = "0"},
      {.epoch = {UINT64_MAX, UINT64_MAX}, .serves = Path::Edge(), .move = "01K9", .claim = ""},
  };
  for (const Ownership& ownership : kCases) {
    const auto read = Ownership::Parse(ownership.ToString());
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(*read, ownership) << ownership.ToString();
  }
  EXPECT_EQ(kCases[0].ToString(), "epoch=1.41 serves=exit/nyc move=01K9 claim=7f3a");
  EXPECT_EQ(kCases[1].ToString(), "epoch=0.0 serves=edge move=- claim=0");
}

TEST(OwnershipTest, LeavesOtherPeoplesTextAlone) {
  for (const char* text : {
           "",
           "v=spf1 -all",
           "epoch=1.41",
           "serves=edge",
           "epoch=1 serves=edge",
           "epoch=1. serves=edge",
           "epoch=-1.2 serves=edge",
           "epoch=1.99999999999999999999 serves=edge",
           "epoch=1.2 serves=exit/",
           "epoch=1.2 serves=exit/../etc",
           "epoch=1.2 serves=moon",
           "epoch=1.2 serves=edge colour=red",
           "epoch=1.2 serves=edge epoch=9.9",
           "epoch=1.2 serves=edge serves=moon",
       }) {
    EXPECT_EQ(Ownership::Parse(text).status().code(), absl::StatusCode::kInvalidArgument) << text;
  }
}

}  // namespace
}  // namespace lifeboat
