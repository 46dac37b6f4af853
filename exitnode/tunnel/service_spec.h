#ifndef LIFEBOAT_EXITNODE_TUNNEL_SERVICE_SPEC_H_
#define LIFEBOAT_EXITNODE_TUNNEL_SERVICE_SPEC_H_

#include <cstdint>
#include <string>
#include <vector>

#include "base/address.h"
#include "base/clock.h"

namespace lifeboat::exitnode {

// What one service is to be on this exit node.
struct ServiceSpec {
  std::string name;
  std::string token;                     // secret
  std::vector<uint16_t> tcp_ports = {};  // where visitors come in
  bool open = false;  // to the public; else dark: only the allow list is answered
  // Where datagrams come in. A service has either kind of port: its tunnel client has one protocol.
  std::vector<uint16_t> udp_ports = {};

  friend bool operator==(const ServiceSpec&, const ServiceSpec&) = default;
};

// What became of a visitor's stream at the far end of the tunnel.
enum class UpstreamOutcome {
  kNone,       // no visitor has come yet
  kAnswered,   // the origin sent bytes
  kRefused,    // the client ended the channel before a single byte: the origin did not take it
  kNoChannel,  // no data channel came in time
};

struct Upstream {
  UpstreamOutcome last = UpstreamOutcome::kNone;
  Instant at;  // of `last`
  uint64_t answered_total = 0;
  uint64_t refused_total = 0;
  uint64_t no_channel_total = 0;
};

// What one service is, now.
struct ServiceReport {
  std::string name;
  bool open = false;
  bool listening = false;  // every visitor port is bound, with the filter that `open` asks for
  std::string trouble;     // why it is not
  std::vector<Endpoint> ports;
  bool tunnel_up = false;
  Instant tunnel_since;  // when it last came up or went down
  Upstream upstream;
  uint32_t visitors = 0;  // connected, those that wait for a channel among them
  uint64_t visitors_total = 0;
  uint64_t visitors_turned_away_total = 0;  // over the limit
  uint64_t bytes_in_total = 0;              // visitor to origin
  uint64_t bytes_out_total = 0;             // origin to visitor
  uint64_t datagrams_dropped_total = 0;     // either way: without a channel, or nobody's
  uint32_t pooled_channels = 0;
};

// How the connections to the tunnel port ended up, since the start.
struct HandshakeCounts {
  uint64_t control_total = 0;    // sessions begun
  uint64_t data_total = 0;       // data channels taken in
  uint64_t malformed_total = 0;  // not this protocol, or closed half-way
  uint64_t timed_out_total = 0;
  uint64_t wrong_token_total = 0;  // an unknown service among them: nobody is told which
  uint64_t unknown_key_total = 0;  // a data channel of no session
  uint64_t turned_away_total = 0;  // over the limits on handshakes

  uint64_t refused_total() const {
    return malformed_total + timed_out_total + wrong_token_total + unknown_key_total +
           turned_away_total;
  }
};

struct TunnelReport {
  std::vector<ServiceReport> services;  // in the order of their names
  HandshakeCounts handshakes;
  uint32_t pending_handshakes = 0;
  uint32_t allowed_addresses = 0;  // that may pass in stand-by now
};

}  // namespace lifeboat::exitnode

#endif  // LIFEBOAT_EXITNODE_TUNNEL_SERVICE_SPEC_H_
