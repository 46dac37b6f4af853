#ifndef LIFEBOAT_CONTROLLER_QUORUM_ATTRIBUTION_H_
#define LIFEBOAT_CONTROLLER_QUORUM_ATTRIBUTION_H_

#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "controller/quorum/quorum.h"

namespace lifeboat {

enum class Attribution {
  kNone,            // nothing is down
  kEdge,            // the edge fails while an exit serves
  kOrigin,          // a tunnel reaches the origin's side, and the origin refuses or answers 5xx
  kEdgeOriginPath,  // the edge is down and no tunnel is up: the origin's uplink, or all of them
  kDnsPlane,        // the edge answers at its address, its name does not resolve to it
  kVantage,         // some say DOWN, the quorum does not
  kUnknown,
};
absl::string_view AttributionName(Attribution attribution);

// What the far end of the tunnel last did with a visitor's stream.
enum class Upstream { kUnknown, kAnswered, kRefused, kNoChannel };

// What is known of one exit path besides its votes.
struct ExitFacts {
  std::string name;
  Tally tally;
  bool connected = false;  // to this controller
  bool tunnel_up = false;
  Upstream upstream = Upstream::kUnknown;  // kUnknown also where the word is old
};

// Whose fault it is and by which sign. Plain: to attribute allocates nothing.
struct Cause {
  enum class Reason {
    kNone,
    kTooFewSayDown,
    kNameFails,
    kExitServes,
    kOriginRefuses,
    kExitBringsOriginsErrors,
    kErrorsAreTheOrigins,
    kNoTunnel,
    kNobodyTells,
  };
  Attribution attribution = Attribution::kNone;
  Reason reason = Reason::kNone;
  int exit = -1;  // the place, as listed, of the exit that tells; −1: none does
};

// Whose fault it is that the edge is as `edge` says, from all paths together. First match wins:
//   not DOWN                                         NONE, or VANTAGE if somebody votes DOWN
//   by name fails and pinned answers, `share` of the DOWN weight   DNS_PLANE
//   an exit is UP by quorum                          EDGE
//   a tunnel is up, and its upstream refused or `share` of its exit's DOWN weight saw HTTP_ORIGIN,
//   or `share` of the edge's DOWN weight did         ORIGIN
//   no tunnel is up                                  EDGE_ORIGIN_PATH
//   otherwise                                        UNKNOWN
Cause Attribute(const QuorumPolicy& policy, const Tally& edge, absl::Span<const ExitFacts> exits);

// The cause in words, for people: "exit/nyc serves while the edge does not". `exit` is the name of
// the exit that `cause` points at, empty if it points at none.
std::string Words(const Cause& cause, const Tally& edge, absl::string_view exit);

}  // namespace lifeboat

#endif  // LIFEBOAT_CONTROLLER_QUORUM_ATTRIBUTION_H_
