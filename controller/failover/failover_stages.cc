#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "controller/failover/failover.h"

// The steps of a move, in the order in which they are taken.
namespace lifeboat {
namespace {

constexpr absl::Duration kArrivesWithin = absl::Seconds(30);

}  // namespace

void Failover::Begin(Move move, const std::string& text, const Sight& sight) {
  BeginAfter(Entry{.events = {}, .record = record_}, std::move(move), text, sight);
}

void Failover::BeginAfter(Entry after, Move move, const std::string& text, const Sight& sight) {
  ServiceRecord& next = *after.record;
  move.id = NewId(sight.wall);
  move.from = next.serves;
  move.begun_at = sight.wall;
  move.expires_at = sight.wall + settings_.intent_expires_after;
  intent_deadline_ = sight.now + settings_.intent_expires_after;
  retry_at_.reset();
  retry_why_.clear();
  told_holder_.clear();
  told_trouble_.clear();
  alarms_of_move_.Forget();
  before_pull_.reset();
  failures_.clear();
  failed_levers_.clear();
  seen_moved_ = false;
  proof_.clear();
  backoff_.Reset();
  Event event =
      MakeEvent("intent",
                absl::StrCat("intent to move from ", move.from.ToString(), " to ",
                             move.to.ToString(), ": ", move.reason, " (", move.requested_by, ")",
                             next.move ? absl::StrCat(", in place of ", next.move->id) : "", text),
                sight, true);
  next.move = std::move(move);
  after.events.push_back(std::move(event));
  Emit("INTENT", std::move(after), DoNothing{}, sight);
}

void Failover::Advance(Stage stage, const std::string& kind, const std::string& text, Action action,
                       const Sight& sight) {
  ServiceRecord next = record_;
  next.move->stage = stage;
  if (stage == Stage::kPulling) next.move->lever = LeverFor(action, sight);
  retry_at_.reset();
  retry_why_.clear();
  Emit(std::string(StageName(stage)),
       Entry{.events = {MakeEvent(kind, text, sight)}, .record = std::move(next)},
       std::move(action), sight);
}

FetchThrough Failover::FetchThroughTarget() const {
  FetchThrough fetch{.path = record_.move->to, .addresses = {}};
  for (const Record& record : settings_.RecordsOf(record_.move->to)) {
    fetch.addresses.push_back(record.value);
  }
  return fetch;
}

void Failover::TakeOpened(const absl::Status& status, const Sight& sight) {
  const std::string to = record_.move->to.ToString();
  if (!status.ok()) {
    return Retreat(absl::StrCat(to, " did not open: ", Words(status)), Fault::kTheExits, sight);
  }
  Note("opened", absl::StrCat(to, " is open to the public"), sight);
  Advance(Stage::kFetching, "fetching", absl::StrCat("fetches through ", to, " as a stranger"),
          FetchThroughTarget(), sight);
}

void Failover::TakeFetched(const Outcome& outcome, const Sight& sight) {
  if (!outcome.status.ok()) {
    return Retreat(absl::StrCat("a stranger is not served through ", record_.move->to.ToString(),
                                ": ", Words(outcome.status)),
                   Fault::kTheExits, sight);
  }
  TellUnasked("fetching", outcome, sight);
  // The world may have changed meanwhile: the whole state is judged once more before the pull.
  if (RecoveredFrom(sight)) {
    return Cancel(absl::StrCat(record_.move->from.ToString(), " serves again"), sight);
  }
  if (const std::string holder = HeldBy(sight); !holder.empty()) {
    TellHolder(holder, sight);
    return Retreat("", Fault::kNobodys, sight);
  }
  Pull(sight);
}

void Failover::Pull(const Sight& sight) {
  const Move& move = *record_.move;
  const Ownership ours{
      .epoch = sight.epoch, .serves = move.to, .move = move.id, .claim = NewClaim()};
  writing_ = World{.records = settings_.RecordsOf(move.to), .ownership = ours.ToString()};
  before_pull_ = world_;
  const PullLever pull{.change = {.hostname = settings_.hostname,
                                  .expect = world_.records,
                                  .records = writing_.records,
                                  .ttl = settings_.ttl,
                                  .expect_ownership = world_.ownership,
                                  .ownership = writing_.ownership}};
  const std::string text =
      absl::StrCat("pulls ", LeverFor(pull, sight), ": ", settings_.hostname, " from ",
                   RecordsToString(world_.records), " to ", RecordsToString(writing_.records));
  Advance(Stage::kPulling, "pulling", text, pull, sight);
}

void Failover::TakePulled(const PullResult& result, const Sight& sight) {
  switch (result.outcome) {
    case PullOutcome::kApplied:
      world_ = writing_;
      settled_as_ = Settlement::Kind::kMoved;
      seen_moved_ = false;
      backoff_.Reset();
      proving_since_ = sight.now;
      return Prove(sight);
    case PullOutcome::kRefused:
      RememberFailed(record_.move->lever, sight);
      return Retreat(absl::StrCat("lever ", record_.move->lever, ": ", Words(result.status)),
                     Fault::kTheLevers, sight);
    case PullOutcome::kConflict:
    case PullOutcome::kUnknown:
      Note("lever", absl::StrCat("asks what became of the pull: ", Words(result.status)), sight);
      if (result.outcome == PullOutcome::kUnknown) RememberFailed(record_.move->lever, sight);
      settling_ = Settling::kUnasked;
      ask_at_.reset();
  }
}

void Failover::Prove(const Sight& sight) {
  ProveDns prove{.hostname = settings_.hostname, .records = settings_.RecordsOf(record_.move->to)};
  if (record_.move->stage == Stage::kProving) {
    retry_at_.reset();
    return Emit("PROVING", std::nullopt, std::move(prove), sight);
  }
  Advance(Stage::kProving, "pulled", "the primary has it; asks every authoritative server",
          std::move(prove), sight);
}

void Failover::TakeProof(const Proof& proof, const Sight& sight) {
  proof_ = proof.servers;
  if (!proof.proven) {
    const std::string trouble = proof.ToString();
    TellTrouble("proving", trouble, sight);
    DoubtThePull(sight);
    return RetryLater(sight, trouble);
  }
  Note("proven", absl::StrCat(proof.ToString(), " serve the new records"), sight);
  backoff_.Reset();
  AskByName(sight);
}

bool Failover::IsProvenAnywhere() const {
  return std::any_of(proof_.begin(), proof_.end(), [](const ServerAnswer& answer) {
    return answer.state == ServerState::kProven;
  });
}

// A lever may have said OK and done nothing: the primary is asked again what it has.
void Failover::DoubtThePull(const Sight& sight) {
  if (IsProvenAnywhere() || !before_pull_ || sight.now - proving_since_ < kArrivesWithin) return;
  proving_since_ = sight.now;
  settling_ = Settling::kUnasked;
  ask_at_.reset();
}

void Failover::AskByName(const Sight& sight) {
  // The way back is watched by the vantages already; only an exit is asked by name.
  if (record_.move->to.is_edge()) return Complete("", sight);
  if (record_.move->stage == Stage::kAsking) {
    retry_at_.reset();
    return Emit("ASKING", std::nullopt, FetchThroughTarget(), sight);
  }
  Advance(Stage::kAsking, "asking", absl::StrCat("fetches ", settings_.hostname, " by name"),
          FetchThroughTarget(), sight);
}

void Failover::TellUnasked(const std::string& kind, const Outcome& outcome, const Sight& sight) {
  if (outcome.unasked.empty()) return;
  Note(kind, absl::StrCat("not proven from here is what this host cannot ask: ", outcome.unasked),
       sight);
}

void Failover::TakeAsked(const Outcome& outcome, const Sight& sight) {
  if (outcome.status.ok()) {
    TellUnasked("asking", outcome, sight);
    return Complete("", sight);
  }
  const std::string trouble = absl::StrCat("by name it is not served: ", Words(outcome.status));
  // An exit that died on the way is in service now, and left like any other that dies there.
  if (VerdictOn(record_.move->to) == Verdict::kDown) {
    return Complete(absl::StrCat(", though ", trouble), sight);
  }
  TellTrouble("asking", trouble, sight);
  RetryLater(sight, trouble);
}

ServiceRecord Failover::Arrived(bool proven, const Sight& sight) {
  const Move& move = *record_.move;
  ServiceRecord next = record_;
  next.move.reset();
  next.unproven = !proven;
  if (IsCounted(move)) return next;
  next.serves = move.to;
  next.serves_by_move = move.id;
  if (move.by_person()) {
    next.unacknowledged.clear();  // whoever decides where it is served has seen how it was
  } else {
    next.unacknowledged = move.id;
    next.made_by_itself = budget_->WithOneMore(sight.now, sight.wall);
  }
  if (next.lingering_exit == move.to.exit) next.lingering_exit.clear();
  if (!move.from.is_edge()) {
    next.lingering_exit = move.from.exit;
    next.lingering_until = sight.wall + settings_.exit_stays_open;
    linger_until_ = sight.now + settings_.exit_stays_open;
  }
  return next;
}

void Failover::Complete(const std::string& though, const Sight& sight) {
  const Move& move = *record_.move;
  ServiceRecord next = Arrived(true, sight);
  Event event = MakeEvent("done",
                          absl::StrCat(settings_.hostname, " points at ", move.to.ToString(),
                                       though.empty() ? ", which serves it" : though),
                          sight, true);
  moved_at_ = sight.now;
  retry_at_.reset();
  Emit("DONE", Entry{.events = {std::move(event)}, .record = std::move(next)}, DoNothing{}, sight);
}

// What was pulled stands in the journal: who owns the record, which exit lingers, that it counts
// against the budget. The servers that never took it are proven to have the next move instead.
void Failover::LeaveUnproven(const Path& to, const Sight& sight) {
  const Path died = record_.move->to;
  const Proof proof{.proven = false, .servers = proof_};
  Event left = MakeEvent("left",
                         absl::StrCat("leaves ", died.ToString(), ", which has died before all ",
                                      "servers had it: ", proof.ToString()),
                         sight);
  Move on = MoveByQuorum(died, to, sight);
  BeginAfter(Entry{.events = {std::move(left)}, .record = Arrived(false, sight)}, std::move(on), "",
             sight);
}

// The move that brought DNS where it is, to be proven after all.
Move Failover::ProofThatIsMissing(const Sight& sight) const {
  Move move;
  move.id = record_.serves_by_move;
  move.from = move.to = record_.serves;
  move.stage = Stage::kProving;
  move.reason = "not every server had it when it was left";
  move.requested_by = "quorum";
  move.begun_at = sight.wall;
  move.expires_at = sight.wall + settings_.intent_expires_after;
  return move;
}

void Failover::Cancel(const std::string& why, const Sight& sight) {
  Event event =
      MakeEvent("cancel",
                absl::StrCat("CANCEL the move to ", record_.move->to.ToString(), ": ", why,
                             record_.unproven ? "; goes on asking until all servers have it" : ""),
                sight, true);
  event.decision = Decided(sight);  // of the move that is cancelled, whatever takes its place
  ServiceRecord next = record_;
  next.move.reset();
  retry_at_.reset();
  if (next.unproven) {
    failed_levers_.clear();
    next.move = ProofThatIsMissing(sight);
    before_pull_.reset();
    proving_since_ = sight.now;
    settling_ = Settling::kUnasked;  // where that move stands is another question
    ask_at_.reset();
  }
  Emit("CANCELLED", Entry{.events = {std::move(event)}, .record = std::move(next)}, DoNothing{},
       sight);
}

std::optional<Event> Failover::NewTrouble(const std::string& kind, const std::string& trouble,
                                          const Sight& sight) {
  if (std::exchange(told_trouble_, trouble) == trouble) return std::nullopt;
  return MakeEvent(kind, absl::StrCat(kind == "hold" ? "HOLD: " : "", trouble), sight,
                   alarms_of_move_.Wakes(trouble, sight.now));
}

void Failover::TellTrouble(const std::string& kind, const std::string& trouble,
                           const Sight& sight) {
  std::optional<Event> event = NewTrouble(kind, trouble, sight);
  if (event) step_.notes.push_back(*std::move(event));
}

void Failover::Retreat(const std::string& why, Fault fault, const Sight& sight) {
  const Move& move = *record_.move;
  if (fault == Fault::kTheExits) ++failures_[move.to.exit];
  // What was refused left the world as it was. To ask and to claim again before each try would be
  // three calls instead of one, and a lever that fails every second call would fail most tries.
  if (move.stage >= Stage::kPulling && fault != Fault::kTheLevers) {
    settling_ = Settling::kUnasked;  // whoever got in the way is found out before the next try
    ask_at_.reset();
  }
  RetryLater(sight, why);
  ServiceRecord next = record_;
  next.move->stage = Stage::kIntent;
  Entry entry{.events = {}, .record = std::move(next)};
  if (!why.empty()) {
    std::optional<Event> event = NewTrouble("hold", why, sight);
    if (event) entry.events.push_back(*std::move(event));
  }
  Emit("RETREAT", std::move(entry), DoNothing{}, sight);
}

}  // namespace lifeboat
