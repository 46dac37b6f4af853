#include "controller/admin/path_view.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "controller/admin/wire.h"
#include "controller/admin/words.h"

namespace lifeboat::admin {
namespace {

v1::Mark MarkOf(VoteKind kind) {
  switch (kind) {
    case VoteKind::kUp:
      return v1::MARK_OK;
    case VoteKind::kDegraded:
    case VoteKind::kOscillating:
      return v1::MARK_WARNING;
    case VoteKind::kDown:
      return v1::MARK_FAILING;
    case VoteKind::kAbstain:
      return v1::MARK_SILENT;
  }
  return v1::MARK_UNSPECIFIED;
}

v1::Mark MarkOf(Verdict verdict) {
  switch (verdict) {
    case Verdict::kUp:
      return v1::MARK_OK;
    case Verdict::kDegraded:
    case Verdict::kUndecided:
      return v1::MARK_WARNING;
    case Verdict::kDown:
      return v1::MARK_FAILING;
    case Verdict::kBlind:
      return v1::MARK_SILENT;
  }
  return v1::MARK_UNSPECIFIED;
}

v1::EvidenceOfProbe MakeEvidence(const Evidence& evidence, Instant now) {
  v1::EvidenceOfProbe proto;
  proto.set_class_(ToProto(evidence.probe_class));
  proto.set_http_status(static_cast<uint32_t>(std::max(evidence.http_status, 0)));
  *proto.mutable_latency() = ToProto(evidence.latency);
  *proto.mutable_age() = ToProto(std::max(now - evidence.at, absl::ZeroDuration()));
  proto.set_address(Printable(evidence.address));
  proto.set_detail(Printable(evidence.detail, 300));
  return proto;
}

// "HTTP_EDGE 502", or the latency where all was well.
std::string EvidenceWords(const Evidence& evidence) {
  if (evidence.probe_class == ProbeClass::kOk) return Span(evidence.latency);
  if (evidence.probe_class == ProbeClass::kSlow)
    return absl::StrCat("SLOW ", Span(evidence.latency));
  const std::string name(ProbeClassName(evidence.probe_class));
  return evidence.http_status == 0 ? name : absl::StrCat(name, " ", evidence.http_status);
}

std::string VoteWords(const Vote& vote) {
  if (vote.kind == VoteKind::kAbstain) {
    return absl::StrCat("ABSTAIN ", AbstentionWords(vote.abstention));
  }
  const bool half = vote.doubted && vote.kind == VoteKind::kDown;
  const std::string kind = absl::StrCat(half ? "½ " : "", VoteKindName(vote.kind));
  return vote.by_name.has_value() ? absl::StrCat(kind, " ", EvidenceWords(*vote.by_name)) : kind;
}

v1::BallotView MakeBallotView(const Ballot& ballot, Instant now) {
  const Vote& vote = ballot.vote;
  v1::BallotView proto;
  proto.set_vantage(ballot.vantage.name);
  proto.set_mark(MarkOf(vote.kind));
  proto.set_vote(ToProto(vote.kind));
  proto.set_words(VoteWords(vote));
  const bool abstains = vote.kind == VoteKind::kAbstain;
  if (abstains) {
    proto.set_why(Printable(vote.why, 300));
  } else if (vote.by_name.has_value()) {
    proto.set_why(Printable(vote.by_name->detail, 300));
  }
  if (vote.by_name.has_value()) *proto.mutable_by_name() = MakeEvidence(*vote.by_name, now);
  if (vote.pinned.has_value()) *proto.mutable_pinned() = MakeEvidence(*vote.pinned, now);
  return proto;
}

// "UP 5/5": how many hold what the verdict says, of those who vote; BLIND: how many vote at all.
std::string VerdictWords(const PathSnapshot& path) {
  const Tally& tally = path.tally;
  const auto worse = std::count_if(path.ballots.begin(), path.ballots.end(), [](const Ballot& b) {
    return b.vote.kind != VoteKind::kAbstain && b.vote.kind != VoteKind::kUp;
  });
  const std::string name(VerdictName(tally.verdict));
  switch (tally.verdict) {
    case Verdict::kUp:
      return absl::StrCat(name, " ", tally.voters - worse, "/", tally.voters);
    case Verdict::kDegraded:
      return absl::StrCat(name, " ", worse, "/", tally.voters);
    case Verdict::kDown:
    case Verdict::kUndecided:
      return absl::StrCat(name, " ", tally.down_voters, "/", tally.voters);
    case Verdict::kBlind:
      return absl::StrCat(name, " ", tally.voters, "/", path.ballots.size());
  }
  return name;
}

// "regions: EU DOWN, weight 3; NA UP, weight 2 · DOWN share of 2 regions 0.60 (needs ≥ 0.50 of ≥
// 2)".
std::string RegionsWords(const PathSnapshot& path, const QuorumPolicy& policy) {
  std::vector<std::string> regions;
  for (const RegionVote& vote : CountEachRegion(policy, path.ballots)) {
    const std::string verdict(vote.verdict == Verdict::kBlind ? "abstains"
                                                              : VerdictName(vote.verdict));
    regions.push_back(absl::StrCat(vote.region.empty() ? "unnamed" : Printable(vote.region), " ",
                                   verdict, ", weight ", vote.weight));
  }
  const Tally& tally = path.tally;
  const double share =
      tally.regions_weight_voted > 0 ? tally.regions_weight_down / tally.regions_weight_voted : 0;
  return absl::StrFormat("regions: %s · DOWN share of %d regions %.2f (needs ≥ %.2f of ≥ %d)",
                         absl::StrJoin(regions, "; "), tally.regions, share, policy.regions->share,
                         policy.regions->min_regions);
}

std::string TallyWords(const PathSnapshot& path, const QuorumPolicy& policy) {
  const Tally& tally = path.tally;
  std::string words =
      absl::StrFormat("DOWN share %.2f of %s (needs ≥ %.2f) · voters %d (≥ %d) · AS %d (≥ %d)",
                      tally.down_share(), Counted(tally.voters, "voter"), policy.share,
                      tally.voters, policy.min_voters, tally.asns, policy.min_asns);
  if (policy.min_countries > 1) {
    absl::StrAppendFormat(&words, " · countries %d (≥ %d)", tally.countries, policy.min_countries);
  }
  absl::StrAppendFormat(&words, " · turnout %.2f (≥ %.2f)", tally.turnout(), policy.min_turnout);
  if (tally.down_voters > 0) {
    absl::StrAppendFormat(&words, " · DOWN voters' AS %d (≥ %d)", tally.down_asns, policy.min_asns);
  }
  if (policy.regions) absl::StrAppend(&words, " · ", RegionsWords(path, policy));
  return words;
}

}  // namespace

v1::PathView MakePathView(const PathSnapshot& path, const QuorumPolicy& policy, Instant now) {
  v1::PathView proto;
  proto.set_path(path.path.ToString());
  proto.set_mark(MarkOf(path.tally.verdict));
  proto.set_verdict(ToProto(path.tally.verdict));
  proto.set_words(VerdictWords(path));
  proto.set_why(Printable(Words(policy, path.tally)));
  *proto.mutable_verdict_for() = ToProto(path.verdict_for);
  for (const Ballot& ballot : path.ballots) *proto.add_ballots() = MakeBallotView(ballot, now);
  proto.set_tally(TallyWords(path, policy));
  proto.set_voters(path.tally.voters);
  proto.set_abstainers(path.tally.abstainers);
  proto.set_down_voters(path.tally.down_voters);
  proto.set_down_share(path.tally.down_share());
  proto.set_turnout(path.tally.turnout());
  return proto;
}

}  // namespace lifeboat::admin
