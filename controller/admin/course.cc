#include "controller/admin/course.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "controller/admin/situation.h"
#include "controller/admin/words.h"

namespace lifeboat::admin {
namespace {

absl::Duration HoldLeft(const ServiceSnapshot& service) {
  return std::max(service.quorum.hold - service.hold_done, absl::ZeroDuration());
}

// The rule that would hold the move once the hold is over; null: none.
const RuleAnswer* HolderAfterHold(const ServiceSnapshot& service) {
  for (const RuleAnswer& rule : service.rules) {
    if (!rule.ok && rule.name != "hold") return &rule;
  }
  return nullptr;
}

// Why the move does not go on, in words.
std::string HoldReason(const ServiceSnapshot& service) {
  if (service.target.is_edge() && !service.move.has_value()) return "no other exit to move to";
  if (const RuleAnswer* rule = HolderAfterHold(service); rule != nullptr) {
    return Printable(rule->words);
  }
  return service.waiting_for.empty() ? "it is judged again in a moment"
                                     : Printable(service.waiting_for);
}

std::string Again(const ServiceSnapshot& service) {
  return service.retry_in > absl::ZeroDuration()
             ? absl::StrCat("; tried again in ", Span(service.retry_in))
             : "";
}

std::string MoveWords(const ServiceSnapshot& service) {
  std::string words(StageWords(service.move->stage));
  if (!service.waiting_for.empty()) absl::StrAppend(&words, ": ", Printable(service.waiting_for));
  return absl::StrCat(words, Again(service));
}

const EvidenceItem* FirstMissing(const ServiceSnapshot& service) {
  const auto missing = std::find_if(service.failback.begin(), service.failback.end(),
                                    [](const EvidenceItem& item) { return !item.ok; });
  return missing == service.failback.end() ? nullptr : &*missing;
}

std::string UnacknowledgedSuffix(const ServiceSnapshot& service) {
  return service.unacknowledged.empty() ? "" : absl::StrCat("; unseen: ack ", service.name);
}

std::string WayBackWords(const ServiceSnapshot& service) {
  if (service.failback_offered) return absl::StrCat("way back is ready: failback ", service.name);
  const auto missing = std::count_if(service.failback.begin(), service.failback.end(),
                                     [](const EvidenceItem& item) { return !item.ok; });
  const EvidenceItem* first = FirstMissing(service);
  if (first == nullptr) return "way back: not asked yet";
  std::string words = absl::StrCat("way back: ", first->name, " ", Printable(first->words));
  if (missing > 1) {
    absl::StrAppend(&words, ", and ", missing - 1, " more");
  } else if (first->complete_in != absl::InfiniteDuration()) {
    absl::StrAppend(&words, ", complete in ", Span(first->complete_in));
  }
  return words;
}

// The core's "target up: exit/nyc is DOWN" without the rule's name, which only `explain` lists.
std::string UnarmedWhy(const ServiceSnapshot& service) {
  for (const RuleAnswer& rule : service.rules) {
    if (service.unarmed_why == absl::StrCat(rule.name, ": ", rule.words)) {
      return Printable(rule.words);
    }
  }
  return service.unarmed_why.empty() ? "it is not ready to move" : Printable(service.unarmed_why);
}

std::string PausedSuffix(const ServiceSnapshot& service) {
  return service.paused ? absl::StrCat("; PAUSED: ", Printable(service.paused_reason)) : "";
}

std::string ServingVerdict(const ServiceSnapshot& service) {
  const PathSnapshot* serving = ServingPath(service);
  return serving == nullptr ? "unknown"
                            : absl::StrCat(VerdictName(serving->tally.verdict), " for ",
                                           Span(serving->verdict_for));
}

std::string ServingWhy(const ServiceSnapshot& service) {
  const PathSnapshot* serving = ServingPath(service);
  return serving == nullptr ? "nothing is known of it"
                            : Printable(Words(service.quorum, serving->tally));
}

std::string LeverWords(const ServiceSnapshot& service) {
  return service.levers.empty() ? "" : absl::StrCat(" by lever ", service.levers.front());
}

// The voters that are missing, or else the DNS that was not read.
std::string WarmingWhy(const ServiceSnapshot& service) {
  if (!service.waiting_for.empty()) return Printable(service.waiting_for);
  const PathSnapshot* serving = ServingPath(service);
  const bool blind = serving == nullptr || serving->tally.verdict == Verdict::kBlind;
  if (blind || service.dns.empty()) return ServingWhy(service);
  return Printable(service.dns);
}

// "is failing at its edge", or what else a held move is about.
std::string Trouble(const ServiceSnapshot& service) {
  if (!IsFailing(service))
    return absl::StrCat("has an intent to move to ", service.target.ToString());
  return absl::StrCat("is failing ", service.serves.is_edge()
                                         ? "at its edge"
                                         : absl::StrCat("at ", service.serves.ToString()));
}

// What an operator reads first: the second sentence of the summary.
std::string NextSentence(const ServiceSnapshot& service) {
  const std::string target = service.target.ToString();
  switch (SituationOf(service)) {
    case Situation::kHeld:
      return Sentence(absl::StrCat("It does not move: ", HoldReason(service), Again(service)));
    case Situation::kCounting:
      if (service.target.is_edge() || HolderAfterHold(service) != nullptr) {
        return Sentence(absl::StrCat("In ", Span(HoldLeft(service)),
                                     " it would be held: ", HoldReason(service)));
      }
      return absl::StrCat("It will move to ", target, LeverWords(service), " in ",
                          Span(HoldLeft(service)), " unless ", service.serves.ToString(),
                          " recovers first.");
    case Situation::kMoving:
      return Sentence(
          absl::StrCat("It is moving to ", service.move->to.ToString(), ": ", MoveWords(service)));
    case Situation::kGoingBack:
      return Sentence(absl::StrCat("It is going back to the edge: ", MoveWords(service)));
    case Situation::kAmnesia:
      return Sentence(absl::StrCat("Nothing is acted on: ", Printable(service.waiting_for)));
    case Situation::kBlind:
      return Sentence(
          absl::StrCat("Nobody can say how it is, so nothing moves: ", ServingWhy(service)));
    case Situation::kUndecided:
      return Sentence(absl::StrCat("Nothing moves yet: ", ServingWhy(service)));
    case Situation::kServingExit:
      return service.failback_offered
                 ? "The evidence for the way back is complete; going back is a person's decision."
                 : "The way back is not offered yet; what it needs is below.";
    case Situation::kWarming:
      return Sentence(absl::StrCat("Nothing is decided until enough vantages have filled their ",
                                   "windows and DNS was read: ", WarmingWhy(service)));
    case Situation::kDnsTrouble:
      return Sentence(absl::StrCat("It would not move: ", Printable(service.dns)));
    case Situation::kPaused:
      return Sentence(
          absl::StrCat("It will not move while it is paused: ", Printable(service.paused_reason)));
    case Situation::kUnarmed:
      return Sentence(absl::StrCat("It is UNARMED, and would not move if the edge failed now: ",
                                   UnarmedWhy(service)));
    case Situation::kDegraded:
    case Situation::kLingering:
    case Situation::kWell:
      break;
  }
  return Sentence(absl::StrCat("If the edge fails now, it moves to ", target, LeverWords(service),
                               " after ", Span(service.quorum.hold)));
}

}  // namespace

std::string NextWords(const ServiceSnapshot& service) {
  switch (SituationOf(service)) {
    case Situation::kHeld:
      return absl::StrCat("HOLD: ", HoldReason(service), Again(service));
    case Situation::kCounting: {
      const std::string count =
          absl::StrCat("(hold ", Span(service.hold_done), " of ", Span(service.quorum.hold), ")");
      if (service.target.is_edge() || HolderAfterHold(service) != nullptr) {
        return absl::StrCat("HOLD: ", HoldReason(service), " ", count);
      }
      return absl::StrCat("INTENT in ", Span(HoldLeft(service)), " ", count);
    }
    case Situation::kMoving:
    case Situation::kGoingBack:
      return absl::StrCat("→ ", service.move.has_value() ? service.move->to.ToString() : "?", ": ",
                          service.move.has_value() ? MoveWords(service) : "");
    case Situation::kAmnesia:
      return "AMNESIA: acts on nothing";
    case Situation::kBlind:
      return absl::StrCat("BLIND: ", ServingWhy(service), PausedSuffix(service));
    case Situation::kUndecided:
      return absl::StrCat("UNDECIDED: ", ServingWhy(service), PausedSuffix(service));
    case Situation::kServingExit:
      return absl::StrCat(WayBackWords(service), UnacknowledgedSuffix(service),
                          PausedSuffix(service));
    case Situation::kWarming:
      return absl::StrCat("WARMING: ", WarmingWhy(service), PausedSuffix(service));
    case Situation::kDnsTrouble:
      return absl::StrCat("RECORDS: ", Printable(service.dns), PausedSuffix(service));
    case Situation::kPaused:
      return absl::StrCat("PAUSED: ", Printable(service.paused_reason));
    case Situation::kUnarmed:
      return absl::StrCat("UNARMED: ", UnarmedWhy(service));
    case Situation::kDegraded:
      return "edge is DEGRADED, not DOWN";
    case Situation::kLingering:
      return absl::StrCat("exit/", service.lingering_exit, " is open still for late visitors");
    case Situation::kWell:
      return "–";
  }
  return "–";
}

std::string HeadlineWords(const ServiceSnapshot& service) {
  const std::string target = service.target.ToString();
  switch (SituationOf(service)) {
    case Situation::kHeld:
      return absl::StrCat(Trouble(service), " and does not move: ", HoldReason(service));
    case Situation::kCounting:
      if (service.target.is_edge() || HolderAfterHold(service) != nullptr) {
        return absl::StrCat(Trouble(service), " and would not move: ", HoldReason(service));
      }
      return absl::StrCat(Trouble(service), "; it moves to ", target, " in ",
                          Span(HoldLeft(service)));
    case Situation::kMoving:
      return absl::StrCat("is moving to ", target, ": ", MoveWords(service));
    case Situation::kGoingBack:
      return absl::StrCat("is going back to its edge: ", MoveWords(service));
    case Situation::kAmnesia:
      return "is frozen: this controller has forgotten something";
    case Situation::kBlind:
      return absl::StrCat("cannot be seen, so it does not move: ", ServingWhy(service));
    case Situation::kUndecided:
      return absl::StrCat("is undecided: ", ServingWhy(service));
    case Situation::kServingExit:
      return absl::StrCat(
          "is served by ", service.serves.ToString(), "; ",
          service.failback_offered ? "the way back is ready" : "the way back is not complete");
    case Situation::kWarming:
      return absl::StrCat("is warming up: ", WarmingWhy(service));
    default:
      return "is well";
  }
}

std::vector<std::string> Summary(const ServiceSnapshot& service) {
  std::vector<std::string> sentences = {
      Sentence(absl::StrCat(service.name, " (", service.hostname, ") is served by ",
                            service.serves.ToString(), ", whose verdict is ",
                            ServingVerdict(service))),
      NextSentence(service)};
  if (service.paused && SituationOf(service) != Situation::kPaused) {
    sentences.push_back(Sentence(absl::StrCat("It is paused: ", Printable(service.paused_reason))));
  }
  if (!service.dns.empty() && SituationOf(service) != Situation::kDnsTrouble) {
    sentences.push_back(Sentence(absl::StrCat("Its records: ", Printable(service.dns))));
  }
  if (!service.lingering_exit.empty()) {
    sentences.push_back(absl::StrCat("exit/", service.lingering_exit,
                                     " is open still, for visitors who remember it."));
  }
  return sentences;
}

}  // namespace lifeboat::admin
