#ifndef LIFEBOAT_CONTROLLER_QUORUM_VOTE_H_
#define LIFEBOAT_CONTROLLER_QUORUM_VOTE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/clock.h"

namespace lifeboat {

// How one probe ended; the contract is ProbeClass in proto/lifeboat/v1/types.proto.
enum class ProbeClass : uint8_t {
  kOk,
  kSlow,
  kHttpEdge,
  kHttpOrigin,
  kRefused,
  kTimeoutConnect,
  kTimeoutRead,
  kReset,
  kTls,
  kDns,
  kBadBody,
};

// "OK", "HTTP_EDGE", …: as people read it.
absl::string_view ProbeClassName(ProbeClass probe_class);

// Whether the path served: OK or SLOW.
inline bool IsGood(ProbeClass probe_class) {
  return probe_class == ProbeClass::kOk || probe_class == ProbeClass::kSlow;
}

enum class VoteKind : uint8_t { kUp, kDegraded, kDown, kOscillating, kAbstain };
absl::string_view VoteKindName(VoteKind kind);

// Why a vantage does not vote on a path.
enum class Abstention : uint8_t {
  kNone,
  kDisconnected,        // no stream to this controller
  kWarming,             // its filter does not hold a full window yet
  kPanelBad,            // too few control targets answer: it is the vantage that is cut off
  kResolverDead,        // none of its resolvers answers anything
  kStalled,             // its probes start late: it is starved
  kSkewed,              // it dates observations into the future
  kLate,                // what arrives is a backlog
  kStaleConfiguration,  // it probes by older assignments than ours
  kStale,               // nothing fresh arrives on this path
  kRefused,             // the edge refuses this vantage while it may serve users
};
// "panel bad", "warming", …: as people read it.
absl::string_view AbstentionWords(Abstention abstention);

// Whether the origin's echo came with a probe: proof that it was the origin that was reached.
enum class Echo { kNotAsked, kGood, kMissing };

// What the newest probe of a leg saw.
struct Evidence {
  ProbeClass probe_class = ProbeClass::kOk;
  Echo echo = Echo::kNotAsked;
  int http_status = 0;                                      // 0 where none came
  absl::Duration latency;                                   // whole probe
  Instant at;                                               // when it ended, in our time
  std::string address;                                      // of the peer, in text; empty if none
  std::string detail;                                       // in words what failed; empty when good
  absl::Time certificate_not_after = absl::InfinitePast();  // InfinitePast where none was seen
};

// What one vantage holds of one path.
struct Vote {
  VoteKind kind = VoteKind::kAbstain;
  Abstention abstention = Abstention::kDisconnected;  // kNone unless kAbstain
  std::string why;                  // the abstention in full: "2 of 5 panel targets answer"
  std::optional<Evidence> by_name;  // newest of the leg that votes (on an exit: the pinned one)
  std::optional<Evidence>
      pinned;            // newest of the leg that attributes; only on the edge, only if fresh
  bool doubted = false;  // as in Standing
};

// What of a vote verdicts rest on: small and without words, because it is counted at each turn.
struct Standing {
  VoteKind kind = VoteKind::kAbstain;
  Abstention abstention = Abstention::kDisconnected;  // kNone unless kAbstain
  std::optional<ProbeClass> by_name;
  std::optional<ProbeClass> pinned;
  bool doubted = false;  // it has long stood against all others: its DOWN weighs half

  friend bool operator==(const Standing&, const Standing&) = default;
};
Standing StandingOf(const Vote& vote);

// One configured vantage. Weight and network come from the configuration, never from the agent.
struct Vantage {
  std::string name;
  double weight = 1;
  uint32_t asn = 0;
  std::string country;    // ISO 3166-1 alpha-2
  std::string continent;  // may be empty
};

struct Ballot {
  Vantage vantage;
  Vote vote;
};
// One for each configured vantage, in the order of the configuration, so that runs replay.
using Ballots = std::vector<Ballot>;

}  // namespace lifeboat

#endif  // LIFEBOAT_CONTROLLER_QUORUM_VOTE_H_
