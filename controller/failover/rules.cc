#include "controller/failover/rules.h"

#include <algorithm>
#include <set>

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

// What binds only moves that are made by themselves: a person has seen it, and answers for it.
RuleAnswer AskedFor(absl::string_view rule) {
  return {.name = std::string(rule), .ok = true, .words = "asked for by a person"};
}

std::string Rounded(absl::Duration duration) {
  return absl::FormatDuration(absl::Trunc(duration, absl::Seconds(1)));
}

// What the quorum would hold of `path` if each vote on it were what `as` makes of it.
template <typename As>
Verdict VerdictIf(const QuorumPolicy& policy, const PathSnapshot& path, const As& as) {
  Ballots ballots = path.ballots;
  for (Ballot& ballot : ballots) {
    if (ballot.vote.kind != VoteKind::kAbstain) ballot.vote.kind = as(ballot.vote);
  }
  return Count(policy, ballots).verdict;
}

bool HasJustServed(const Vote& vote) {
  return vote.kind == VoteKind::kDown && vote.by_name && IsGood(vote.by_name->probe_class);
}

// Of those who say DOWN of `path`, how many have just seen it serve; none, if without them it would
// be DOWN all the same.
int Recovering(const QuorumPolicy& policy, const PathSnapshot& path) {
  const auto served =
      std::count_if(path.ballots.begin(), path.ballots.end(),
                    [](const Ballot& ballot) { return HasJustServed(ballot.vote); });
  if (served == 0) return 0;
  const Verdict without = VerdictIf(policy, path, [](const Vote& vote) {
    return HasJustServed(vote) ? VoteKind::kUp : vote.kind;
  });
  return without == Verdict::kDown ? 0 : static_cast<int>(served);
}

RuleAnswer FromIsDown(const ServiceSettings& settings, const Proposal& proposal,
                      const Sight& sight) {
  if (proposal.by_person) return AskedFor("verdict");
  RuleAnswer answer{.name = "verdict", .ok = false, .words = ""};
  const PathSnapshot* from = FindPath(sight, proposal.from);
  answer.ok = from != nullptr && from->tally.verdict == Verdict::kDown;
  answer.words = absl::StrCat(proposal.from.ToString(), " is ",
                              from == nullptr ? "unknown" : VotesInWords(settings, from->tally));
  // A good phase of a path that swings does not undo what a bad one has decided.
  if (!answer.ok && from != nullptr && proposal.standing && Oscillates(settings.quorum, *from)) {
    answer.ok = true;
    absl::StrAppend(&answer.words, "; it OSCILLATES, so the intent stands");
  }
  return answer;
}

RuleAnswer HoldIsOver(const ServiceSettings& settings, const Proposal& proposal) {
  const absl::Duration hold = settings.quorum.hold;
  if (proposal.by_person) return AskedFor("hold");
  RuleAnswer answer{.name = "hold", .ok = true, .words = ""};
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
  if (proposal.by_person) return AskedFor("still failing");
  RuleAnswer answer{.name = "still failing", .ok = true, .words = ""};
  answer.words = absl::StrCat("newest probes of ", proposal.from.ToString(), " fail");
  const PathSnapshot* from = FindPath(sight, proposal.from);
  if (from == nullptr || from->tally.verdict != Verdict::kDown) return answer;
  const int recovering = Recovering(settings.quorum, *from);
  answer.ok = recovering == 0;
  if (!answer.ok) {
    answer.words =
        absl::StrCat(proposal.from.ToString(), " seems to recover: the newest probe of ",
                     recovering, " of ", from->tally.down_voters, " who say DOWN is good");
  }
  return answer;
}

RuleAnswer NotStopped(const Sight& sight) {
  return {.name = "not stopped",
          .ok = sight.stopped.empty(),
          .words = sight.stopped.empty() ? "no global stop is in force"
                                         : absl::StrCat("everything is stopped: ", sight.stopped)};
}

RuleAnswer NotPaused(const Proposal& proposal) {
  return {.name = "not paused",
          .ok = !proposal.paused,
          .words = proposal.paused ? absl::StrCat("paused: ", proposal.paused_reason)
                                   : "no pause is in force"};
}

RuleAnswer NoMaintenance(const ServiceSettings& settings, const Proposal& proposal,
                         const Sight& sight) {
  if (proposal.by_person) return AskedFor("maintenance");
  RuleAnswer answer{.name = "maintenance", .ok = true, .words = "no window is open"};
  for (const MaintenanceWindow& window : settings.safety.maintenance) {
    const auto until = window.OpenUntil(sight.wall);
    if (!until) continue;
    answer.words = absl::StrCat("work is going on until ",
                                absl::FormatTime("%a %H:%M UTC", *until, absl::UTCTimeZone()),
                                window.reason.empty() ? "" : absl::StrCat(": ", window.reason));
    answer.ok = window.break_on_global && FailsEverywhere(sight);
    if (answer.ok) absl::StrAppend(&answer.words, "; but the edge fails everywhere");
    if (!answer.ok) return answer;
  }
  return answer;
}

RuleAnswer AttributionAllows(const ServiceSettings& settings, const Proposal& proposal,
                             const Sight& sight) {
  RuleAnswer answer{.name = "attribution", .ok = true, .words = ""};
  const bool binds = !proposal.by_person && proposal.from.is_edge();
  // An intent that stands in a good phase of an edge that swings.
  const bool was_down = binds && proposal.standing && sight.edge().tally.verdict != Verdict::kDown;
  if (was_down && !proposal.last_down) {
    answer.ok = false;
    answer.words =
        "nobody has seen the edge fail since the start, so nobody knows whose fault it was";
    return answer;
  }
  const LastDown judged =
      was_down ? *proposal.last_down : LastDown{.cause = sight.cause, .tally = sight.edge().tally};
  const Attribution attribution = judged.cause.attribution;
  const std::string why = sight.CauseWords(judged.cause, judged.tally);
  answer.words =
      absl::StrCat(AttributionName(attribution), was_down ? " when the edge was last DOWN" : "",
                   why.empty() ? "" : ": ", why);
  if (!binds) return answer;
  if (attribution == Attribution::kOrigin) {
    answer.ok = false;
    absl::StrAppend(&answer.words, "; no other way leads to a healthier origin");
  }
  if (attribution == Attribution::kDnsPlane && settings.edge_name_in_lever_zone) {
    answer.ok = false;
    absl::StrAppend(&answer.words, "; the failing zone is the one that the lever writes");
  }
  return answer;
}

RuleAnswer BudgetIsLeft(const ServiceSettings& settings, const Proposal& proposal) {
  if (proposal.by_person) return AskedFor("moves per day");
  const int most = settings.safety.moves_per_day;
  RuleAnswer answer{.name = "moves per day",
                    .ok = proposal.moves_made < most,
                    .words = absl::StrCat(proposal.moves_made, " of ", most, " made by itself")};
  if (!answer.ok) {
    absl::StrAppend(&answer.words, "; the next in ", Rounded(proposal.budget_free_in),
                    ", or by a person");
  }
  return answer;
}

RuleAnswer IsAcknowledged(const ServiceSettings& settings, const Proposal& proposal) {
  if (proposal.by_person) return AskedFor("acknowledged");
  RuleAnswer answer{.name = "acknowledged", .ok = true, .words = "no move waits for a person"};
  if (proposal.unacknowledged.empty()) return answer;
  answer.words = absl::StrCat("nobody has acknowledged move ", proposal.unacknowledged);
  // Whoever is served by a dead exit gains nothing by waiting for a person.
  answer.ok = settings.safety.unblocked || !proposal.from.is_edge();
  absl::StrAppend(&answer.words, !answer.ok ? absl::StrCat(": lifeboatctl ack ", settings.name)
                                 : settings.safety.unblocked
                                     ? "; safety.unblocked lets it move"
                                     : "; a dead exit in service is exempt");
  return answer;
}

// It binds a person as well: what is behind a login must not lie open by a slip at night.
RuleAnswer HasParity(const ServiceSettings& settings) {
  const SafetySettings& safety = settings.safety;
  if (!safety.edge_login) {
    return {.name = "parity", .ok = true, .words = "nobody logs in at the edge"};
  }
  return {.name = "parity",
          .ok = safety.parity,
          .words = safety.parity ? "the exits demand the login that the edge demands"
                                 : "visitors log in at the edge, and safety.parity does not say "
                                   "that the exits demand it too"};
}

// Why `exit` would fail with the edge; empty: no reason is known.
std::string FateWithEdge(const SafetySettings& safety, const ExitTarget& exit) {
  if (!exit.provider.empty() && exit.provider == safety.edge_provider) {
    return absl::StrCat("exit/", exit.name, " is run by ", exit.provider, ", as the edge is");
  }
  if (exit.asn != 0 && safety.edge_asns.contains(exit.asn)) {
    return absl::StrCat("exit/", exit.name, " sits in AS", exit.asn, ", as the edge does");
  }
  return "";
}

// Likewise with another exit, that has failed.
std::string FateWithExit(const ExitTarget& exit, const ExitTarget& failed) {
  if (!exit.provider.empty() && exit.provider == failed.provider) {
    return absl::StrCat("exit/", exit.name, " is run by ", exit.provider, ", as exit/", failed.name,
                        " is");
  }
  if (exit.asn != 0 && exit.asn == failed.asn) {
    return absl::StrCat("exit/", exit.name, " sits in AS", exit.asn, ", as exit/", failed.name,
                        " does");
  }
  return "";
}

// An exit that serves badly is better than an edge that does not serve; one that is UP is taken
// before it (docs/decisions/016.md).
RuleAnswer TargetIsUp(const ServiceSettings& settings, const Proposal& proposal,
                      const Sight& sight) {
  const PathSnapshot* to = FindPath(sight, proposal.to);
  return {.name = "target up",
          .ok = to != nullptr && Serves(to->tally.verdict),
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

RuleAnswer CertificateLasts(const ServiceSettings& settings, const Proposal& proposal,
                            const Sight& sight) {
  RuleAnswer answer{.name = "certificate", .ok = true, .words = "none was seen"};
  const PathSnapshot* to = FindPath(sight, proposal.to);
  if (to == nullptr) return answer;
  const CertificateAnswer certificate = JudgeCertificate(settings, *to, sight.wall);
  answer.words = certificate.words;
  answer.ok = certificate.ok || proposal.by_person;
  if (!certificate.ok && answer.ok) absl::StrAppend(&answer.words, "; asked for by a person");
  return answer;
}

// Whether `exit`, which shares no fate with the edge nor with the exit that failed, is UP and
// ready, and has not failed this move already.
bool IsReadyStranger(const ServiceSettings& settings, const Proposal& proposal, const Sight& sight,
                     const ExitTarget& exit, const ExitTarget& failed) {
  if (!FateWithEdge(settings.safety, exit).empty() || !FateWithExit(exit, failed).empty() ||
      proposal.failed.contains(exit.name)) {
    return false;
  }
  Proposal other = proposal;
  other.to = Path::Exit(exit.name);
  const PathSnapshot* path = FindPath(sight, other.to);
  return path != nullptr && path->tally.verdict == Verdict::kUp &&
         ExitIsConnected(other, sight).ok && TunnelIsUp(other, sight).ok &&
         CertificateLasts(settings, other, sight).ok;
}

// What failed is the edge, unless it is well, and the exit that is to be left. Of an edge nothing
// is taken that falls with it; an exit's kin is only left aside for a stranger, for it is UP by
// quorum, and the dead exit is not.
RuleAnswer SharesNoFate(const ServiceSettings& settings, const Proposal& proposal,
                        const Sight& sight) {
  if (proposal.by_person) return AskedFor("shared fate");
  const bool from_edge = proposal.from.is_edge();
  RuleAnswer answer{
      .name = "shared fate",
      .ok = true,
      .words = absl::StrCat(proposal.to.ToString(), " does not fall with ",
                            from_edge ? "" : "the exit that failed, nor with ", "the edge")};
  const ExitTarget* exit = settings.FindExit(proposal.to.exit);
  if (exit == nullptr) return answer;
  if (const std::string fate = FateWithEdge(settings.safety, *exit); !fate.empty()) {
    answer.words = fate;
    answer.ok = !from_edge && sight.edge().tally.verdict == Verdict::kUp;
    if (answer.ok) absl::StrAppend(&answer.words, "; but the edge is UP");
    if (!answer.ok) return answer;
  }
  const ExitTarget* failed = from_edge ? nullptr : settings.FindExit(proposal.from.exit);
  const std::string fate = failed == nullptr ? "" : FateWithExit(*exit, *failed);
  if (fate.empty()) return answer;
  answer.words = fate;
  answer.ok =
      std::none_of(settings.exits.begin(), settings.exits.end(), [&](const ExitTarget& other) {
        return IsReadyStranger(settings, proposal, sight, other, *failed);
      });
  absl::StrAppend(&answer.words, answer.ok ? "; but no exit elsewhere is UP and ready"
                                           : ", and one elsewhere is UP and ready");
  return answer;
}

// One that falls with the edge may be pulled as long as it works: it is told, and held by nothing.
RuleAnswer SomeLeverWorks(const ServiceSettings& settings, const Proposal& proposal,
                          const Sight& sight) {
  const LeverSight* usable = UsableLever(settings.safety, sight, proposal.failed_levers);
  if (usable != nullptr) {
    RuleAnswer answer{.name = "lever", .ok = true, .words = WordsOf(*usable)};
    if (usable->health.state != LeverState::kOk) absl::StrAppend(&answer.words, "; it is tried");
    if (settings.safety.levers_of_edge.contains(usable->name)) {
      absl::StrAppend(&answer.words, ", while it works: it shares fate with the edge");
    }
    return answer;
  }
  if (sight.levers.empty()) {
    return {.name = "lever", .ok = false, .words = "no lever is configured"};
  }
  return {.name = "lever",
          .ok = false,
          .words = absl::StrJoin(sight.levers, "; ", [](std::string* out, const LeverSight& lever) {
            absl::StrAppend(out, WordsOf(lever));
          })};
}

RuleAnswer Sound(absl::string_view name, const std::string& trouble, absl::string_view well) {
  return {.name = std::string(name),
          .ok = trouble.empty(),
          .words = trouble.empty() ? std::string(well) : trouble};
}

}  // namespace

void RememberLastDown(const QuorumPolicy& policy, const Sight& sight,
                      std::optional<LastDown>& last_down) {
  const PathSnapshot& edge = sight.edge();
  if (edge.tally.verdict != Verdict::kDown || Recovering(policy, edge) > 0) return;
  last_down = LastDown{.cause = sight.cause, .tally = edge.tally};
}

std::string WordsOf(const LeverSight& lever) {
  const std::string words = absl::StrCat(lever.name, " is ", LeverStateName(lever.health.state));
  return lever.health.why.empty() ? words : absl::StrCat(words, ": ", lever.health.why);
}

const LeverSight* UsableLever(const SafetySettings& safety, const Sight& sight,
                              const std::set<std::string>& failed) {
  const LeverSight* best = nullptr;
  const auto rank = [&](const LeverSight* lever) {
    constexpr int kWilling = 8, kOk = 6, kUnchecked = 4, kErr = 2, kIndependent = 1;
    if (lever == nullptr) return 0;
    const int besides = (failed.contains(lever->name) ? 0 : kWilling) +
                        (safety.levers_of_edge.contains(lever->name) ? 0 : kIndependent);
    switch (lever->health.state) {
      case LeverState::kOk:
        return kOk + besides;
      case LeverState::kUnchecked:
        return kUnchecked + besides;
      case LeverState::kErr:
        return kErr + besides;
      default:
        return 0;
    }
  };
  for (const LeverSight& lever : sight.levers) {
    if (rank(&lever) > rank(best)) best = &lever;
  }
  return best;
}

std::string LeversSharedFate(const ServiceSettings& settings, const Sight& sight) {
  std::vector<std::string> kin;
  for (const LeverSight& lever : sight.levers) {
    const LeverState state = lever.health.state;
    if (state != LeverState::kOk && state != LeverState::kUnchecked) continue;
    if (!settings.safety.levers_of_edge.contains(lever.name)) return "";
    kin.push_back(lever.name);
  }
  if (kin.empty()) return "";
  return absl::StrCat(absl::StrJoin(kin, ", "), kin.size() == 1 ? " shares" : " share",
                      " fate with its edge (", settings.safety.edge_provider, ")");
}

bool Oscillates(const QuorumPolicy& policy, const PathSnapshot& path) {
  const auto oscillates = [](const Vote& vote) { return vote.kind == VoteKind::kOscillating; };
  const bool any =
      std::any_of(path.ballots.begin(), path.ballots.end(),
                  [&oscillates](const Ballot& ballot) { return oscillates(ballot.vote); });
  return any && VerdictIf(policy, path, [&oscillates](const Vote& vote) {
                  return oscillates(vote) ? VoteKind::kDown : VoteKind::kUp;
                }) == Verdict::kDown;
}

bool FailsEverywhere(const Sight& sight) {
  const Tally& tally = sight.edge().tally;
  if (tally.verdict != Verdict::kDown || sight.cause.attribution != Attribution::kEdge) {
    return false;
  }
  std::set<std::string> continents, countries;
  for (const auto& [vantage, vote] : sight.edge().ballots) {
    if (vote.kind == VoteKind::kAbstain) continue;
    if (vote.kind != VoteKind::kDown) return false;
    if (!vantage.continent.empty()) continents.insert(vantage.continent);
    if (!vantage.country.empty()) countries.insert(vantage.country);
  }
  return continents.empty() ? countries.size() >= 2 : continents.size() >= 2;
}

CertificateAnswer JudgeCertificate(const ServiceSettings& settings, const PathSnapshot& path,
                                   absl::Time wall) {
  double saw = 0, saw_short = 0;
  absl::Time earliest = absl::InfiniteFuture();
  for (const auto& [vantage, vote] : path.ballots) {
    if (vote.kind == VoteKind::kAbstain || !vote.by_name) continue;
    const absl::Time ends = vote.by_name->certificate_not_after;
    if (ends == absl::InfinitePast()) continue;  // nothing that is encrypted, or no handshake
    saw += vantage.weight;
    if (ends - wall < settings.safety.min_validity) saw_short += vantage.weight;
    earliest = std::min(earliest, ends);
  }
  if (saw == 0) return {.ok = true, .words = "none was seen"};
  CertificateAnswer answer;
  answer.ok = saw_short == 0 || !ReachesShare(saw_short, settings.quorum.share, saw);
  const std::string ends = absl::FormatTime("%Y-%m-%d %H:%M UTC", earliest, absl::UTCTimeZone());
  answer.words =
      absl::StrCat("of ", path.path.ToString(), earliest <= wall ? " ended " : " ends ", ends);
  if (!answer.ok) {
    absl::StrAppend(&answer.words, ", and ", Rounded(settings.safety.min_validity),
                    " are wanted (safety.min_validity): renew it at the origin");
  } else if (saw_short > 0) {
    absl::StrAppend(&answer.words, "; most vantages see a later one");
  }
  return answer;
}

std::vector<RuleAnswer> Judge(const ServiceSettings& settings, const Proposal& proposal,
                              const Sight& sight) {
  return {
      Sound("epoch", sight.amnesia, "nobody knows a higher epoch"),
      Sound("journal", sight.journal_trouble, "it can be written"),
      FromIsDown(settings, proposal, sight),
      HoldIsOver(settings, proposal),
      StillFails(settings, proposal, sight),
      NotStopped(sight),
      NotPaused(proposal),
      NoMaintenance(settings, proposal, sight),
      AttributionAllows(settings, proposal, sight),
      BudgetIsLeft(settings, proposal),
      IsAcknowledged(settings, proposal),
      HasParity(settings),
      SharesNoFate(settings, proposal, sight),
      TargetIsUp(settings, proposal, sight),
      ExitIsConnected(proposal, sight),
      TunnelIsUp(proposal, sight),
      CertificateLasts(settings, proposal, sight),
      SomeLeverWorks(settings, proposal, sight),
      Sound("records", proposal.records_trouble, "DNS says what is expected"),
  };
}

bool IsAboutTheFailure(const RuleAnswer& answer) {
  return answer.name == "verdict" || answer.name == "hold" || answer.name == "still failing" ||
         answer.name == "attribution";
}

bool IsAboutTheTarget(const RuleAnswer& answer) {
  return answer.name == "shared fate" || answer.name == "target up" ||
         answer.name == "exit connected" || answer.name == "tunnel up" ||
         answer.name == "certificate";
}

const RuleAnswer* FirstHolder(const std::vector<RuleAnswer>& answers) {
  for (const RuleAnswer& answer : answers) {
    if (!answer.ok) return &answer;
  }
  return nullptr;
}

}  // namespace lifeboat
