#include "controller/dns/dns_exchange.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "controller/dns/dns_message.h"

namespace lifeboat {
namespace {

// More than any server sends to who did not offer more by EDNS.
constexpr size_t kMostDatagramBytes = 4096;

absl::Status NotSent(int error, absl::string_view doing) {
  const std::string words = Words(ErrnoStatus(error, doing));
  const bool no_route = error == ENETUNREACH || error == EAFNOSUPPORT || error == EADDRNOTAVAIL;
  return no_route ? absl::FailedPreconditionError(words) : absl::UnavailableError(words);
}

}  // namespace

DnsExchange::DnsExchange(const Endpoint& server, std::string message, DnsTransport transport,
                         const std::optional<IpAddress>& source)
    : server_(server), transport_(transport), message_(std::move(message)), to_write_(message_) {
  if (transport_ == DnsTransport::kTcp) {
    const size_t size = message_.size();
    to_write_.insert(0, {static_cast<char>(size >> 8), static_cast<char>(size & 0xff)});
  }
  if (absl::Status opened = Open(source); !opened.ok()) {
    Finish(std::move(opened));
  } else if (transport_ == DnsTransport::kUdp) {
    Write();
  }
}

absl::Status DnsExchange::Open(const std::optional<IpAddress>& source) {
  sockaddr_storage storage;
  const socklen_t size = server_.ToSockaddr(storage);
  const int type = transport_ == DnsTransport::kTcp ? SOCK_STREAM : SOCK_DGRAM;
  socket_.Reset(socket(storage.ss_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const std::string sending = absl::StrCat("sending to ", server_.ToString());
  if (!socket_.ok()) return NotSent(errno, sending);
  if (source && source->is_v4() == server_.address.is_v4()) {
    sockaddr_storage from;
    const socklen_t from_size = Endpoint{*source, 0}.ToSockaddr(from);
    if (bind(socket_.get(), reinterpret_cast<const sockaddr*>(&from), from_size) != 0) {
      return absl::UnavailableError(
          Words(ErrnoStatus(errno, absl::StrCat("sending from ", source->ToString()))));
    }
  }
  if (connect(socket_.get(), reinterpret_cast<const sockaddr*>(&storage), size) == 0) return {};
  return errno == EINPROGRESS ? absl::OkStatus() : NotSent(errno, sending);
}

short DnsExchange::events() const {
  return transport_ == DnsTransport::kTcp && !to_write_.empty() ? POLLOUT : POLLIN;
}

void DnsExchange::OnReady() {
  if (done()) return;
  if (events() == POLLOUT) return Write();
  return transport_ == DnsTransport::kTcp ? ReadStream() : ReadDatagram();
}

void DnsExchange::Write() {
  const ssize_t sent = send(socket_.get(), to_write_.data(), to_write_.size(), MSG_NOSIGNAL);
  if (sent < 0) {
    if (errno == EAGAIN || errno == EINTR) return;
    return Fail(errno, "sending to ");
  }
  to_write_.erase(0, static_cast<size_t>(sent));
  // A message that is not whole is none.
  if (to_write_.empty()) may_have_arrived_ = true;
}

void DnsExchange::ReadDatagram() {
  std::array<char, kMostDatagramBytes> buffer;
  const ssize_t got = recv(socket_.get(), buffer.data(), buffer.size(), 0);
  if (got < 0) {
    if (errno == EAGAIN || errno == EINTR) return;
    // The only datagram of this socket came back: it was not delivered.
    may_have_arrived_ = false;
    return Fail(errno, "asking ");
  }
  std::string reply(buffer.data(), static_cast<size_t>(got));
  if (IsReplyTo(message_, reply)) Finish(std::move(reply));
}

void DnsExchange::ReadStream() {
  std::array<char, 16384> buffer;
  const ssize_t got = recv(socket_.get(), buffer.data(), buffer.size(), 0);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0) return Fail(got < 0 ? errno : ECONNRESET, "reading the answer of ");
  received_.append(buffer.data(), static_cast<size_t>(got));
  while (received_.size() >= 2) {
    const size_t size = static_cast<size_t>(static_cast<unsigned char>(received_[0])) << 8 |
                        static_cast<unsigned char>(received_[1]);
    if (received_.size() < 2 + size) return;
    std::string reply = received_.substr(2, size);
    received_.erase(0, 2 + size);
    if (IsReplyTo(message_, reply)) return Finish(std::move(reply));
  }
}

void DnsExchange::Fail(int error, absl::string_view doing) {
  const std::string words =
      Words(ErrnoStatus(error, absl::StrCat(doing, server_.ToString(),
                                            transport_ == DnsTransport::kTcp ? " by TCP" : "")));
  Finish(may_have_arrived_ ? absl::UnknownError(words) : absl::UnavailableError(words));
}

void DnsExchange::Finish(absl::StatusOr<std::string> result) {
  result_ = std::move(result);
  socket_.Reset();
}

}  // namespace lifeboat
