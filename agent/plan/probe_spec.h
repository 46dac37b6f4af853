#ifndef LIFEBOAT_AGENT_PLAN_PROBE_SPEC_H_
#define LIFEBOAT_AGENT_PLAN_PROBE_SPEC_H_

#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "absl/time/time.h"
#include "base/address.h"

namespace lifeboat::agent {

// Which way of a path a probe takes; see the contract (agent.proto).
enum class Leg { kByName, kPinned, kPanel };

// HTTP statuses `first` to `last`, both included.
struct StatusRange {
  int first = 200;
  int last = 299;
  friend auto operator<=>(const StatusRange&, const StatusRange&) = default;
};

// What is asked over HTTP, and what is a good answer.
struct HttpSpec {
  std::string url;  // its host is what SNI and Host say, whatever address is used
  std::vector<StatusRange> expect_status;  // good ones; at least one
  std::string expect_body;                 // must occur in the body's first 64 KiB; empty: any body
  std::string origin_marker_header;        // lower case; empty: none is configured
  bool refused_is_down = false;
  std::string ca_file;    // roots beside the system's; empty: none
  bool head = false;      // HEAD, else GET
  std::string echo_path;  // of the origin echo, asked after the health page; empty: none
  friend auto operator<=>(const HttpSpec&, const HttpSpec&) = default;
};

// One probe to be repeated, checked and free of any controller's numbering: two controllers that
// ask for equal specs share one probe.
struct ProbeSpec {
  Leg leg = Leg::kByName;
  absl::Duration interval;
  absl::Duration timeout;  // of the whole probe; below `interval`
  absl::Duration slow_after = absl::InfiniteDuration();
  std::optional<IpAddress> source;   // to probe from; nothing: the kernel's choice
  std::string name;                  // resolved afresh each time; empty where addresses are given
  std::vector<IpAddress> addresses;  // used in turn
  std::vector<Endpoint> resolvers;   // asked for `name`; empty: the system's
  uint16_t port = 0;
  std::optional<HttpSpec> http;  // nothing: a TCP connection, opened and closed

  auto Fields() const {
    return std::tie(leg, interval, timeout, slow_after, source, name, addresses, resolvers, port,
                    http);
  }
  friend bool operator==(const ProbeSpec& a, const ProbeSpec& b) {
    return a.Fields() == b.Fields();
  }
  friend bool operator<(const ProbeSpec& a, const ProbeSpec& b) { return a.Fields() < b.Fields(); }
};

}  // namespace lifeboat::agent

#endif  // LIFEBOAT_AGENT_PLAN_PROBE_SPEC_H_
