#include "controller/quorum/attribution.h"

#include <gtest/gtest.h>

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
