#include "controller/quorum/attribution.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace lifeboat {
namespace {

// The first exit for which `holds`, or −1.
template <typename Predicate>
int FirstExit(absl::Span<const ExitFacts> exits, const Predicate& holds) {
  const auto found = std::find_if(exits.begin(), exits.end(), holds);
  return found == exits.end() ? -1 : static_cast<int>(found - exits.begin());
}

bool ExitServes(const ExitFacts& exit) { return Serves(exit.tally.verdict); }

bool OriginRefuses(const ExitFacts& exit) {
  return exit.tunnel_up && exit.upstream == Upstream::kRefused;
}

}  // namespace

absl::string_view AttributionName(Attribution attribution) {
  switch (attribution) {
    case Attribution::kNone:
      return "NONE";
    case Attribution::kEdge:
      return "EDGE";
    case Attribution::kOrigin:
      return "ORIGIN";
    case Attribution::kEdgeOriginPath:
      return "EDGE_ORIGIN_PATH";
    case Attribution::kDnsPlane:
      return "DNS_PLANE";
    case Attribution::kVantage:
      return "VANTAGE";
    case Attribution::kUnknown:
      return "UNKNOWN";
  }
  return "?";
}

Cause Attribute(const QuorumPolicy& policy, const Tally& edge, absl::Span<const ExitFacts> exits) {
  if (edge.verdict != Verdict::kDown) {
    if (edge.down_voters == 0) return {};
    return {Attribution::kVantage, Cause::Reason::kTooFewSayDown, -1};
  }
  if (ReachesShare(edge.weight_down_by_name, policy.share, edge.weight_down)) {
    return {Attribution::kDnsPlane, Cause::Reason::kNameFails, -1};
  }
  if (const int exit = FirstExit(exits, ExitServes); exit >= 0) {
    return {Attribution::kEdge, Cause::Reason::kExitServes, exit};
  }
  if (const int exit = FirstExit(exits, OriginRefuses); exit >= 0) {
    return {Attribution::kOrigin, Cause::Reason::kOriginRefuses, exit};
  }
  const auto brings_origins_errors = [&policy](const ExitFacts& exit) {
    return exit.tunnel_up && exit.tally.verdict == Verdict::kDown &&
           ReachesShare(exit.tally.weight_down_at_origin, policy.share, exit.tally.weight_down);
  };
  if (const int exit = FirstExit(exits, brings_origins_errors); exit >= 0) {
    return {Attribution::kOrigin, Cause::Reason::kExitBringsOriginsErrors, exit};
  }
  if (ReachesShare(edge.weight_down_at_origin, policy.share, edge.weight_down)) {
    return {Attribution::kOrigin, Cause::Reason::kErrorsAreTheOrigins, -1};
  }
  if (FirstExit(exits, [](const ExitFacts& exit) { return exit.tunnel_up; }) < 0) {
    return {Attribution::kEdgeOriginPath, Cause::Reason::kNoTunnel, -1};
  }
  return {Attribution::kUnknown, Cause::Reason::kNobodyTells, -1};
}

std::string Words(const Cause& cause, const Tally& edge, absl::string_view exit) {
  switch (cause.reason) {
    case Cause::Reason::kNone:
      return "";
    case Cause::Reason::kTooFewSayDown:
      return absl::StrCat(edge.down_voters, " of ", edge.voters,
                          " vantages say DOWN, the quorum does not");
    case Cause::Reason::kNameFails:
      return "by name the edge fails, at its address it answers";
    case Cause::Reason::kExitServes:
      return absl::StrCat("exit/", exit, " serves while the edge does not");
    case Cause::Reason::kOriginRefuses:
      return absl::StrCat("the tunnel to exit/", exit, " is up, and the origin behind it refuses");
    case Cause::Reason::kExitBringsOriginsErrors:
      return absl::StrCat("the tunnel to exit/", exit,
                          " is up, and what comes through it are the origin's own errors");
    case Cause::Reason::kErrorsAreTheOrigins:
      return "the errors come from the origin itself";
    case Cause::Reason::kNoTunnel:
      return "no tunnel is up either: the origin's uplink, or everything, is down";
    case Cause::Reason::kNobodyTells:
      return "the edge is down, and no other path tells why";
  }
  return "?";
}

}  // namespace lifeboat
