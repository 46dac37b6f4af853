#include "exitnode/guard/admission.h"

#include "gtest/gtest.h"

namespace lifeboat::exitnode {
namespace {

IpAddress Address(absl::string_view text) { return *IpAddress::Parse(text); }

TEST(AdmissionTest, BoundsEachSourceAndAllTogether) {
  Admission admission(3, 2);
  EXPECT_TRUE(admission.TryEnter(Address("192.0.2.1")));
  EXPECT_TRUE(admission.TryEnter(Address("192.0.2.1")));
  EXPECT_FALSE(admission.TryEnter(Address("192.0.2.1"))) << "the third of one source";
  EXPECT_TRUE(admission.TryEnter(Address("192.0.2.2")));
  EXPECT_FALSE(admission.TryEnter(Address("192.0.2.3"))) << "the fourth of all";
  admission.Leave(Address("192.0.2.1"));
  EXPECT_TRUE(admission.TryEnter(Address("192.0.2.3")));
  EXPECT_EQ(admission.inside(), 3);
}

TEST(AdmissionTest, CountsAnIpv6SixtyFourAsOneSource) {
  Admission admission(10, 1);
  EXPECT_TRUE(admission.TryEnter(Address("2001:db8::1")));
  EXPECT_FALSE(admission.TryEnter(Address("2001:db8::ffff:1")));
  EXPECT_TRUE(admission.TryEnter(Address("2001:db8:0:1::1")));
  admission.Leave(Address("2001:db8::ffff:1"));
  EXPECT_TRUE(admission.TryEnter(Address("2001:db8::2")));
}

TEST(AdmissionTest, AProvenSourceMayHaveMore) {
  Admission admission(10, 1);
  EXPECT_TRUE(admission.TryEnter(Address("192.0.2.1"), 1));
  EXPECT_TRUE(admission.TryEnter(Address("192.0.2.1"), 1));
  EXPECT_FALSE(admission.TryEnter(Address("192.0.2.1"), 1));
}

}  // namespace
}  // namespace lifeboat::exitnode
