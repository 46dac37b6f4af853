#include "base/identity.h"

#include <gtest/gtest.h>

namespace lifeboat {
namespace {

TEST(IdentityTest, WritesBackWhatItRead) {
  const auto identity = ParseIdentity("spiffe://example.net/exitnode/nyc-1");
  ASSERT_TRUE(identity.ok()) << identity.status();
  EXPECT_EQ(identity->role, Role::kExitNode);
  EXPECT_EQ(identity->Uri(), "spiffe://example.net/exitnode/nyc-1");
}

TEST(IdentityTest, RefusesWhatIsNone) {
  for (const char* uri : {"", "spiffe://", "https://example.net/agent/fra",
                          "spiffe://example.net/agent", "spiffe://example.net/agent/",
                          "spiffe://example.net/root/fra", "spiffe://example.net/agent/fra/x",
                          "spiffe://example.net/agent/FRA", "spiffe://example.net/agent/../x",
                          "spiffe:///agent/fra", "spiffe://example.net/agent/-a"}) {
    EXPECT_FALSE(ParseIdentity(uri).ok()) << uri;
  }
}

TEST(IdentityTest, TakesACertificateWithTwoNamesForNobodys) {
  EXPECT_FALSE(IdentityFromUris({}).ok());
  EXPECT_FALSE(
      IdentityFromUris({"spiffe://example.net/agent/fra", "spiffe://example.net/agent/lon"}).ok());
  EXPECT_TRUE(IdentityFromUris({"spiffe://example.net/agent/fra"}).ok());
}

}  // namespace
}  // namespace lifeboat
