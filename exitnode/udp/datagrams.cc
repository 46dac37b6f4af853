#include "exitnode/udp/datagrams.h"

#include <netinet/in.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "asio/error.hpp"
#include "asio/ip/v6_only.hpp"
#include "base/status.h"

namespace lifeboat::exitnode {
namespace {

constexpr size_t kSlotBytes = 64 * 1024;
constexpr size_t kSentAtOnce = 32;
// What the kernel keeps of a burst while its reader is busy; the system may allow less.
constexpr int kReceiveBuffer = 4 << 20;

asio::error_code SystemError(int number) { return {number, asio::error::get_system_category()}; }

int FamilyOf(int socket) {
  int family = AF_INET;
  socklen_t length = sizeof family;
  getsockopt(socket, SOL_SOCKET, SO_DOMAIN, &family, &length);
  return family;
}

// As a socket of IPv6 wants it, IPv4 mapped.
in6_addr ToV6(const IpAddress& address) {
  sockaddr_storage storage{};
  Endpoint{address, 0}.ToSockaddr(storage);
  if (!address.is_v4()) return reinterpret_cast<const sockaddr_in6&>(storage).sin6_addr;
  in6_addr mapped{};
  mapped.s6_addr[10] = mapped.s6_addr[11] = 0xff;
  std::memcpy(mapped.s6_addr + 12, &reinterpret_cast<const sockaddr_in&>(storage).sin_addr, 4);
  return mapped;
}

socklen_t PeerFor(int family, const Endpoint& peer, sockaddr_storage& storage) {
  if (family == AF_INET || !peer.address.is_v4()) return peer.ToSockaddr(storage);
  auto& v6 = reinterpret_cast<sockaddr_in6&>(storage);
  v6 = {};
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(peer.port);
  v6.sin6_addr = ToV6(peer.address);
  return sizeof v6;
}

template <typename Info>
void SetControl(msghdr& message, int level, int type, const Info& info) {
  message.msg_controllen = CMSG_SPACE(sizeof info);
  cmsghdr* const header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = level;
  header->cmsg_type = type;
  header->cmsg_len = CMSG_LEN(sizeof info);
  std::memcpy(CMSG_DATA(header), &info, sizeof info);
}

void SetLocal(int family, const IpAddress& local, msghdr& message) {
  if (local == IpAddress()) {
    message.msg_control = nullptr;
    message.msg_controllen = 0;
  } else if (family == AF_INET) {
    sockaddr_storage storage{};
    Endpoint{local, 0}.ToSockaddr(storage);
    in_pktinfo info{};
    info.ipi_spec_dst = reinterpret_cast<const sockaddr_in&>(storage).sin_addr;
    SetControl(message, IPPROTO_IP, IP_PKTINFO, info);
  } else {
    SetControl(message, IPPROTO_IPV6, IPV6_PKTINFO, in6_pktinfo{ToV6(local), 0});
  }
}

IpAddress LocalOf(const msghdr& message) {
  auto* const mutable_message = const_cast<msghdr*>(&message);  // CMSG_NXTHDR wants it so
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr;
       header = CMSG_NXTHDR(mutable_message, header)) {
    if (header->cmsg_level == IPPROTO_IP && header->cmsg_type == IP_PKTINFO) {
      in_pktinfo info;
      std::memcpy(&info, CMSG_DATA(header), sizeof info);
      return IpAddress::FromBytes({reinterpret_cast<const char*>(&info.ipi_spec_dst), 4})
          .value_or(IpAddress());
    }
    if (header->cmsg_level == IPPROTO_IPV6 && header->cmsg_type == IPV6_PKTINFO) {
      in6_pktinfo info;
      std::memcpy(&info, CMSG_DATA(header), sizeof info);
      return IpAddress::FromBytes({reinterpret_cast<const char*>(&info.ipi6_addr), 16})
          .value_or(IpAddress());
    }
  }
  return {};
}

asio::error_code OpenAndBind(Udp::socket& socket, const Udp::endpoint& endpoint) {
  asio::error_code error;
  socket.open(endpoint.protocol(), error);
  if (!error && endpoint.address().is_v6()) {
    socket.set_option(asio::ip::v6_only(!endpoint.address().is_unspecified()), error);
  }
  if (error) return error;
  const int on = 1;
  const bool v6 = endpoint.address().is_v6();
  setsockopt(socket.native_handle(), v6 ? IPPROTO_IPV6 : IPPROTO_IP,
             v6 ? IPV6_RECVPKTINFO : IP_PKTINFO, &on, sizeof on);
  asio::error_code ignored;
  socket.set_option(asio::socket_base::receive_buffer_size(kReceiveBuffer), ignored);
  socket.non_blocking(true, ignored);
  return error;
}

}  // namespace

absl::StatusOr<Udp::socket> BindUdp(const asio::any_io_executor& executor, const Endpoint& endpoint,
                                    const std::function<absl::Status(int)>& prepare) {
  Udp::socket socket(executor);
  sockaddr_storage storage{};
  const socklen_t length = endpoint.ToSockaddr(storage);
  Udp::endpoint local;
  local.resize(length);
  std::memcpy(local.data(), &storage, length);
  asio::error_code error = OpenAndBind(socket, local);
  if (error == asio::error::address_family_not_supported && local.address().is_unspecified()) {
    local = Udp::endpoint(Udp::v4(), endpoint.port);  // without IPv6
    error = OpenAndBind(socket, local);
  }
  if (!error && prepare != nullptr) RETURN_IF_ERROR(prepare(socket.native_handle()));
  if (!error) socket.bind(local, error);
  if (!error) return socket;
  return absl::UnavailableError(
      absl::StrCat("binding UDP ", endpoint.ToString(), ": ", error.message()));
}

DatagramInbox::DatagramInbox()
    : bytes_(std::make_unique_for_overwrite<uint8_t[]>(kMost * kSlotBytes)) {}

size_t DatagramInbox::Receive(int socket, asio::error_code& error) {
  for (size_t i = 0; i < kMost; ++i) {
    Slot& slot = slots_[i];
    slot.payload = {bytes_.get() + i * kSlotBytes, kSlotBytes};
    messages_[i] = {};
    msghdr& message = messages_[i].msg_hdr;
    message.msg_name = &slot.peer;
    message.msg_namelen = sizeof slot.peer;
    message.msg_iov = &slot.payload;
    message.msg_iovlen = 1;
    message.msg_control = slot.control.data();
    message.msg_controllen = slot.control.size();
  }
  // Each pending ICMP error costs one call; there are no more of them than datagrams sent.
  for (size_t tries = 0; tries < kMost; ++tries) {
    const int count = recvmmsg(socket, messages_.data(), kMost, MSG_DONTWAIT, nullptr);
    error = count < 0 ? SystemError(errno) : asio::error_code();
    if (count >= 0) return static_cast<size_t>(count);
    if (error == asio::error::would_block || error == asio::error::bad_descriptor) return 0;
  }
  error = asio::error::would_block;
  return 0;
}

Datagram DatagramInbox::at(size_t i) const {
  const Slot& slot = slots_[i];
  return {.peer = Endpoint::FromSockaddr(reinterpret_cast<const sockaddr*>(&slot.peer))
                      .value_or(Endpoint{}),
          .local = LocalOf(messages_[i].msg_hdr),
          .payload = {static_cast<const uint8_t*>(slot.payload.iov_base), messages_[i].msg_len}};
}

asio::error_code DatagramOutbox::Flush(int socket) {
  const int family = FamilyOf(socket);
  std::array<mmsghdr, kSentAtOnce> messages;
  std::array<sockaddr_storage, kSentAtOnce> peers;
  std::array<iovec, kSentAtOnce> payloads;
  alignas(cmsghdr) std::array<std::array<uint8_t, 64>, kSentAtOnce> controls;
  while (sent_ < waiting_.size()) {
    const size_t count = std::min(kSentAtOnce, waiting_.size() - sent_);
    for (size_t i = 0; i < count; ++i) {
      const Datagram& datagram = waiting_[sent_ + i];
      payloads[i] = {const_cast<uint8_t*>(datagram.payload.data()), datagram.payload.size()};
      messages[i] = {};
      msghdr& message = messages[i].msg_hdr;
      message.msg_name = &peers[i];
      message.msg_namelen = PeerFor(family, datagram.peer, peers[i]);
      message.msg_iov = &payloads[i];
      message.msg_iovlen = 1;
      message.msg_control = controls[i].data();
      SetLocal(family, datagram.local, message);
    }
    const int sent = sendmmsg(socket, messages.data(), static_cast<unsigned>(count), MSG_DONTWAIT);
    const asio::error_code error = sent < 0 ? SystemError(errno) : asio::error_code();
    if (error == asio::error::would_block || error == asio::error::bad_descriptor) return error;
    if (error) ++undeliverable_total_;
    sent_ += error ? 1 : static_cast<size_t>(sent);
  }
  waiting_.clear();
  sent_ = 0;
  return {};
}

}  // namespace lifeboat::exitnode
