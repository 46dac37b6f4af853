#include "controller/quorum/attribution.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace lifeboat {
namespace {

// The DOWN voters' weight for which `sees` holds, as a share of all the DOWN voters' weight.
template <typename Predicate>
double ShareOfDownVoters(const Ballots& ballots, const Predicate& sees) {
  double down = 0, seen = 0;
  for (const auto& [vantage, vote] : ballots) {
    if (vote.kind != VoteKind::kDown) continue;
    down += vantage.weight;
    if (sees(vote)) seen += vantage.weight;
  }
  return down > 0 ? seen / down : 0;
}

bool NameFailsWhileEdgeAnswers(const Vote& vote) {
  return vote.by_name && !IsGood(vote.by_name->probe_class) && vote.pinned &&
         IsGood(vote.pinned->probe_class);
}

bool SawOriginsError(const Vote& vote) {
  return vote.by_name && vote.by_name->probe_class == ProbeClass::kHttpOrigin;
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

Cause Attribute(const QuorumPolicy& policy, const Tally& edge, const Ballots& edge_ballots,
                const std::vector<ExitFacts>& exits) {
  if (edge.verdict != Verdict::kDown) {
    if (edge.down_voters == 0) return {};
    return {Attribution::kVantage, absl::StrCat(edge.down_voters, " of ", edge.voters,
                                                " vantages say DOWN, the quorum does not")};
  }
  if (ShareOfDownVoters(edge_ballots, NameFailsWhileEdgeAnswers) >= policy.share) {
    return {Attribution::kDnsPlane, "by name the edge fails, at its address it answers"};
  }
  for (const ExitFacts& exit : exits) {
    if (exit.tally.verdict != Verdict::kUp) continue;
    return {Attribution::kEdge,
            absl::StrCat("exit/", exit.name, " serves while the edge does not")};
  }
  for (const ExitFacts& exit : exits) {
    if (!exit.tunnel_up || exit.upstream != Upstream::kRefused) continue;
    return {Attribution::kOrigin, absl::StrCat("the tunnel to exit/", exit.name,
                                               " is up, and the origin behind it refuses")};
  }
  if (ShareOfDownVoters(edge_ballots, SawOriginsError) >= policy.share) {
    return {Attribution::kOrigin, "the errors bear the origin's marker"};
  }
  const bool any_tunnel =
      std::any_of(exits.begin(), exits.end(), [](const ExitFacts& exit) { return exit.tunnel_up; });
  if (!any_tunnel) {
    return {Attribution::kEdgeOriginPath,
            "no tunnel is up either: the origin's uplink, or everything, is down"};
  }
  return {Attribution::kUnknown, "the edge is down, and no other path tells why"};
}

}  // namespace lifeboat
