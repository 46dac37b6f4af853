#ifndef LIFEBOAT_EXITNODE_UDP_DATAGRAMS_H_
#define LIFEBOAT_EXITNODE_UDP_DATAGRAMS_H_

#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "asio/any_io_executor.hpp"
#include "asio/error_code.hpp"
#include "asio/ip/udp.hpp"
#include "base/address.h"

// Datagrams of one UDP socket, many with each system call: recvmmsg(2), sendmmsg(2). Nothing here
// waits.
namespace lifeboat::exitnode {

using Udp = asio::ip::udp;

// The longest payload that UDP over IPv4 has room for, RFC 768; a receiver's buffer takes it whole.
inline constexpr size_t kMostDatagramBytes = 65'507;

// Bound at `endpoint`, non-blocking; "::" takes IPv4 too, and alone where the machine has no IPv6.
// `prepare` is given the socket before anything can arrive. The error names the endpoint.
absl::StatusOr<Udp::socket> BindUdp(const asio::any_io_executor& executor, const Endpoint& endpoint,
                                    const std::function<absl::Status(int)>& prepare = nullptr);

struct Datagram {
  Endpoint peer;
  // Which of our addresses it came to, or shall leave from: a visitor takes an answer from no other
  // one. 0.0.0.0: the system chooses.
  IpAddress local;
  std::span<const uint8_t> payload;
};

// What has arrived at a socket of BindUdp.
class DatagramInbox {
 public:
  static constexpr size_t kMost = 32;

  DatagramInbox();

  // Takes what has arrived, up to kMost, in the place of what it held; would_block: nothing.
  // Returns how many there are. An ICMP error of an earlier datagram is nobody's end: it is passed
  // over.
  size_t Receive(int socket, asio::error_code& error);
  // The i-th; its payload stands until the next Receive.
  Datagram at(size_t i) const;

 private:
  struct Slot {
    sockaddr_storage peer;
    iovec payload;
    alignas(cmsghdr) std::array<uint8_t, 64> control;
  };
  const std::unique_ptr<uint8_t[]> bytes_;  // pages that no datagram has reached cost nothing
  std::array<Slot, kMost> slots_;
  std::array<mmsghdr, kMost> messages_;
};

// What is to leave a socket of BindUdp.
class DatagramOutbox {
 public:
  // Its payload shall stand until it is flushed.
  void Add(const Datagram& datagram) { waiting_.push_back(datagram); }
  // Sends what waits; would_block: the rest still waits. What cannot go where it shall, a network
  // that is unreachable for one, is passed over and counted.
  asio::error_code Flush(int socket);
  size_t waiting() const { return waiting_.size() - sent_; }
  uint64_t undeliverable_total() const { return undeliverable_total_; }

 private:
  std::vector<Datagram> waiting_;
  size_t sent_ = 0;  // of those
  uint64_t undeliverable_total_ = 0;
};

}  // namespace lifeboat::exitnode

#endif  // LIFEBOAT_EXITNODE_UDP_DATAGRAMS_H_
