#ifndef LIFEBOAT_EXITNODE_TESTING_UDP_PEER_H_
#define LIFEBOAT_EXITNODE_TESTING_UDP_PEER_H_

#include <sys/socket.h>

#include <cstdlib>
#include <string>

#include "absl/strings/string_view.h"
#include "base/address.h"
#include "base/descriptor.h"

namespace lifeboat::exitnode {

// A blocking UDP socket as a test wants one: every wait ends after a few seconds.
class UdpPeer {
 public:
  explicit UdpPeer(absl::string_view source = "127.0.0.1", int patience_ms = 8000) {
    sockaddr_storage address{};
    const socklen_t length = Endpoint{*IpAddress::Parse(source), 0}.ToSockaddr(address);
    socket_ = Descriptor(socket(address.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    const timeval patience{patience_ms / 1000, patience_ms % 1000 * 1000};
    setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), length) != 0) std::abort();
  }

  Endpoint endpoint() const {
    sockaddr_storage address{};
    socklen_t length = sizeof address;
    getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address), &length);
    return *Endpoint::FromSockaddr(reinterpret_cast<sockaddr*>(&address));
  }
  int descriptor() const { return socket_.get(); }

  void Send(const Endpoint& to, absl::string_view payload) {
    sockaddr_storage address{};
    const socklen_t length = to.ToSockaddr(address);
    sendto(socket_.get(), payload.data(), payload.size(), 0, reinterpret_cast<sockaddr*>(&address),
           length);
  }

  struct Heard {
    std::string payload;  // "<silence>" where nothing came
    Endpoint from;
  };
  Heard Receive() {
    std::string bytes(65536, '\0');
    sockaddr_storage address{};
    socklen_t length = sizeof address;
    const ssize_t count = recvfrom(socket_.get(), bytes.data(), bytes.size(), 0,
                                   reinterpret_cast<sockaddr*>(&address), &length);
    if (count < 0) return {"<silence>", {}};
    bytes.resize(static_cast<size_t>(count));
    return {bytes, *Endpoint::FromSockaddr(reinterpret_cast<sockaddr*>(&address))};
  }

 private:
  Descriptor socket_;
};

}  // namespace lifeboat::exitnode

#endif  // LIFEBOAT_EXITNODE_TESTING_UDP_PEER_H_
