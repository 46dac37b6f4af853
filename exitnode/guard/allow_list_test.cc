#include "exitnode/guard/allow_list.h"

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace lifeboat::exitnode {
namespace {

using testing::ElementsAre;
using testing::Not;

IpAddress Address(absl::string_view text) { return *IpAddress::Parse(text); }
Instant At(int seconds) { return Instant::SinceBoot(absl::Seconds(seconds)); }

TEST(AllowListTest, SaysWhetherTheAddressesChanged) {
  AllowList list;
  EXPECT_TRUE(list.Admit(Address("192.0.2.1"), At(90)));
  EXPECT_FALSE(list.Admit(Address("192.0.2.1"), At(150)));
  EXPECT_TRUE(list.Admit(Address("2001:db8::1"), At(90)));
  EXPECT_TRUE(list.Withdraw(Address("192.0.2.1")));
  EXPECT_FALSE(list.Withdraw(Address("192.0.2.1")));
  EXPECT_THAT(list.Addresses(), ElementsAre(Address("2001:db8::1")));
}

TEST(AllowListTest, AnEntryEndsWithItsTimeUnlessRenewed) {
  AllowList list;
  list.Admit(Address("192.0.2.1"), At(90));
  list.Admit(Address("192.0.2.2"), At(90));
  list.Admit(Address("192.0.2.2"), At(150));
  EXPECT_FALSE(list.ForgetExpired(At(89)));
  EXPECT_TRUE(list.ForgetExpired(At(90)));
  EXPECT_THAT(list.Addresses(), ElementsAre(Address("192.0.2.2")));
}

TEST(AllowListTest, AnOlderKnockThatArrivesLateShortensNothing) {
  AllowList list;
  list.Admit(Address("192.0.2.1"), At(150));
  list.Admit(Address("192.0.2.1"), At(90));
  EXPECT_FALSE(list.ForgetExpired(At(100)));
}

TEST(AllowListTest, AFullListGivesUpTheEntryThatEndsFirst) {
  AllowList list;
  for (size_t i = 0; i < AllowList::kMostAddresses; ++i) {
    list.Admit(Address(absl::StrCat("10.0.0.", i)), At(100 + static_cast<int>(i)));
  }
  EXPECT_TRUE(list.Admit(Address("192.0.2.1"), At(1)));
  EXPECT_EQ(list.size(), AllowList::kMostAddresses);
  EXPECT_THAT(list.Addresses(), Not(testing::Contains(Address("10.0.0.0"))));
  EXPECT_THAT(list.Addresses(), testing::Contains(Address("192.0.2.1")));
}

}  // namespace
}  // namespace lifeboat::exitnode
