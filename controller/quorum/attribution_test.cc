#include "controller/quorum/attribution.h"

#include <gtest/gtest.h>

#include <vector>

namespace lifeboat {
namespace {

const QuorumPolicy kPolicy{.share = 0.5, .min_voters = 3, .min_asns = 2};

Evidence Saw(ProbeClass probe_class) {
  Evidence evidence;
  evidence.probe_class = probe_class;
  return evidence;
}

Ballot Says(VoteKind kind, uint32_t asn, ProbeClass by_name, std::optional<ProbeClass> pinned) {
  Ballot ballot;
  ballot.vantage = {.name = "v", .weight = 1, .asn = asn, .country = "DE", .continent = ""};
  ballot.vote.kind = kind;
  ballot.vote.by_name = Saw(by_name);
  if (pinned) ballot.vote.pinned = Saw(*pinned);
  return ballot;
}

Ballots AllDown(ProbeClass by_name, std::optional<ProbeClass> pinned) {
  return {Says(VoteKind::kDown, 1, by_name, pinned), Says(VoteKind::kDown, 2, by_name, pinned),
          Says(VoteKind::kDown, 3, by_name, pinned)};
}

ExitFacts Exit(Verdict verdict, bool tunnel_up, Upstream upstream) {
  ExitFacts facts;
  facts.name = "nyc";
  facts.tally.verdict = verdict;
  facts.connected = true;
  facts.tunnel_up = tunnel_up;
  facts.upstream = upstream;
  return facts;
}

Attribution Of(const Ballots& ballots, const std::vector<ExitFacts>& exits) {
  return Attribute(kPolicy, Count(kPolicy, ballots), exits).attribution;
}

TEST(AttributeTest, FollowsTheDesignsOrder) {
  const auto edge_502 = AllDown(ProbeClass::kHttpEdge, ProbeClass::kHttpEdge);
  const auto name_fails = AllDown(ProbeClass::kDns, ProbeClass::kOk);
  const auto origin_5xx = AllDown(ProbeClass::kHttpOrigin, ProbeClass::kHttpOrigin);
  const ExitFacts up = Exit(Verdict::kUp, true, Upstream::kAnswered);
  const ExitFacts refused = Exit(Verdict::kDown, true, Upstream::kRefused);
  const ExitFacts no_tunnel = Exit(Verdict::kDown, false, Upstream::kNoChannel);
  const ExitFacts strange = Exit(Verdict::kDown, true, Upstream::kAnswered);

  EXPECT_EQ(Of(edge_502, {up}), Attribution::kEdge);
  EXPECT_EQ(Of(name_fails, {up}), Attribution::kDnsPlane);
  EXPECT_EQ(Of(edge_502, {refused}), Attribution::kOrigin);
  EXPECT_EQ(Of(origin_5xx, {strange}), Attribution::kOrigin);
  EXPECT_EQ(Of(edge_502, {no_tunnel}), Attribution::kEdgeOriginPath);
  EXPECT_EQ(Of(edge_502, {}), Attribution::kEdgeOriginPath);
  EXPECT_EQ(Of(edge_502, {strange}), Attribution::kUnknown);
  EXPECT_EQ(Of(edge_502, {refused, up}), Attribution::kEdge);
}

TEST(AttributeTest, TakesAnOldWordOfTheUpstreamForNone) {
  const ExitFacts unknown = Exit(Verdict::kDown, true, Upstream::kUnknown);
  EXPECT_EQ(Of(AllDown(ProbeClass::kHttpEdge, std::nullopt), {unknown}), Attribution::kUnknown);
}

TEST(AttributeTest, BlamesTheVantageWhenTheQuorumDisagrees) {
  const Ballots ballots = {Says(VoteKind::kDown, 1, ProbeClass::kReset, std::nullopt),
                           Says(VoteKind::kUp, 2, ProbeClass::kOk, std::nullopt),
                           Says(VoteKind::kUp, 3, ProbeClass::kOk, std::nullopt)};
  EXPECT_EQ(Of(ballots, {}), Attribution::kVantage);
  EXPECT_EQ(Of({}, {}), Attribution::kNone);
}

// An exit whose DOWN voters saw these classes, one each.
ExitFacts ExitSeen(const std::vector<ProbeClass>& classes, bool tunnel_up, Upstream upstream) {
  Ballots ballots;
  uint32_t asn = 0;
  for (const ProbeClass seen : classes) {
    const VoteKind kind = IsGood(seen) ? VoteKind::kUp : VoteKind::kDown;
    ballots.push_back(Says(kind, ++asn, seen, std::nullopt));
  }
  ExitFacts facts = Exit(Verdict::kBlind, tunnel_up, upstream);
  facts.tally = Count(kPolicy, ballots);
  return facts;
}

// The outages of research/outages.md on which the answer hangs.
TEST(AttributeTest, IsRightAboutTheOutagesOnRecord) {
  using enum ProbeClass;
  const std::vector<ProbeClass> ok(4, kOk), reset(4, kReset), timeout(4, kTimeoutConnect);
  const std::vector<ProbeClass> origins_and_timeouts = {kHttpOrigin, kHttpOrigin, kTimeoutConnect,
                                                        kTimeoutConnect};
  struct Scenario {
    const char* what;
    Ballots edge;
    std::vector<ExitFacts> exits;
    Attribution want;
  };
  const Scenario kScenarios[] = {
      {"S01: the edge answers 502, the exit serves",
       AllDown(kHttpEdge, kHttpEdge),
       {ExitSeen(ok, true, Upstream::kAnswered)},
       Attribution::kEdge},
      {"S02: 530, the edge has lost the tunnel to it",
       AllDown(kHttpEdge, kHttpEdge),
       {ExitSeen(ok, true, Upstream::kUnknown)},
       Attribution::kEdge},
      {"S03: the name does not resolve, the pinned address does not answer either",
       AllDown(kDns, kTimeoutConnect),
       {ExitSeen(ok, true, Upstream::kAnswered)},
       Attribution::kEdge},
      {"S03: only the resolver that shares fate with the edge is gone",
       AllDown(kDns, kOk),
       {ExitSeen(ok, true, Upstream::kAnswered)},
       Attribution::kDnsPlane},
      {"S16: the very hostname answers 500, the pinned probe asks for the same name",
       AllDown(kHttpEdge, kHttpEdge),
       {ExitSeen(ok, true, Upstream::kAnswered)},
       Attribution::kEdge},
      {"X03: the edge makes a 502 of a dead origin, the connector is refused",
       AllDown(kHttpEdge, kHttpEdge),
       {ExitSeen(reset, true, Upstream::kRefused)},
       Attribution::kOrigin},
      {"X03: no word of the upstream, the exit brings the origin's own errors",
       AllDown(kHttpEdge, kHttpEdge),
       {ExitSeen(origins_and_timeouts, true, Upstream::kUnknown)},
       Attribution::kOrigin},
      {"X03: the second exit tells what the first cannot",
       AllDown(kHttpEdge, kHttpEdge),
       {ExitSeen(timeout, false, Upstream::kNoChannel),
        ExitSeen(origins_and_timeouts, true, Upstream::kUnknown)},
       Attribution::kOrigin},
      {"X03: the origin's errors come through the edge as well, and prove themselves",
       AllDown(kHttpOrigin, kHttpOrigin),
       {ExitSeen(timeout, true, Upstream::kUnknown)},
       Attribution::kOrigin},
      {"X04: all is down, tunnels too",
       AllDown(kTimeoutConnect, kTimeoutConnect),
       {ExitSeen(timeout, false, Upstream::kNoChannel),
        ExitSeen(timeout, false, Upstream::kUnknown)},
       Attribution::kEdgeOriginPath},
      {"X04: errors of the origin, seen through a tunnel that is gone, are old news",
       AllDown(kTimeoutConnect, kTimeoutConnect),
       {ExitSeen(origins_and_timeouts, false, Upstream::kRefused)},
       Attribution::kEdgeOriginPath},
      {"an exit that is gone tells nothing of the origin behind it",
       AllDown(kHttpEdge, kHttpEdge),
       {ExitSeen(timeout, true, Upstream::kAnswered)},
       Attribution::kUnknown},
      {"X12: a cached page without the echo",
       AllDown(kBadBody, kBadBody),
       {ExitSeen(ok, true, Upstream::kAnswered)},
       Attribution::kEdge},
  };
  for (const Scenario& s : kScenarios) {
    EXPECT_EQ(AttributionName(Of(s.edge, s.exits)), AttributionName(s.want)) << s.what;
  }
}

TEST(AttributeTest, PointsAtTheExitThatTells) {
  const Tally edge = Count(kPolicy, AllDown(ProbeClass::kHttpEdge, ProbeClass::kHttpEdge));
  const std::vector<ExitFacts> exits = {Exit(Verdict::kDown, false, Upstream::kNoChannel),
                                        Exit(Verdict::kUp, true, Upstream::kAnswered)};
  const Cause cause = Attribute(kPolicy, edge, exits);
  EXPECT_EQ(cause.exit, 1);
  EXPECT_EQ(Words(cause, edge, "ams"), "exit/ams serves while the edge does not");
}

TEST(AttributeTest, NeedsTheShareOfTheDownVotersForTheDnsPlane) {
  Ballots ballots = AllDown(ProbeClass::kHttpEdge, ProbeClass::kHttpEdge);
  const std::vector<ExitFacts> exits = {Exit(Verdict::kUp, true, Upstream::kAnswered)};
  ballots[0] = Says(VoteKind::kDown, 1, ProbeClass::kDns, ProbeClass::kOk);
  EXPECT_EQ(Of(ballots, exits), Attribution::kEdge);
  ballots[1] = Says(VoteKind::kDown, 2, ProbeClass::kDns, ProbeClass::kOk);
  EXPECT_EQ(Of(ballots, exits), Attribution::kDnsPlane);
}

}  // namespace
}  // namespace lifeboat
