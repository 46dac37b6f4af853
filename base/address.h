#ifndef LIFEBOAT_BASE_ADDRESS_H_
#define LIFEBOAT_BASE_ADDRESS_H_

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <compare>
#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace lifeboat {

// An IPv4 or IPv6 address. An IPv4-mapped IPv6 address becomes the IPv4 address that it maps.
class IpAddress {
 public:
  // 0.0.0.0
  IpAddress() = default;
  // "192.0.2.1" or "2001:db8::1"; no brackets, no scope.
  static absl::StatusOr<IpAddress> Parse(absl::string_view text);
  // 4 or 16 bytes in network order.
  static absl::StatusOr<IpAddress> FromBytes(absl::string_view bytes);
  // The address of a sockaddr_in or sockaddr_in6.
  static absl::StatusOr<IpAddress> FromSockaddr(const sockaddr* address);

  bool is_v4() const { return v4_; }
  std::string ToString() const;
  std::string ToBytes() const;  // 4 or 16 bytes in network order

  friend auto operator<=>(const IpAddress&, const IpAddress&) = default;

 private:
  bool v4_ = true;
  std::array<uint8_t, 16> bytes_{};  // the first four where v4_
};

// An address and a port: "192.0.2.1:53", "[2001:db8::1]:53".
struct Endpoint {
  IpAddress address;
  uint16_t port = 0;

  static absl::StatusOr<Endpoint> Parse(absl::string_view text);
  static absl::StatusOr<Endpoint> FromSockaddr(const sockaddr* address);
  std::string ToString() const;
  // Fills `storage`, returns the length to pass along with it.
  socklen_t ToSockaddr(sockaddr_storage& storage) const;

  friend auto operator<=>(const Endpoint&, const Endpoint&) = default;
};

// "host:port" or "[v6]:port", host not resolved. INVALID_ARGUMENT without a port.
struct HostPort {
  std::string host;
  uint16_t port = 0;

  static absl::StatusOr<HostPort> Parse(absl::string_view text);
};

}  // namespace lifeboat

#endif  // LIFEBOAT_BASE_ADDRESS_H_
