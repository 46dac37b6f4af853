#include "controller/failover/failover.h"

#include <algorithm>
#include <utility>

#include "absl/random/distributions.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "controller/failover/failback.h"
#include "controller/failover/ulid.h"

// What is seen, what is decided, and what people ask for. The steps of a move are in
// failover_stages.cc, the questions to the world in failover_settling.cc.
namespace lifeboat {
namespace {

// Rules that speak of the failure, not of the readiness to move.
bool IsAboutTheFailure(const RuleAnswer& answer) {
  return answer.name == "verdict" || answer.name == "hold" || answer.name == "attribution";
}

std::string DescribeVote(const Ballot& ballot) {
  const Vote& vote = ballot.vote;
  if (vote.kind == VoteKind::kAbstain) {
    return absl::StrCat(ballot.vantage.name, " abstains: ", AbstentionWords(vote.abstention),
                        vote.why.empty() ? "" : absl::StrCat(" (", vote.why, ")"));
  }
  std::string words = absl::StrCat(ballot.vantage.name, " ", VoteKindName(vote.kind));
  if (vote.by_name) {
    absl::StrAppend(&words, " ", ProbeClassName(vote.by_name->probe_class));
    if (vote.by_name->http_status != 0) absl::StrAppend(&words, " ", vote.by_name->http_status);
    if (!vote.by_name->detail.empty()) absl::StrAppend(&words, " (", vote.by_name->detail, ")");
  }
  return words;
}

}  // namespace

Step Failover::See(const Sight& sight) {
  Watch(sight);
  if (!in_flight_) Proceed(sight);
  return TakeStep();
}

Step Failover::Finish(const Outcome& outcome, const Sight& sight) {
  if (!in_flight_) return TakeStep();
  const Effect done = *std::exchange(in_flight_, std::nullopt);
  if (!outcome.journal.ok()) {
    RetryLater(sight, absl::StrCat("the journal cannot record it: ", outcome.journal.message()));
    return TakeStep();
  }
  if (done.entry && done.entry->record) record_ = *done.entry->record;
  if (std::holds_alternative<ReadWorld>(done.action)) TakeWorld(outcome.world, sight);
  if (std::holds_alternative<PullLever>(done.action)) {
    done.stage == "CLAIM" ? TakeClaim(outcome.pull, sight) : TakePulled(outcome.pull, sight);
  }
  if (std::holds_alternative<OpenExit>(done.action)) TakeOpened(outcome.status, sight);
  if (std::holds_alternative<FetchThrough>(done.action)) {
    done.stage == "ASKING" ? TakeAsked(outcome.status, sight) : TakeFetched(outcome.status, sight);
  }
  if (std::holds_alternative<ProveDns>(done.action)) TakeProof(outcome.proof, sight);
  if (!in_flight_) Proceed(sight);
  return TakeStep();
}

Step Failover::TakeStep() { return std::exchange(step_, Step{}); }

// ---------------------------------------------------------------------------------- what is seen

void Failover::Watch(const Sight& sight) {
  watches_.resize(sight.paths.size());
  down_voters_.resize(sight.paths.size());
  for (size_t i = 0; i < sight.paths.size(); ++i) {
    const PathSnapshot& path = sight.paths[i];
    const Verdict before = watches_[i].verdict();
    watches_[i].See(path.tally.verdict, sight.now);
    if (down_voters_[i] == 0 && path.tally.down_voters > 0) {
      const auto first =
          std::find_if(path.ballots.begin(), path.ballots.end(),
                       [](const Ballot& ballot) { return ballot.vote.kind == VoteKind::kDown; });
      if (first != path.ballots.end()) {
        Note("vote", absl::StrCat(path.path.ToString(), ": ", DescribeVote(*first)), sight);
      }
    }
    down_voters_[i] = path.tally.down_voters;
    if (before == path.tally.verdict) continue;
    std::string text = absl::StrCat(path.path.ToString(), " is ", VerdictName(path.tally.verdict),
                                    ": ", path.tally.why);
    if (path.path.is_edge() && path.tally.verdict == Verdict::kDown) {
      absl::StrAppend(&text, "; attribution ", AttributionName(sight.cause.attribution));
    }
    const bool bad = path.tally.verdict == Verdict::kDown ||
                     (path.tally.verdict == Verdict::kBlind && warm_ && path.path.is_edge());
    Note("verdict", text, sight, bad);
  }
  if (sight.edge().tally.verdict != Verdict::kBlind) warm_ = true;
}

const PathWatch* Failover::WatchOf(const Path& path) const {
  if (path.is_edge()) return watches_.empty() ? nullptr : &watches_.front();
  for (size_t i = 0; i < settings_.exits.size() && i + 1 < watches_.size(); ++i) {
    if (settings_.exits[i].name == path.exit) return &watches_[i + 1];
  }
  return nullptr;
}

absl::Duration Failover::DownFor(const Path& path, Instant now) const {
  const PathWatch* watch = WatchOf(path);
  return watch == nullptr ? absl::ZeroDuration() : watch->down_for(now);
}

// ------------------------------------------------------------------------------- what is decided

void Failover::Proceed(const Sight& sight) {
  if (!sight.amnesia.empty() || !amnesia_.empty()) return;
  if (AsksAgain(sight)) return AskWorld(sight);
  const bool settled = settling_ == Settling::kSettled && drift_.empty();
  if (settled && must_claim_ && sight.journal_trouble.empty()) return ClaimOwnership(sight);
  if (retry_at_ && sight.now < *retry_at_) return;
  if (!record_.move) {
    ConsiderLinger(sight);
    if (!in_flight_) ConsiderNewIntent(sight);
    return;
  }
  if (record_.move->stage < Stage::kPulling) return ConsiderIntent(sight);
  if (settling_ != Settling::kSettled || must_claim_) return;  // the world is asked first
  if (record_.move->stage == Stage::kAsking) return AskByName(sight);
  if (record_.move->stage == Stage::kProving || settled_as_ == Settlement::Kind::kMoved) {
    return Prove(sight);
  }
  Retreat("the change had not reached DNS", sight);
}

Proposal Failover::ProposalTo(const Path& to, const Sight& sight) const {
  Proposal proposal;
  proposal.from = record_.serves;
  proposal.to = to;
  proposal.by_person = record_.move && record_.move->by_person();
  proposal.down_for = DownFor(record_.serves, sight.now);
  // An intent has served its hold; what remains to be asked is whether the quorum still stands.
  if (record_.move && proposal.down_for > absl::ZeroDuration()) {
    proposal.down_for = std::max(proposal.down_for, settings_.quorum.hold);
  }
  proposal.paused = record_.paused;
  proposal.paused_reason = record_.paused_reason;
  proposal.records_trouble = RecordsTrouble();
  return proposal;
}

Path Failover::BestTarget(const Sight& sight) const {
  const Path* up = nullptr;
  std::vector<Path> candidates;
  for (const bool failed_ones : {false, true}) {
    for (const ExitTarget& exit : settings_.exits) {
      if (exit.name == record_.serves.exit) continue;
      if (failed_exits_.contains(exit.name) == failed_ones) {
        candidates.push_back(Path::Exit(exit.name));
      }
    }
  }
  for (const Path& candidate : candidates) {
    const std::vector<RuleAnswer> rules = Judge(settings_, ProposalTo(candidate, sight), sight);
    const bool ready = std::all_of(rules.begin(), rules.end(), [](const RuleAnswer& rule) {
      return rule.ok || IsAboutTheFailure(rule);
    });
    if (ready) return candidate;
    const auto target_up = std::find_if(rules.begin(), rules.end(), [](const RuleAnswer& rule) {
      return rule.name == "target up";
    });
    if (up == nullptr && target_up->ok) up = &candidate;
  }
  if (up != nullptr) return *up;
  return candidates.empty() ? Path::Edge() : candidates.front();
}

void Failover::ConsiderNewIntent(const Sight& sight) {
  const absl::Duration down_for = DownFor(record_.serves, sight.now);
  if (!warm_ || down_for <= absl::ZeroDuration() || down_for < settings_.quorum.hold) return;
  const Path to = BestTarget(sight);
  if (to.is_edge()) return;
  if (!serves_edge()) {
    // A dead exit in service is left for one that lives, not for another dead one.
    const PathWatch* watch = WatchOf(to);
    if (watch == nullptr || watch->verdict() != Verdict::kUp) return;
  }
  Move move;
  move.id = NewId(sight.wall);
  move.from = record_.serves;
  move.to = to;
  move.reason = absl::StrCat(record_.serves.ToString(), " is DOWN (", sight.edge().tally.why,
                             "), attribution ", AttributionName(sight.cause.attribution));
  move.requested_by = "quorum";
  Begin(std::move(move), "", sight);
}

bool Failover::RecoveredFrom(const Sight& sight) const {
  const PathWatch* watch = WatchOf(record_.move->from);
  const bool recovered = watch != nullptr && (watch->verdict() == Verdict::kUp ||
                                              watch->verdict() == Verdict::kDegraded);
  return recovered && !record_.move->by_person() && !sight.paths.empty();
}

std::string Failover::HeldBy(const Sight& sight) const {
  if (record_.move->to.is_edge()) {
    if (record_.paused) return absl::StrCat("paused: ", record_.paused_reason);
    if (!sight.journal_trouble.empty()) return sight.journal_trouble;
    if (UsableLever(sight) == nullptr) return "no lever works";
    return RecordsTrouble();
  }
  const auto rules = Judge(settings_, ProposalTo(record_.move->to, sight), sight);
  const RuleAnswer* holder = FirstHolder(rules);
  return holder == nullptr ? "" : absl::StrCat(holder->name, ": ", holder->words);
}

void Failover::ConsiderIntent(const Sight& sight) {
  if (!warm_) return;
  if (RecoveredFrom(sight)) {
    return Cancel(absl::StrCat(record_.move->from.ToString(), " serves again"), sight);
  }
  if (!intent_deadline_) intent_deadline_ = sight.now + settings_.intent_expires_after;
  if (sight.now >= *intent_deadline_) {
    if (record_.move->by_person()) return Cancel("it could not begin in time", sight);
    // It stands, or it would have been cancelled above: renewed under its own id.
    intent_deadline_ = sight.now + settings_.intent_expires_after;
    Note("renew", absl::StrCat("the intent to move to ", record_.move->to.ToString(), " stands"),
         sight);
  }
  if (!record_.move->by_person()) record_.move->to = BestTarget(sight);
  const std::string holder = HeldBy(sight);
  if (!holder.empty()) {
    // The figures in a holder change all the time; people are told of another rule only.
    const std::string rule = holder.substr(0, holder.find(':'));
    if (rule != told_holder_) Note("hold", absl::StrCat("HOLD: ", holder), sight, true);
    told_holder_ = rule;
    return;
  }
  told_holder_.clear();
  if (record_.move->to.is_edge()) return Pull(sight);
  const Path& to = record_.move->to;
  Advance(Stage::kOpening, "opening", absl::StrCat("tells ", to.ToString(), " to open"),
          OpenExit{.exit = to.exit}, sight);
}

void Failover::ConsiderLinger(const Sight& sight) {
  if (record_.lingering_exit.empty()) return;
  if (!linger_until_) linger_until_ = sight.now + settings_.exit_stays_open;
  if (sight.now < *linger_until_) return;
  int visitors = 0;
  for (size_t i = 0; i < settings_.exits.size() && i < sight.visitors.size(); ++i) {
    if (settings_.exits[i].name == record_.lingering_exit) visitors = sight.visitors[i];
  }
  if (visitors > 0 && sight.now < *linger_until_ + absl::Hours(1)) return;
  ServiceRecord next = record_;
  next.lingering_exit.clear();
  linger_until_.reset();
  const std::string text = absl::StrCat("exit/", record_.lingering_exit, " goes dark again");
  Emit("LINGER", Entry{.events = {MakeEvent("closed", text, sight)}, .record = next}, DoNothing{},
       sight);
}

// ----------------------------------------------------------------------------- what people ask for

absl::Status Failover::MayBegin() const {
  if (!amnesia_.empty()) return absl::FailedPreconditionError(amnesia_);
  if (in_flight_) return absl::UnavailableError("a step is under way; try again in a moment");
  if (!warm_) return absl::FailedPreconditionError("warming: too few vantages vote so far");
  if (!record_.move) return absl::OkStatus();
  const bool replaceable = record_.move->stage == Stage::kIntent && !record_.move->by_person();
  if (replaceable) return absl::OkStatus();
  return absl::AlreadyExistsError(absl::StrCat("move ", record_.move->id, " to ",
                                               record_.move->to.ToString(), " is under way (",
                                               StageName(record_.move->stage), ")"));
}

absl::StatusOr<Step> Failover::MoveToExit(const std::string& exit, const std::string& reason,
                                          const std::string& who, const Sight& sight) {
  if (const absl::Status may = MayBegin(); !may.ok()) return may;
  Path to = exit.empty() ? BestTarget(sight) : Path::Exit(exit);
  if (to.is_edge() || settings_.FindExit(to.exit) == nullptr) {
    return absl::NotFoundError(
        absl::StrCat("service ", settings_.name, " has no exit \"", exit, "\" to move to"));
  }
  if (to == record_.serves) {
    return absl::FailedPreconditionError(
        absl::StrCat(settings_.name, " is served by ", to.ToString(), " already"));
  }
  Proposal proposal = ProposalTo(to, sight);
  proposal.by_person = true;
  const std::vector<RuleAnswer> rules = Judge(settings_, proposal, sight);
  if (const RuleAnswer* holder = FirstHolder(rules)) {
    return absl::FailedPreconditionError(absl::StrCat(holder->name, ": ", holder->words));
  }
  Move move;
  move.id = NewId(sight.wall);
  move.from = record_.serves;
  move.to = to;
  move.reason = reason;
  move.requested_by = who;
  Begin(std::move(move), "", sight);
  return TakeStep();
}

absl::StatusOr<Step> Failover::MoveToEdge(bool force, const std::string& reason,
                                          const std::string& who, const Sight& sight) {
  if (const absl::Status may = MayBegin(); !may.ok()) return may;
  if (serves_edge()) {
    return absl::FailedPreconditionError(
        absl::StrCat(settings_.name, " is served by its edge already"));
  }
  if (record_.paused) {
    return absl::FailedPreconditionError(absl::StrCat("paused: ", record_.paused_reason));
  }
  const PathWatch* edge = WatchOf(Path::Edge());
  const std::string missing =
      Missing(FailbackEvidence(settings_, sight, edge->clean_for(sight.now), RecordsTrouble()));
  if (!missing.empty() && !force) {
    return absl::FailedPreconditionError(absl::StrCat("still missing: ", missing));
  }
  Move move;
  move.id = NewId(sight.wall);
  move.from = record_.serves;
  move.to = Path::Edge();
  move.reason = reason;
  move.requested_by = who;
  move.forced = force && !missing.empty();
  move.missing = missing;
  Begin(std::move(move), move.forced ? absl::StrCat("; forced, though missing: ", missing) : "",
        sight);
  return TakeStep();
}

absl::StatusOr<Step> Failover::SetPaused(bool paused, const std::string& reason,
                                         const std::string& who, const Sight& sight) {
  if (record_.paused == paused && (!paused || record_.paused_reason == reason)) return TakeStep();
  if (in_flight_) return absl::UnavailableError("a step is under way; try again in a moment");
  ServiceRecord next = record_;
  next.paused = paused;
  next.paused_reason = paused ? reason : "";
  const std::string text = absl::StrCat(paused ? "paused" : "resumed", " by ", who, ": ", reason);
  Emit(paused ? "PAUSE" : "RESUME",
       Entry{.events = {MakeEvent(paused ? "paused" : "resumed", text, sight)}, .record = next},
       DoNothing{}, sight);
  return TakeStep();
}

// ------------------------------------------------------------------------------- what is told

Phase Failover::phase() const {
  if (!amnesia_.empty()) return Phase::kAmnesia;
  const bool asked = settling_ != Settling::kUnasked;
  if (record_.move && record_.move->in_progress()) {
    if (record_.move->to.is_edge()) return Phase::kFailingBack;
    return record_.move->stage == Stage::kIntent ? Phase::kIntent : Phase::kApplying;
  }
  if (!warm_ || !asked) return Phase::kWarming;
  return serves_edge() ? Phase::kServingEdge : Phase::kServingExit;
}

void Failover::Describe(const Sight& sight, ServiceSnapshot& out) const {
  out.name = settings_.name;
  out.hostname = settings_.hostname;
  out.phase = sight.amnesia.empty() ? phase() : Phase::kAmnesia;
  out.serves = record_.serves;
  out.paused = record_.paused;
  out.paused_reason = record_.paused_reason;
  out.quorum = settings_.quorum;
  out.paths = sight.paths;
  for (size_t i = 0; i < out.paths.size() && i < watches_.size(); ++i) {
    out.paths[i].verdict_for = watches_[i].verdict_for(sight.now);
  }
  out.cause = sight.cause;
  out.hold_done = std::min(DownFor(record_.serves, sight.now), settings_.quorum.hold);
  out.move = record_.move;
  out.target = record_.move ? record_.move->to : BestTarget(sight);
  out.dns = RecordsTrouble();
  out.lingering_exit = record_.lingering_exit;
  out.proof = proof_;
  for (const LeverSight& lever : sight.levers) out.levers.push_back(lever.name);
  if (retry_at_ && *retry_at_ > sight.now) out.retry_in = *retry_at_ - sight.now;
  if (!out.target.is_edge()) out.rules = Judge(settings_, ProposalTo(out.target, sight), sight);
  for (const RuleAnswer& rule : out.rules) {
    if (rule.ok || IsAboutTheFailure(rule)) continue;
    out.unarmed_why = absl::StrCat(rule.name, ": ", rule.words);
    break;
  }
  out.armed = serves_edge() && out.unarmed_why.empty() && warm_ && !out.rules.empty();
  const bool failing = record_.move || DownFor(record_.serves, sight.now) > absl::ZeroDuration();
  if (!amnesia_.empty()) {
    out.waiting_for = amnesia_;
  } else if (!sight.amnesia.empty()) {
    out.waiting_for = sight.amnesia;
  } else if (record_.move && record_.move->stage >= Stage::kPulling) {
    out.waiting_for = retry_why_.empty() ? unchecked_why_ : retry_why_;
  } else if (record_.move) {
    out.waiting_for = HeldBy(sight);
    if (out.waiting_for.empty()) out.waiting_for = retry_why_;
  } else if (failing) {
    const RuleAnswer* holder = FirstHolder(out.rules);
    if (holder != nullptr) out.waiting_for = absl::StrCat(holder->name, ": ", holder->words);
  }
  if (!serves_edge() && !watches_.empty()) {
    out.failback =
        FailbackEvidence(settings_, sight, watches_.front().clean_for(sight.now), RecordsTrouble());
    out.failback_offered = IsComplete(out.failback) && !record_.move;
  }
}

std::string Failover::Explanation(const Sight& sight) const {
  std::string text;
  for (const PathSnapshot& path : sight.paths) {
    const Tally& tally = path.tally;
    absl::StrAppendFormat(&text, "%s %s: %s; DOWN %.2f of %d voters, AS %d, DOWN voters' AS %d\n",
                          path.path.ToString(), VerdictName(tally.verdict), tally.why,
                          tally.down_share(), tally.voters, tally.asns, tally.down_asns);
    for (const Ballot& ballot : path.ballots) {
      absl::StrAppend(&text, "  ", DescribeVote(ballot), "\n");
    }
  }
  absl::StrAppend(&text, "attribution ", AttributionName(sight.cause.attribution), ": ",
                  sight.cause.why, "\n");
  const Path target = record_.move ? record_.move->to : BestTarget(sight);
  if (target.is_edge()) return text;
  for (const RuleAnswer& rule : Judge(settings_, ProposalTo(target, sight), sight)) {
    absl::StrAppend(&text, rule.ok ? "  ok    " : "  HOLD  ", rule.name, ": ", rule.words, "\n");
  }
  return text;
}

std::set<std::string> Failover::OpenExits(const Sight&) const {
  std::set<std::string> open;
  if (!serves_edge()) open.insert(record_.serves.exit);
  if (!record_.lingering_exit.empty()) open.insert(record_.lingering_exit);
  // A move's stage is journaled before the exit is told, so what is in flight counts.
  const std::optional<Move>& move = in_flight_ && in_flight_->entry && in_flight_->entry->record
                                        ? in_flight_->entry->record->move
                                        : record_.move;
  if (move && move->in_progress() && move->stage >= Stage::kOpening && !move->to.is_edge()) {
    open.insert(move->to.exit);
  }
  return open;
}

bool Failover::KnowsWhatIsInForce() const {
  return amnesia_.empty() && settling_ != Settling::kUnasked;
}

// -------------------------------------------------------------------------------------- helpers

std::string Failover::NewId(absl::Time at) { return NewUlid(at, random_); }

std::string Failover::NewClaim() {
  return absl::StrFormat("%08x", absl::Uniform<uint32_t>(random_));
}

Event Failover::MakeEvent(const std::string& kind, const std::string& text, const Sight& sight,
                          bool alarm) {
  return Event{.id = NewId(sight.wall),
               .at = sight.wall,
               .service = settings_.name,
               .kind = kind,
               .alarm = alarm,
               .text = text,
               .detail = ""};
}

void Failover::Note(const std::string& kind, const std::string& text, const Sight& sight,
                    bool alarm) {
  step_.notes.push_back(MakeEvent(kind, text, sight, alarm));
}

void Failover::Emit(std::string stage, std::optional<Entry> entry, Action action,
                    const Sight& sight) {
  in_flight_ = Effect{.service = settings_.name,
                      .lever = LeverFor(sight),
                      .stage = std::move(stage),
                      .entry = std::move(entry),
                      .action = std::move(action)};
  step_.effect = in_flight_;
}

void Failover::RetryLater(const Sight& sight, const std::string& why) {
  retry_at_ = sight.now + backoff_.Next(random_);
  retry_why_ = why;
}

const std::string& Failover::LeverFor(const Sight& sight) const {
  static const std::string kNone;
  if (const LeverSight* usable = UsableLever(sight)) return usable->name;
  return sight.levers.empty() ? kNone : sight.levers.front().name;
}

}  // namespace lifeboat
