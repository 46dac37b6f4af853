#include "controller/dns/testing/dns_script.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <utility>

#include "controller/dns/ldns_handles.h"

namespace lifeboat {
namespace {

int Listen(int type, const Endpoint& endpoint) {
  const int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
  sockaddr_storage storage;
  const socklen_t size = endpoint.ToSockaddr(storage);
  if (bind(fd, reinterpret_cast<const sockaddr*>(&storage), size) != 0 ||
      (type == SOCK_STREAM && listen(fd, 16) != 0)) {
    close(fd);
    return -1;
  }
  return fd;
}

Endpoint Name(int fd) {
  sockaddr_storage storage;
  socklen_t size = sizeof(storage);
  getsockname(fd, reinterpret_cast<sockaddr*>(&storage), &size);
  return Endpoint::FromSockaddr(reinterpret_cast<const sockaddr*>(&storage)).value();
}

Ldns<ldns_pkt> Parse(absl::string_view message) {
  ldns_pkt* packet = nullptr;
  const auto* bytes = reinterpret_cast<const uint8_t*>(message.data());
  const bool read = ldns_wire2pkt(&packet, bytes, message.size()) == LDNS_STATUS_OK;
  return Ldns<ldns_pkt>(read ? packet : nullptr);
}

Ldns<ldns_rr> ParseRecord(const std::string& line) {
  ldns_rr* rr = nullptr;
  EXPECT_EQ(ldns_rr_new_frm_str(&rr, line.c_str(), 60, nullptr, nullptr), LDNS_STATUS_OK) << line;
  return Ldns<ldns_rr>(rr);
}

}  // namespace

DnsScript::DnsScript(Handler handler, const std::string& address, uint16_t port)
    : handler_(std::move(handler)) {
  const IpAddress ip = IpAddress::Parse(address).value();
  // The port must be free for both; the kernel's choice is so for one of them.
  for (int i = 0; i < 50 && tcp_ < 0; ++i) {
    udp_ = Listen(SOCK_DGRAM, {ip, port});
    if (udp_ < 0) continue;
    endpoint_ = Name(udp_);
    tcp_ = Listen(SOCK_STREAM, endpoint_);
    if (tcp_ < 0) close(udp_);
  }
  EXPECT_GE(tcp_, 0) << "no free port at " << address;
  EXPECT_EQ(pipe(stop_), 0);
  thread_ = std::thread([this] { Run(); });
}

DnsScript::~DnsScript() {
  close(stop_[1]);
  thread_.join();
  close(stop_[0]);
  close(udp_);
  close(tcp_);
}

void DnsScript::Run() {
  while (true) {
    std::array<pollfd, 3> fds = {{{stop_[0], POLLIN, 0}, {udp_, POLLIN, 0}, {tcp_, POLLIN, 0}}};
    poll(fds.data(), fds.size(), -1);
    if (fds[0].revents != 0) return;
    if (fds[1].revents != 0) ServeDatagram();
    if (fds[2].revents != 0) ServeStream();
  }
}

void DnsScript::ServeDatagram() {
  std::array<char, 65535> buffer;
  sockaddr_storage from;
  socklen_t size = sizeof(from);
  auto* from_address = reinterpret_cast<sockaddr*>(&from);
  const ssize_t got = recvfrom(udp_, buffer.data(), buffer.size(), 0, from_address, &size);
  if (got < 0) return;
  for (const std::string& reply : handler_({buffer.data(), static_cast<size_t>(got)}, false)) {
    sendto(udp_, reply.data(), reply.size(), 0, from_address, size);
  }
}

// One message a connection.
void DnsScript::ServeStream() {
  const int fd = accept(tcp_, nullptr, nullptr);
  if (fd < 0) return;
  unsigned char length[2];
  std::string message;
  if (recv(fd, length, 2, MSG_WAITALL) == 2) {
    message.resize(static_cast<size_t>(length[0] << 8 | length[1]));
    if (recv(fd, message.data(), message.size(), MSG_WAITALL) ==
        static_cast<ssize_t>(message.size())) {
      for (std::string reply : handler_(message, true)) {
        reply.insert(0, {static_cast<char>(reply.size() >> 8), static_cast<char>(reply.size())});
        send(fd, reply.data(), reply.size(), MSG_NOSIGNAL);
      }
    }
  }
  close(fd);
}

std::string ReplyTo(absl::string_view question, const std::vector<std::string>& records,
                    const ReplyOptions& options) {
  const Ldns<ldns_pkt> packet = Parse(question);
  if (!packet) return "";
  ldns_pkt_set_qr(packet.get(), true);
  ldns_pkt_set_aa(packet.get(), options.authoritative);
  ldns_pkt_set_tc(packet.get(), options.truncated);
  ldns_pkt_set_rcode(packet.get(), static_cast<uint8_t>(options.rcode));
  for (const std::string& record : records) {
    ldns_pkt_push_rr(packet.get(), LDNS_SECTION_ANSWER, ParseRecord(record).release());
  }
  uint8_t* wire = nullptr;
  size_t size = 0;
  ldns_pkt2wire(&wire, packet.get(), &size);
  std::string reply(reinterpret_cast<const char*>(wire), size);
  free(wire);
  return reply;
}

DnsScript::Handler ServeRecords(std::vector<std::string> records) {
  return [records = std::move(records)](absl::string_view message,
                                        bool) -> std::vector<std::string> {
    const Ldns<ldns_pkt> packet = Parse(message);
    if (!packet || ldns_pkt_qdcount(packet.get()) != 1) return {};
    const ldns_rr* question = ldns_rr_list_rr(ldns_pkt_question(packet.get()), 0);
    std::vector<std::string> found;
    for (const std::string& line : records) {
      const Ldns<ldns_rr> rr = ParseRecord(line);
      const bool is_asked = ldns_rr_get_type(rr.get()) == ldns_rr_get_type(question) ||
                            ldns_rr_get_type(rr.get()) == LDNS_RR_TYPE_CNAME;
      if (is_asked && ldns_dname_compare(ldns_rr_owner(rr.get()), ldns_rr_owner(question)) == 0) {
        found.push_back(line);
      }
    }
    return {ReplyTo(message, found)};
  };
}

}  // namespace lifeboat
