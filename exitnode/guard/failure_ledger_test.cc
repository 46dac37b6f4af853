#include "exitnode/guard/failure_ledger.h"

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace lifeboat::exitnode {
namespace {

IpAddress Address(absl::string_view text) { return *IpAddress::Parse(text); }

TEST(FailureLedgerTest, CountsBySource) {
  FailureLedger ledger;
  EXPECT_EQ(ledger.Count(Address("192.0.2.1")), 1u);
  EXPECT_EQ(ledger.Count(Address("192.0.2.1")), 2u);
  EXPECT_EQ(ledger.Count(Address("192.0.2.2")), 1u);
  EXPECT_EQ(ledger.Count(Address("2001:db8::1")), 1u);
  EXPECT_EQ(ledger.Count(Address("2001:db8::2")), 2u) << "the same /64";
}

TEST(FailureLedgerTest, BeginsAnewRatherThanGrowWithoutEnd) {
  FailureLedger ledger;
  ledger.Count(Address("192.0.2.1"));
  for (size_t i = 1; i < FailureLedger::kMostSources; ++i) {
    ledger.Count(Address(absl::StrCat("10.0.", i / 256, ".", i % 256)));
  }
  EXPECT_EQ(ledger.Count(Address("192.0.2.1")), 2u);
  ledger.Count(Address("198.51.100.1"));
  EXPECT_EQ(ledger.Count(Address("192.0.2.1")), 1u);
}

TEST(FailureLedgerTest, TellsOfPowersOfTen) {
  for (const uint64_t n : {1, 10, 100, 1000}) EXPECT_TRUE(IsWorthTelling(n)) << n;
  for (const uint64_t n : {0, 2, 11, 20, 101, 110}) EXPECT_FALSE(IsWorthTelling(n)) << n;
}

}  // namespace
}  // namespace lifeboat::exitnode
