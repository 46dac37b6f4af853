#include "base/listener.h"

#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status.h"

namespace lifeboat {
namespace {

constexpr int kBacklog = 1024;
constexpr int kDeadPeerMilliseconds = 15'000;

void SetOption(const Descriptor& socket, int level, int name, int value) {
  // Each of these is an improvement, not a condition: a kernel that refuses one is served without.
  (void)setsockopt(socket.get(), level, name, &value, sizeof(value));
}

absl::StatusOr<Listener> Bind(const Endpoint& at) {
  sockaddr_storage address;
  socklen_t length = at.ToSockaddr(address);
  auto* const raw = reinterpret_cast<sockaddr*>(&address);
  Descriptor listener(socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!listener.ok()) return ErrnoStatus(errno, "making a socket");
  SetOption(listener, SOL_SOCKET, SO_REUSEADDR, 1);
  SetOption(listener, IPPROTO_IPV6, IPV6_V6ONLY, 0);
  // Inherited by what is accepted.
  SetOption(listener, IPPROTO_TCP, TCP_NODELAY, 1);
  SetOption(listener, IPPROTO_TCP, TCP_USER_TIMEOUT, kDeadPeerMilliseconds);
  if (bind(listener.get(), raw, length) != 0) return ErrnoStatus(errno, "binding");
  if (listen(listener.get(), kBacklog) != 0) return ErrnoStatus(errno, "listening");
  length = sizeof(address);
  if (getsockname(listener.get(), raw, &length) != 0) return ErrnoStatus(errno, "asking its name");
  ASSIGN_OR_RETURN(const Endpoint local, Endpoint::FromSockaddr(raw));
  return Listener{.socket = std::move(listener), .local = local};
}

}  // namespace

absl::StatusOr<Listener> ListenTcp(const Endpoint& at) {
  auto listener = Bind(at);
  if (listener.ok()) return listener;
  const bool any = at.address == IpAddress::Parse("::").value_or(IpAddress());
  if (any) {  // on a machine without IPv6 it means what it says for IPv4
    auto v4 = Bind({.address = IpAddress(), .port = at.port});
    if (v4.ok()) return v4;
  }
  return Annotate(listener.status(), absl::StrCat("cannot listen on ", at.ToString()));
}

}  // namespace lifeboat
