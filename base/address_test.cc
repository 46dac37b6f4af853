#include "base/address.h"

#include <gtest/gtest.h>

namespace lifeboat {
namespace {

TEST(IpAddressTest, WritesBackWhatItRead) {
  for (const char* text : {"192.0.2.1", "0.0.0.0", "2001:db8::1", "::1"}) {
    const auto address = IpAddress::Parse(text);
    ASSERT_TRUE(address.ok()) << address.status();
    EXPECT_EQ(address->ToString(), text);
    EXPECT_EQ(*IpAddress::FromBytes(address->ToBytes()), *address);
  }
}

TEST(IpAddressTest, TakesAMappedAddressForTheOneItMaps) {
  EXPECT_EQ(*IpAddress::Parse("::ffff:192.0.2.1"), *IpAddress::Parse("192.0.2.1"));
}

TEST(IpAddressTest, RefusesWhatIsNone) {
  for (const char* text : {"", "192.0.2", "192.0.2.1.1", "[::1]", "example.org", "::1%lo"}) {
    EXPECT_FALSE(IpAddress::Parse(text).ok()) << text;
  }
}

TEST(EndpointTest, WritesBackWhatItReadAlsoThroughASockaddr) {
  for (const char* text : {"192.0.2.1:53", "[2001:db8::1]:65535"}) {
    const auto endpoint = Endpoint::Parse(text);
    ASSERT_TRUE(endpoint.ok()) << endpoint.status();
    EXPECT_EQ(endpoint->ToString(), text);
    sockaddr_storage storage;
    endpoint->ToSockaddr(storage);
    EXPECT_EQ(*Endpoint::FromSockaddr(reinterpret_cast<sockaddr*>(&storage)), *endpoint);
  }
}

TEST(HostPortTest, RefusesAMissingOrImpossiblePort) {
  for (const char* text : {"host", "host:", ":1", "host:65536", "::1:53", "[::1]", "host:-1"}) {
    EXPECT_FALSE(HostPort::Parse(text).ok()) << text;
  }
}

}  // namespace
}  // namespace lifeboat
