#ifndef LIFEBOAT_EXITNODE_CONNECTOR_CONNECTOR_H_
#define LIFEBOAT_EXITNODE_CONNECTOR_CONNECTOR_H_

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/random/bit_gen_ref.h"
#include "asio/io_context.hpp"
#include "base/address.h"
#include "base/clock.h"
#include "base/log.h"

namespace lifeboat::exitnode {

class Link;
struct LinkContext;

// One exit node to dial.
struct ConnectorExit {
  std::string name;
  HostPort tunnel;
};

// One service to offer to every exit node. The connector alone decides where it leads.
struct ConnectorService {
  enum class Kind { kTcp, kUdp };

  std::string name;
  std::string token;  // secret
  HostPort target;
  std::map<std::string, HostPort> targets = {};  // for visitors of single exits, by exit
  Kind kind = Kind::kTcp;                        // of its visitors, and of its targets

  const HostPort& TargetFor(const std::string& exit) const;
};

struct ConnectorOptions {
  std::vector<ConnectorExit> exits;
  std::vector<ConnectorService> services;
  std::chrono::milliseconds connect_limit{5'000};
  std::chrono::milliseconds reply_limit{5'000};       // for each answer of the handshake
  std::chrono::milliseconds heartbeat_limit{40'000};  // of silence on the control channel
  absl::Duration first_retry = absl::Milliseconds(250);
  absl::Duration last_retry = absl::Seconds(2);
  int most_openings = 32;    // data channels of one exit node being opened at once
  int most_channels = 9000;  // data channels of the whole process; further requests are ignored
  int most_flows = 2000;     // sockets of visitors' datagrams, likewise; the longest idle ones go
};

// One service at one exit node, now.
struct LinkReport {
  std::string exit;
  std::string service;
  bool up = false;
  Instant since;         // when it last came up or went down
  std::string trouble;   // why it is down
  uint32_t waiting = 0;  // data channels that wait for a visitor
  uint32_t streams = 0;  // visitors carried now
  uint64_t streams_total = 0;
  uint64_t target_failures_total = 0;   // visitors whom the target did not take
  uint64_t channels_ignored_total = 0;  // requests over the limit
  uint64_t bytes_in_total = 0;          // visitor to target
  uint64_t bytes_out_total = 0;         // target to visitor
  uint64_t datagrams_dropped_total = 0;
};

// The origin's side of the tunnel: dials every exit node for every service, again and again, and
// leads visitors to the targets of its configuration, whatever the other side says. Needs no
// inbound port. Speaks rathole, so the exit node may be a rathole server.
//
// Lives on the one thread that runs its io_context.
class Connector {
 public:
  // What is passed by reference outlives `io`.
  Connector(asio::io_context& io, const ConnectorOptions& options, const Clock& clock, Log& log,
            absl::BitGenRef random);
  ~Connector();
  Connector(const Connector&) = delete;
  Connector& operator=(const Connector&) = delete;

  void Start();
  std::vector<LinkReport> Report() const;
  // Ends all control channels and dials no more; streams run on until the io_context stops.
  void Stop();

 private:
  const std::shared_ptr<LinkContext> context_;
  std::vector<std::shared_ptr<Link>> links_;
};

}  // namespace lifeboat::exitnode

#endif  // LIFEBOAT_EXITNODE_CONNECTOR_CONNECTOR_H_
