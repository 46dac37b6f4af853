#include "base/address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/status.h"

namespace lifeboat {
namespace {

constexpr std::array<uint8_t, 12> kMappedPrefix = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

}  // namespace

absl::StatusOr<IpAddress> IpAddress::Parse(absl::string_view text) {
  const std::string terminated(text);
  std::array<char, 16> bytes{};
  if (inet_pton(AF_INET, terminated.c_str(), bytes.data()) == 1) {
    return FromBytes(absl::string_view(bytes.data(), 4));
  }
  if (inet_pton(AF_INET6, terminated.c_str(), bytes.data()) == 1) {
    return FromBytes(absl::string_view(bytes.data(), 16));
  }
  return absl::InvalidArgumentError(
      absl::StrCat("\"", text, "\" is not an IP address (192.0.2.1 or 2001:db8::1)"));
}

absl::StatusOr<IpAddress> IpAddress::FromBytes(absl::string_view bytes) {
  IpAddress address;
  if (bytes.size() == 4) {
    std::copy(bytes.begin(), bytes.end(), address.bytes_.begin());
    return address;
  }
  if (bytes.size() != 16) {
    return absl::InvalidArgumentError(
        absl::StrCat("an IP address has 4 or 16 bytes, not ", bytes.size()));
  }
  if (std::memcmp(bytes.data(), kMappedPrefix.data(), kMappedPrefix.size()) == 0) {
    return FromBytes(bytes.substr(kMappedPrefix.size()));
  }
  address.v4_ = false;
  std::copy(bytes.begin(), bytes.end(), address.bytes_.begin());
  return address;
}

absl::StatusOr<IpAddress> IpAddress::FromSockaddr(const sockaddr* address) {
  if (address->sa_family == AF_INET) {
    const auto* v4 = reinterpret_cast<const sockaddr_in*>(address);
    return FromBytes({reinterpret_cast<const char*>(&v4->sin_addr), 4});
  }
  if (address->sa_family == AF_INET6) {
    const auto* v6 = reinterpret_cast<const sockaddr_in6*>(address);
    return FromBytes({reinterpret_cast<const char*>(&v6->sin6_addr), 16});
  }
  return absl::InvalidArgumentError(
      absl::StrCat("address family ", address->sa_family, " is neither IPv4 nor IPv6"));
}

std::string IpAddress::ToString() const {
  // inet_ntop takes five times as long, and a controller does this for each observation.
  if (v4_) return absl::StrCat(bytes_[0], ".", bytes_[1], ".", bytes_[2], ".", bytes_[3]);
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(AF_INET6, bytes_.data(), text.data(), text.size());
  return text.data();
}

std::string IpAddress::ToBytes() const {
  return std::string(reinterpret_cast<const char*>(bytes_.data()), v4_ ? 4 : 16);
}

absl::StatusOr<Endpoint> Endpoint::Parse(absl::string_view text) {
  ASSIGN_OR_RETURN(const HostPort parts, HostPort::Parse(text));
  Endpoint endpoint{.address = {}, .port = parts.port};
  ASSIGN_OR_RETURN(endpoint.address, IpAddress::Parse(parts.host));
  return endpoint;
}

absl::StatusOr<Endpoint> Endpoint::FromSockaddr(const sockaddr* address) {
  Endpoint endpoint;
  ASSIGN_OR_RETURN(endpoint.address, IpAddress::FromSockaddr(address));
  endpoint.port = ntohs(address->sa_family == AF_INET
                            ? reinterpret_cast<const sockaddr_in*>(address)->sin_port
                            : reinterpret_cast<const sockaddr_in6*>(address)->sin6_port);
  return endpoint;
}

std::string Endpoint::ToString() const {
  return address.is_v4() ? absl::StrCat(address.ToString(), ":", port)
                         : absl::StrCat("[", address.ToString(), "]:", port);
}

socklen_t Endpoint::ToSockaddr(sockaddr_storage& storage) const {
  storage = {};
  const std::string bytes = address.ToBytes();
  if (address.is_v4()) {
    auto* v4 = reinterpret_cast<sockaddr_in*>(&storage);
    v4->sin_family = AF_INET;
    v4->sin_port = htons(port);
    std::memcpy(&v4->sin_addr, bytes.data(), bytes.size());
    return sizeof(*v4);
  }
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&storage);
  v6->sin6_family = AF_INET6;
  v6->sin6_port = htons(port);
  std::memcpy(&v6->sin6_addr, bytes.data(), bytes.size());
  return sizeof(*v6);
}

absl::StatusOr<HostPort> HostPort::Parse(absl::string_view text) {
  absl::string_view host, port;
  if (!text.empty() && text.front() == '[') {
    const size_t close = text.find("]:");
    if (close != absl::string_view::npos) {
      host = text.substr(1, close - 1);
      port = text.substr(close + 2);
    }
  } else {
    const size_t colon = text.rfind(':');
    if (colon != absl::string_view::npos && text.find(':') == colon) {
      host = text.substr(0, colon);
      port = text.substr(colon + 1);
    }
  }
  uint32_t number = 0;
  if (host.empty() || !absl::SimpleAtoi(port, &number) || number > 65535) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", text, "\" is not host:port (for IPv6 [2001:db8::1]:443)"));
  }
  return HostPort{.host = std::string(host), .port = static_cast<uint16_t>(number)};
}

}  // namespace lifeboat
