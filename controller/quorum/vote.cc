#include "controller/quorum/vote.h"

namespace lifeboat {

absl::string_view ProbeClassName(ProbeClass probe_class) {
  switch (probe_class) {
    case ProbeClass::kOk:
      return "OK";
    case ProbeClass::kSlow:
      return "SLOW";
    case ProbeClass::kHttpEdge:
      return "HTTP_EDGE";
    case ProbeClass::kHttpOrigin:
      return "HTTP_ORIGIN";
    case ProbeClass::kRefused:
      return "REFUSED";
    case ProbeClass::kTimeoutConnect:
      return "TIMEOUT_CONNECT";
    case ProbeClass::kTimeoutRead:
      return "TIMEOUT_READ";
    case ProbeClass::kReset:
      return "RESET";
    case ProbeClass::kTls:
      return "TLS";
    case ProbeClass::kDns:
      return "DNS";
    case ProbeClass::kBadBody:
      return "BAD_BODY";
  }
  return "?";
}

absl::string_view VoteKindName(VoteKind kind) {
  switch (kind) {
    case VoteKind::kUp:
      return "UP";
    case VoteKind::kDegraded:
      return "DEGRADED";
    case VoteKind::kDown:
      return "DOWN";
    case VoteKind::kOscillating:
      return "OSCILLATING";
    case VoteKind::kAbstain:
      return "ABSTAIN";
  }
  return "?";
}

absl::string_view AbstentionWords(Abstention abstention) {
  switch (abstention) {
    case Abstention::kNone:
      return "";
    case Abstention::kDisconnected:
      return "not connected";
    case Abstention::kWarming:
      return "warming";
    case Abstention::kPanelBad:
      return "panel bad";
    case Abstention::kResolverDead:
      return "resolvers dead";
    case Abstention::kStalled:
      return "stalled";
    case Abstention::kSkewed:
      return "skewed";
    case Abstention::kLate:
      return "late";
    case Abstention::kStale:
      return "stale";
    case Abstention::kStaleConfiguration:
      return "stale configuration";
    case Abstention::kRefused:
      return "refused by the edge";
  }
  return "?";
}

Standing StandingOf(const Vote& vote) {
  Standing standing{.kind = vote.kind, .abstention = vote.abstention, .doubted = vote.doubted};
  if (vote.by_name) standing.by_name = vote.by_name->probe_class;
  if (vote.pinned) standing.pinned = vote.pinned->probe_class;
  return standing;
}

}  // namespace lifeboat
