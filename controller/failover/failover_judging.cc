#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "controller/failover/failback.h"
#include "controller/failover/failover.h"

// What is decided: whether to move, where to, and whether a decided move may go on.
namespace lifeboat {
namespace {

constexpr absl::Duration kVisitorsMayStay = absl::Hours(1);

}  // namespace

// ---------------------------------------------------------------------------------- where to move

Proposal Failover::ProposalTo(const Path& to, bool by_person, const Sight& sight) const {
  Proposal proposal;
  proposal.from = record_.serves;
  proposal.to = to;
  proposal.by_person = by_person;
  proposal.down_for = DownFor(record_.serves, sight.now);
  proposal.standing = record_.move && !record_.move->by_person();
  // An intent has served its hold; what remains to be asked is whether the quorum still stands.
  if (record_.move && (VerdictOn(record_.serves) == Verdict::kDown || StandsByOscillating(sight))) {
    proposal.down_for = std::max(proposal.down_for, settings_.quorum.hold);
  }
  proposal.last_down = last_down_;
  for (const auto& [exit, failures] : failures_) proposal.failed.insert(exit);
  proposal.failed_levers = failed_levers_;
  proposal.paused = paused();
  proposal.paused_reason = wish_ ? wish_->reason : record_.paused_reason;
  proposal.moves_made = budget_ ? budget_->Made(sight.now) : 0;
  proposal.budget_free_in = budget_ ? budget_->FreeIn(sight.now) : absl::ZeroDuration();
  proposal.unacknowledged = record_.unacknowledged;
  proposal.records_trouble = RecordsTrouble();
  return proposal;
}

std::vector<Path> Failover::Candidates() const {
  std::vector<std::pair<int, Path>> exits;
  for (const ExitTarget& exit : settings_.exits) {
    if (exit.name == record_.serves.exit) continue;
    const auto failed = failures_.find(exit.name);
    exits.emplace_back(failed == failures_.end() ? 0 : failed->second, Path::Exit(exit.name));
  }
  std::stable_sort(exits.begin(), exits.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<Path> candidates;
  for (auto& [failures, exit] : exits) candidates.push_back(std::move(exit));
  return candidates;
}

std::optional<Path> Failover::ReadyTarget(const Sight& sight) const {
  std::optional<Path> degraded;
  for (Path& candidate : Candidates()) {
    const auto rules = Judge(settings_, ProposalTo(candidate, false, sight), sight);
    const bool ready = std::all_of(rules.begin(), rules.end(), [](const RuleAnswer& rule) {
      return rule.ok || IsAboutTheFailure(rule);
    });
    if (!ready) continue;
    if (VerdictOn(candidate) == Verdict::kUp) return std::move(candidate);
    if (!degraded) degraded = std::move(candidate);
  }
  return degraded;
}

Path Failover::BestTarget(const Sight& sight) const {
  if (const std::optional<Path> ready = ReadyTarget(sight)) return *ready;
  const std::vector<Path> candidates = Candidates();
  if (candidates.empty()) return Path::Edge();
  const auto first = [&candidates](const auto& fits) {
    return std::find_if(candidates.begin(), candidates.end(), fits);
  };
  const auto good = first([&](const Path& path) {
    const auto rules = Judge(settings_, ProposalTo(path, false, sight), sight);
    return std::all_of(rules.begin(), rules.end(),
                       [](const RuleAnswer& rule) { return rule.ok || !IsAboutTheTarget(rule); });
  });
  if (good != candidates.end()) return *good;
  const auto serving = first([this](const Path& path) { return Serves(VerdictOn(path)); });
  return serving == candidates.end() ? candidates.front() : *serving;
}

absl::Duration Failover::DownFor(const Path& path, Instant now) const {
  const PathWatch* watch = WatchOf(path);
  if (watch == nullptr) return absl::ZeroDuration();
  return moved_at_ ? std::min(watch->down_for(now), now - *moved_at_) : watch->down_for(now);
}

// ---------------------------------------------------------------------------------- a new intent

void Failover::ConsiderNewIntent(const Sight& sight) {
  const Path& from = record_.serves;
  const absl::Duration down_for = DownFor(from, sight.now);
  if (!warm_ || VerdictOn(from) != Verdict::kDown || down_for < settings_.quorum.hold) return;
  const Path to = BestTarget(sight);
  if (to.is_edge()) return;
  // A dead exit in service is left for one that lives, not for another dead one.
  if (!serves_edge() && !Serves(VerdictOn(to))) return;
  Begin(MoveByQuorum(from, to, sight), "", sight);
}

Move Failover::MoveByQuorum(const Path& from, const Path& to, const Sight& sight) const {
  std::string why;
  for (const PathSnapshot& path : sight.paths) {
    if (path.path == from) why = Words(settings_.quorum, path.tally);
  }
  Move move;
  move.to = to;
  move.reason = absl::StrCat(from.ToString(), " is DOWN (", why, "), attribution ",
                             AttributionName(sight.cause.attribution));
  move.requested_by = "quorum";
  return move;
}

// DNS has moved already, be it not everywhere: whoever is there is served by `died` and nobody
// else.
std::optional<Path> Failover::WayOn(const Sight& sight) const {
  const Move& move = *record_.move;
  const Path& died = move.to;
  if (move.stage != Stage::kProving || VerdictOn(died) != Verdict::kDown) return std::nullopt;
  std::optional<Path> degraded;
  for (const ExitTarget& exit : settings_.exits) {
    if (exit.name == died.exit) continue;
    Proposal proposal = ProposalTo(Path::Exit(exit.name), false, sight);
    proposal.from = died;
    proposal.standing = false;
    // Whoever forced a way back to an edge that is DOWN gets a hold for it too.
    proposal.down_for = std::min(DownFor(died, sight.now), sight.now - proving_since_);
    if (!IsCounted(move)) {
      proposal.unacknowledged = move.by_person() ? "" : move.id;
      if (!move.by_person()) ++proposal.moves_made;
    }
    if (FirstHolder(Judge(settings_, proposal, sight)) != nullptr) continue;
    if (VerdictOn(proposal.to) == Verdict::kUp) return proposal.to;
    if (!degraded) degraded = proposal.to;
  }
  return degraded;
}

// ------------------------------------------------------------------- an intent that may yet begin

bool Failover::StandsByOscillating(const Sight& sight) const {
  if (!record_.move || record_.move->by_person()) return false;
  return std::any_of(sight.paths.begin(), sight.paths.end(), [this](const PathSnapshot& path) {
    return path.path == record_.move->from && Oscillates(settings_.quorum, path);
  });
}

bool Failover::RecoveredFrom(const Sight& sight) const {
  return Serves(VerdictOn(record_.move->from)) && !record_.move->by_person() &&
         !StandsByOscillating(sight);
}

std::vector<EvidenceItem> Failover::Evidence(const Sight& sight) const {
  const PathWatch* edge = WatchOf(Path::Edge());
  const absl::Duration up_for = edge ? edge->clean_for(sight.now) : absl::ZeroDuration();
  return FailbackEvidence(settings_, sight, up_for, RecordsTrouble());
}

std::string Failover::WayBackHeldBy(const Sight& sight) const {
  if (const std::string stopped = StoppedWords(sight); !stopped.empty()) return stopped;
  const std::vector<EvidenceItem> evidence = Evidence(sight);
  return record_.move->forced ? MissingMeans(evidence) : Missing(evidence);
}

std::string Failover::HeldBy(const Sight& sight) const {
  const Move& move = *record_.move;
  if (move.to.is_edge()) return WayBackHeldBy(sight);
  const auto rules = Judge(settings_, ProposalTo(move.to, move.by_person(), sight), sight);
  const RuleAnswer* holder = FirstHolder(rules);
  return holder == nullptr ? "" : absl::StrCat(holder->name, ": ", holder->words);
}

void Failover::TellHolder(const std::string& holder, const Sight& sight) {
  // The figures in a holder change all the time; people are told of another rule only.
  const std::string rule = holder.substr(0, holder.find(':'));
  if (rule == told_holder_) return;
  told_holder_ = rule;
  Note("hold", absl::StrCat("HOLD: ", holder), sight, alarms_of_move_.Wakes(rule, sight.now));
}

void Failover::ConsiderIntent(const Sight& sight) {
  const Move& move = *record_.move;
  if (!intent_deadline_) {
    // After a start, what the journal says is left of it, as far as the wall clock can be believed.
    intent_deadline_ = sight.now + std::clamp(move.expires_at - sight.wall, absl::ZeroDuration(),
                                              settings_.intent_expires_after);
  }
  const bool expired = sight.now >= *intent_deadline_;
  if (expired && move.by_person()) return Expire(sight);
  if (!warm_ && !move.forced) return;
  if (RecoveredFrom(sight))
    return Cancel(absl::StrCat(move.from.ToString(), " serves again"), sight);
  if (expired) return Expire(sight);
  if (retry_at_ && sight.now < *retry_at_) return;
  if (!move.by_person() && Retarget(sight)) return;
  if (const std::string holder = HeldBy(sight); !holder.empty()) return TellHolder(holder, sight);
  told_holder_.clear();
  if (move.to.is_edge()) return Pull(sight);
  Advance(Stage::kOpening, "opening", absl::StrCat("tells ", move.to.ToString(), " to open"),
          OpenExit{.exit = move.to.exit}, sight);
}

void Failover::Expire(const Sight& sight) {
  if (record_.move->by_person()) {
    const std::string holder = HeldBy(sight);
    return Cancel(
        absl::StrCat("it could not begin in time: ", holder.empty() ? told_trouble_ : holder),
        sight);
  }
  // It stands, or it would have been cancelled by now: renewed under its own id.
  intent_deadline_ = sight.now + settings_.intent_expires_after;
  ServiceRecord next = record_;
  next.move->expires_at = sight.wall + settings_.intent_expires_after;
  const std::string text =
      absl::StrCat("the intent to move to ", record_.move->to.ToString(), " stands");
  Emit("RENEW", Entry{.events = {MakeEvent("renew", text, sight)}, .record = std::move(next)},
       DoNothing{}, sight);
}

bool Failover::Retarget(const Sight& sight) {
  const Path& to = record_.move->to;
  const std::vector<Path> candidates = Candidates();
  const bool possible = std::count(candidates.begin(), candidates.end(), to) > 0;
  const Path better = possible ? ReadyTarget(sight).value_or(to) : BestTarget(sight);
  if (better == to) return false;
  if (better.is_edge()) {
    Cancel("there is no exit left to move to", sight);
    return true;
  }
  ServiceRecord next = record_;
  next.move->to = better;
  next.move->stage = Stage::kIntent;
  Event event = MakeEvent(
      "intent", absl::StrCat("the move goes to ", better.ToString(), " instead of ", to.ToString()),
      sight);
  Emit("RETARGET", Entry{.events = {std::move(event)}, .record = std::move(next)}, DoNothing{},
       sight);
  return true;
}

// ---------------------------------------------------------------------------- after the way back

void Failover::ConsiderLinger(const Sight& sight) {
  if (record_.lingering_exit.empty()) {
    linger_until_.reset();
    return;
  }
  if (!linger_until_) linger_until_ = sight.now + settings_.exit_stays_open;
  // While DNS may send visitors there it stays.
  if (sight.now < *linger_until_ || !RecordsTrouble().empty()) return;
  int visitors = 0;
  for (size_t i = 0; i < settings_.exits.size() && i < sight.visitors.size(); ++i) {
    if (settings_.exits[i].name == record_.lingering_exit) visitors = sight.visitors[i];
  }
  if (visitors > 0 && sight.now < *linger_until_ + kVisitorsMayStay) return;
  ServiceRecord next = record_;
  next.lingering_exit.clear();
  const std::string text = absl::StrCat("exit/", record_.lingering_exit, " goes dark again");
  Emit("LINGER", Entry{.events = {MakeEvent("closed", text, sight)}, .record = std::move(next)},
       DoNothing{}, sight);
}

}  // namespace lifeboat
