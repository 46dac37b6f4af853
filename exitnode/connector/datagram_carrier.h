#ifndef LIFEBOAT_EXITNODE_CONNECTOR_DATAGRAM_CARRIER_H_
#define LIFEBOAT_EXITNODE_CONNECTOR_DATAGRAM_CARRIER_H_

#include <chrono>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "asio/awaitable.hpp"
#include "base/log.h"
#include "exitnode/tcp/socket.h"
#include "exitnode/udp/datagrams.h"

namespace lifeboat::exitnode {

struct DatagramLimits {
  std::chrono::milliseconds idle{60'000};  // then a visitor's socket is closed
  size_t most_visitors = 1000;             // of one data channel; then the longest idle one goes
  size_t most_unwritten = 1 << 20;         // bytes of answers that wait for a slow channel
  std::chrono::milliseconds write_limit{10'000};
};

// Told of what a carrier does.
class DatagramMeter {
 public:
  virtual ~DatagramMeter() = default;
  // Whether one more visitor's socket may be opened, by all that the process holds.
  virtual bool HasRoom() = 0;
  virtual void OnVisitors(int more) = 0;  // or, with a negative number, fewer
  virtual void OnIn(size_t bytes) = 0;    // payload, visitor to target
  virtual void OnOut(size_t bytes) = 0;   // payload, target to visitor
  virtual void OnDropped() = 0;           // a datagram that was passed on neither way
};

// Carries the datagrams of one data channel, on which `said` has come already, between the exit
// node's visitors and `target`, until the channel ends, and closes it; says how it ended. Each
// visitor has a socket of its own towards the target, so that answers are told apart. A target that
// is away is no end: datagrams to it are lost, as they are. `inbox` is shared by one thread's
// carriers and outlives its executor's work, as `log` does.
asio::awaitable<absl::Status> CarryDatagrams(std::shared_ptr<Tcp::socket> channel,
                                             Udp::endpoint target, std::vector<uint8_t> said,
                                             DatagramLimits limits, DatagramInbox& inbox,
                                             DatagramMeter& meter, Log& log);

}  // namespace lifeboat::exitnode

#endif  // LIFEBOAT_EXITNODE_CONNECTOR_DATAGRAM_CARRIER_H_
