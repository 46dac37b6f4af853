#include "exitnode/testing/wire_peer.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <utility>

namespace lifeboat::exitnode {
namespace {

constexpr int kPatienceMs = 8000;

void Demand(bool holds) {
  if (!holds) std::abort();
}

int Bound(const Endpoint& endpoint) {
  sockaddr_storage address{};
  const socklen_t length = endpoint.ToSockaddr(address);
  const int descriptor = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  Demand(descriptor >= 0);
  const int on = 1;
  setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  Demand(bind(descriptor, reinterpret_cast<sockaddr*>(&address), length) == 0);
  return descriptor;
}

void SetPatience(int descriptor, int patience_ms) {
  const timeval patience{patience_ms / 1000, patience_ms % 1000 * 1000};
  setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
}

}  // namespace

WirePeer WirePeer::Connect(const Endpoint& target, absl::string_view source) {
  return TryConnect(target, source, kPatienceMs);
}

WirePeer WirePeer::TryConnect(const Endpoint& target, absl::string_view source, int patience_ms) {
  WirePeer peer(Bound(Endpoint{*IpAddress::Parse(source), 0}));
  SetPatience(peer.descriptor_, patience_ms);  // SO_SNDTIMEO bounds connect as well
  sockaddr_storage address{};
  const socklen_t length = target.ToSockaddr(address);
  peer.connected_ = connect(peer.descriptor_, reinterpret_cast<sockaddr*>(&address), length) == 0;
  SetPatience(peer.descriptor_, kPatienceMs);
  return peer;
}

WirePeer::WirePeer(WirePeer&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), connected_(other.connected_) {}

WirePeer& WirePeer::operator=(WirePeer&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  std::swap(connected_, other.connected_);
  return *this;
}

WirePeer::~WirePeer() { Close(); }

bool WirePeer::Send(absl::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(count));
  }
  return true;
}

void WirePeer::FinishSending() { shutdown(descriptor_, SHUT_WR); }

std::string WirePeer::Receive(size_t count) {
  std::string bytes(count, '\0');
  size_t have = 0;
  while (have < count) {
    const ssize_t got = recv(descriptor_, bytes.data() + have, count - have, 0);
    if (got <= 0) break;
    have += static_cast<size_t>(got);
  }
  bytes.resize(have);
  return bytes;
}

std::string WirePeer::ReceiveToEnd() {
  std::string bytes;
  std::array<char, 65536> buffer;
  while (true) {
    const ssize_t got = recv(descriptor_, buffer.data(), buffer.size(), 0);
    if (got == 0) return bytes;
    if (got < 0) return bytes + (errno == ECONNRESET ? "<reset>" : "<silence>");
    bytes.append(buffer.data(), static_cast<size_t>(got));
  }
}

void WirePeer::Close() {
  if (descriptor_ >= 0) close(std::exchange(descriptor_, -1));
}

void WirePeer::Reset() {
  const linger at_once{1, 0};
  setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  Close();
}

int WirePeer::Release() { return std::exchange(descriptor_, -1); }

WireListener::WireListener() : descriptor_(Bound(Endpoint{*IpAddress::Parse("127.0.0.1"), 0})) {
  Demand(listen(descriptor_, 128) == 0);
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  Demand(getsockname(descriptor_, reinterpret_cast<sockaddr*>(&address), &length) == 0);
  endpoint_ = *Endpoint::FromSockaddr(reinterpret_cast<sockaddr*>(&address));
}

WireListener::~WireListener() { Close(); }

WirePeer WireListener::Accept() {
  pollfd wait{descriptor_, POLLIN, 0};
  poll(&wait, 1, kPatienceMs);
  WirePeer peer(wait.revents == 0 ? -1 : accept4(descriptor_, nullptr, nullptr, SOCK_CLOEXEC));
  peer.connected_ = peer.descriptor_ >= 0;
  if (peer.connected_) SetPatience(peer.descriptor_, kPatienceMs);
  return peer;
}

void WireListener::Close() {
  if (descriptor_ >= 0) close(std::exchange(descriptor_, -1));
}

}  // namespace lifeboat::exitnode
