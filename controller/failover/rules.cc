#include "controller/failover/rules.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace lifeboat {
namespace {

std::string VotesInWords(const ServiceSettings& settings, const Tally& tally) {
  return absl::StrCat(VerdictName(tally.verdict), " (", Words(settings.quorum, tally), ")");
}

const PathSnapshot* FindPath(const Sight& sight, const Path& path) {
  for (const PathSnapshot& candidate : sight.paths) {
    if (candidate.path == path) return &candidate;
  }
  return nullptr;
}

RuleAnswer FromIsDown(const ServiceSettings& settings, const Proposal& proposal,
                      const Sight& sight) {
  RuleAnswer answer{.name = "verdict", .ok = true, .words = "asked for by a person"};
  if (proposal.by_person) return answer;
  const PathSnapshot* from = FindPath(sight, proposal.from);
  answer.ok = from != nullptr && from->tally.verdict == Verdict::kDown;
  answer.words = absl::StrCat(proposal.from.ToString(), " is ",
                              from == nullptr ? "unknown" : VotesInWords(settings, from->tally));
  return answer;
}

RuleAnswer HoldIsOver(const ServiceSettings& settings, const Proposal& proposal) {
  const absl::Duration hold = settings.quorum.hold;
  RuleAnswer answer{.name = "hold", .ok = true, .words = "asked for by a person"};
  if (proposal.by_person) return answer;
  answer.ok = proposal.down_for >= hold;
  answer.words = absl::StrCat(
      absl::FormatDuration(absl::Trunc(std::min(proposal.down_for, hold), absl::Milliseconds(100))),
      " of ", absl::FormatDuration(hold));
  return answer;
}

// A filter that says DOWN until enough good results came in a row is late with good news. While
// most of those who say DOWN have just seen the path serve, a move would come after the fault.
RuleAnswer StillFails(const ServiceSettings& settings, const Proposal& proposal,
                      const Sight& sight) {
  RuleAnswer answer{.name = "still failing", .ok = true, .words = "asked for by a person"};
  if (proposal.by_person) return answer;
  answer.words = absl::StrCat("newest probes of ", proposal.from.ToString(), " fail");
  const PathSnapshot* from = FindPath(sight, proposal.from);
  if (from == nullptr || from->tally.verdict != Verdict::kDown) return answer;
  int recovering = 0;
  double weight_recovering = 0;
  for (const auto& [vantage, vote] : from->ballots) {
    if (vote.kind != VoteKind::kDown || !vote.by_name) continue;
    if (!IsGood(vote.by_name->probe_class)) continue;
    ++recovering;
    weight_recovering += vantage.weight;
  }
  const double still_down = from->tally.weight_down - weight_recovering;
  answer.ok = recovering == 0 || still_down >= settings.quorum.share * from->tally.weight_voted;
  if (!answer.ok) {
    answer.words =
        absl::StrCat(proposal.from.ToString(), " seems to recover: the newest probe of ",
                     recovering, " of ", from->tally.down_voters, " who say DOWN is good");
  }
  return answer;
}

RuleAnswer NotPaused(const Proposal& proposal) {
  return {.name = "not paused",
          .ok = !proposal.paused,
          .words = proposal.paused ? absl::StrCat("paused: ", proposal.paused_reason)
                                   : "no pause is in force"};
}

RuleAnswer AttributionAllows(const ServiceSettings& settings, const Proposal& proposal,
                             const Sight& sight) {
  const std::string why = sight.CauseWords();
  RuleAnswer answer{.name = "attribution",
                    .ok = true,
                    .words = absl::StrCat(AttributionName(sight.cause.attribution),
                                          why.empty() ? "" : ": ", why)};
  if (proposal.by_person || !proposal.from.is_edge()) return answer;
  if (sight.cause.attribution == Attribution::kOrigin) {
    answer.ok = false;
    absl::StrAppend(&answer.words, "; no other way leads to a healthier origin");
  }
  if (sight.cause.attribution == Attribution::kDnsPlane && settings.edge_name_in_lever_zone) {
    answer.ok = false;
    absl::StrAppend(&answer.words, "; the failing zone is the one that the lever writes");
  }
  return answer;
}

RuleAnswer TargetIsUp(const ServiceSettings& settings, const Proposal& proposal,
                      const Sight& sight) {
  const PathSnapshot* to = FindPath(sight, proposal.to);
  return {.name = "target up",
          .ok = to != nullptr && to->tally.verdict == Verdict::kUp,
          .words = absl::StrCat(proposal.to.ToString(), " is ",
                                to == nullptr ? "unknown" : VotesInWords(settings, to->tally))};
}

RuleAnswer ExitIsConnected(const Proposal& proposal, const Sight& sight) {
  const ExitFacts* exit = sight.FindExit(proposal.to.exit);
  const bool ok = exit != nullptr && exit->connected;
  return {.name = "exit connected",
          .ok = ok,
          .words = absl::StrCat(proposal.to.ToString(),
                                ok ? " listens to this controller" : " is not connected here")};
}

RuleAnswer TunnelIsUp(const Proposal& proposal, const Sight& sight) {
  const ExitFacts* exit = sight.FindExit(proposal.to.exit);
  const bool ok = exit != nullptr && exit->tunnel_up;
  return {.name = "tunnel up",
          .ok = ok,
          .words = absl::StrCat("the origin's connector is ", ok ? "" : "not ", "connected to ",
                                proposal.to.ToString())};
}

RuleAnswer SomeLeverWorks(const Sight& sight) {
  const LeverSight* usable = UsableLever(sight);
  if (usable != nullptr) {
    return {.name = "lever",
            .ok = true,
            .words = absl::StrCat(usable->name, " is ", LeverStateName(usable->health.state))};
  }
  if (sight.levers.empty()) {
    return {.name = "lever", .ok = false, .words = "no lever is configured"};
  }
  return {.name = "lever",
          .ok = false,
          .words = absl::StrJoin(sight.levers, "; ", [](std::string* out, const LeverSight& lever) {
            absl::StrAppend(out, lever.name, " is ", LeverStateName(lever.health.state), ": ",
                            lever.health.why);
          })};
}

RuleAnswer Sound(absl::string_view name, const std::string& trouble, absl::string_view well) {
  return {.name = std::string(name),
          .ok = trouble.empty(),
          .words = trouble.empty() ? std::string(well) : trouble};
}

}  // namespace

const LeverSight* UsableLever(const Sight& sight) {
  const LeverSight* unchecked = nullptr;
  for (const LeverSight& lever : sight.levers) {
    if (lever.health.state == LeverState::kOk) return &lever;
    if (lever.health.state == LeverState::kUnchecked && unchecked == nullptr) unchecked = &lever;
  }
  return unchecked;
}

std::vector<RuleAnswer> Judge(const ServiceSettings& settings, const Proposal& proposal,
                              const Sight& sight) {
  return {
      Sound("epoch", sight.amnesia, "nobody knows a higher epoch"),
      Sound("journal", sight.journal_trouble, "it can be written"),
      FromIsDown(settings, proposal, sight),
      HoldIsOver(settings, proposal),
      StillFails(settings, proposal, sight),
      NotPaused(proposal),
      AttributionAllows(settings, proposal, sight),
      TargetIsUp(settings, proposal, sight),
      ExitIsConnected(proposal, sight),
      TunnelIsUp(proposal, sight),
      SomeLeverWorks(sight),
      Sound("records", proposal.records_trouble, "DNS says what is expected"),
  };
}

bool IsAboutTheFailure(const RuleAnswer& answer) {
  return answer.name == "verdict" || answer.name == "hold" || answer.name == "still failing" ||
         answer.name == "attribution";
}

const RuleAnswer* FirstHolder(const std::vector<RuleAnswer>& answers) {
  for (const RuleAnswer& answer : answers) {
    if (!answer.ok) return &answer;
  }
  return nullptr;
}

}  // namespace lifeboat
