#include "base/route.h"

#include <sys/socket.h>

#include <cerrno>

#include "absl/strings/str_cat.h"
#include "base/descriptor.h"
#include "base/status.h"

namespace lifeboat {
namespace {

constexpr uint16_t kAnyPort = 9;

bool IsNoWay(int error) {
  return error == ENETUNREACH || error == EHOSTUNREACH || error == EAFNOSUPPORT ||
         error == EADDRNOTAVAIL;
}

}  // namespace

// Connecting a datagram socket asks the routing table and no one else: what a router far away says
// of the address does not come back here.
absl::Status RouteTo(const IpAddress& to, const std::optional<IpAddress>& source) {
  const auto judge = [&](int error) {
    if (!IsNoWay(error)) return absl::OkStatus();
    return absl::FailedPreconditionError(
        Words(ErrnoStatus(error, absl::StrCat("no way from here to ", to.ToString()))));
  };
  if (source && source->is_v4() != to.is_v4()) return judge(EAFNOSUPPORT);
  sockaddr_storage address;
  const socklen_t length = Endpoint{to, kAnyPort}.ToSockaddr(address);
  const Descriptor socket(::socket(address.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!socket.ok()) return judge(errno);
  if (source) {
    sockaddr_storage own;
    const socklen_t own_length = Endpoint{*source, 0}.ToSockaddr(own);
    if (bind(socket.get(), reinterpret_cast<sockaddr*>(&own), own_length) < 0) return judge(errno);
  }
  const int connected = connect(socket.get(), reinterpret_cast<sockaddr*>(&address), length);
  return connected == 0 ? absl::OkStatus() : judge(errno);
}

}  // namespace lifeboat
