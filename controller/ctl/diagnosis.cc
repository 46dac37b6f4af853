#include "controller/ctl/diagnosis.h"

#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/address.h"
#include "base/descriptor.h"
#include "base/status.h"

namespace lifeboat::ctl {
namespace {

struct SslFree {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};
using Ssl = std::unique_ptr<SSL, SslFree>;

struct AddressesFree {
  void operator()(addrinfo* addresses) const { freeaddrinfo(addresses); }
};

absl::StatusOr<std::vector<Endpoint>> Resolve(const HostPort& target) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error =
      getaddrinfo(target.host.c_str(), std::to_string(target.port).c_str(), &hints, &found);
  const std::unique_ptr<addrinfo, AddressesFree> owner(found);
  if (error != 0) {
    return absl::UnavailableError(absl::StrCat("the name does not resolve (", gai_strerror(error),
                                               "); is it right, does your resolver work?"));
  }
  std::vector<Endpoint> endpoints;
  for (const addrinfo* one = found; one != nullptr; one = one->ai_next) {
    if (auto endpoint = Endpoint::FromSockaddr(one->ai_addr); endpoint.ok()) {
      endpoints.push_back(*endpoint);
    }
  }
  return endpoints;
}

// Waits until `socket` is ready for `events`; false after `limit`.
bool Await(int socket, short events, absl::Duration limit) {
  pollfd wanted{.fd = socket, .events = events, .revents = 0};
  return poll(&wanted, 1, static_cast<int>(absl::ToInt64Milliseconds(limit))) == 1;
}

absl::StatusOr<Descriptor> Connect(const Endpoint& endpoint, absl::Duration limit) {
  sockaddr_storage address;
  const socklen_t length = endpoint.ToSockaddr(address);
  Descriptor socket(::socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const std::string doing = absl::StrCat("connecting to ", endpoint.ToString());
  if (!socket.ok()) return ErrnoStatus(errno, doing);
  if (connect(socket.get(), reinterpret_cast<sockaddr*>(&address), length) == 0) return socket;
  if (errno != EINPROGRESS) return ErrnoStatus(errno, doing);
  if (!Await(socket.get(), POLLOUT, limit)) {
    return absl::UnavailableError(absl::StrCat(doing, ": no answer"));
  }
  int error = 0;
  socklen_t size = sizeof error;
  getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) return ErrnoStatus(error, doing);
  return socket;
}

// Goes on with `step`, an SSL_ function that wants to be called again, until it is done or fails.
template <typename Step>
int Drive(SSL* ssl, absl::Duration limit, const Step& step) {
  for (;;) {
    const int result = step();
    if (result > 0) return result;
    const int error = SSL_get_error(ssl, result);
    if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) return result;
    if (!Await(SSL_get_fd(ssl), error == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT, limit)) return 0;
  }
}

absl::Status TryTls(int socket, const LoadedIdentity& identity, absl::Duration limit) {
  std::string refusal;
  const PeerPolicy policy{.trust_domain = identity.identity.trust_domain,
                          .roles = {Role::kController}};
  ASSIGN_OR_RETURN(const SslContext context, NewClientContext(identity, policy, &refusal));
  const Ssl ssl(SSL_new(context.get()));
  SSL_set_fd(ssl.get(), socket);
  constexpr unsigned char kHttp2[] = {2, 'h', '2'};
  SSL_set_alpn_protos(ssl.get(), kHttp2, sizeof kHttp2);
  if (Drive(ssl.get(), limit, [&ssl] { return SSL_connect(ssl.get()); }) != 1) {
    const std::string ours = "; is it a controller of your authority (identity.ca)?";
    return refusal.empty() ? absl::UnauthenticatedError(absl::StrCat("TLS: ", TakeSslError(), ours))
                           : absl::PermissionDeniedError(absl::StrCat(
                                 "TLS: we do not accept whoever answers: ", refusal, ours));
  }
  // A controller speaks first; a refusal of our certificate comes instead of that.
  char byte = 0;
  if (Drive(ssl.get(), limit, [&] { return SSL_read(ssl.get(), &byte, 1); }) == 1) {
    return absl::OkStatus();
  }
  return absl::UnauthenticatedError(
      absl::StrCat("TLS: the controller does not accept our certificate, ", identity.identity.Uri(),
                   " (", TakeSslError(), "); `lifeboatctl pki issue person NAME` makes one"));
}

}  // namespace

absl::Status Diagnose(const std::string& target, const LoadedIdentity& identity,
                      absl::Duration limit) {
  ASSIGN_OR_RETURN(const HostPort parts, HostPort::Parse(target));
  const auto endpoints = Resolve(parts);
  if (!endpoints.ok()) return Annotate(endpoints.status(), target);
  std::vector<std::string> failures;
  for (const Endpoint& endpoint : *endpoints) {
    const auto socket = Connect(endpoint, limit);
    if (socket.ok()) return Annotate(TryTls(socket->get(), identity, limit), target);
    failures.push_back(Words(socket.status()));
  }
  return absl::UnavailableError(
      absl::StrCat(target, ": ", absl::StrJoin(failures, "; "),
                   "; is the controller running, is a firewall between?"));
}

}  // namespace lifeboat::ctl
