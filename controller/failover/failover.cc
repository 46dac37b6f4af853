#include "controller/failover/failover.h"

#include <algorithm>
#include <utility>

#include "absl/random/distributions.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "controller/failover/ulid.h"

// What comes in and what goes out. The rest of the core is in failover_settling.cc (what the world
// says), failover_judging.cc (what is decided), failover_stages.cc (the steps of a move),
// failover_commands.cc (what people ask for) and failover_telling.cc (what they are told).
namespace lifeboat {
namespace {

// Agents that live have connected by then, and filters have filled.
constexpr absl::Duration kWarmIn = absl::Minutes(2);

// The kinds of events that tell of a decision, and not of what came of one.
bool IsDecision(const Event& event) {
  constexpr absl::string_view kKinds[] = {"verdict", "intent", "hold", "renew",  "cancel",
                                          "pulling", "done",   "left", "refused"};
  return std::find(std::begin(kKinds), std::end(kKinds), event.kind) != std::end(kKinds);
}

// One decision serves all of them: they were made of the same.
template <typename Decide>
void Explain(std::vector<Event>& events, const Decide& decide) {
  std::shared_ptr<const Decision> decision;
  for (Event& event : events) {
    if (event.decision || !IsDecision(event)) continue;
    if (!decision) decision = decide();
    event.decision = decision;
  }
}

}  // namespace

Step Failover::See(const Sight& sight) {
  Watch(sight);
  if (!in_flight_) Proceed(sight);
  ExplainNotes(sight);
  return TakeStep();
}

Step Failover::Finish(const Outcome& outcome, const Sight& sight) {
  if (!in_flight_) return TakeStep();
  const Effect done = *std::exchange(in_flight_, std::nullopt);
  if (!outcome.journal.ok()) {
    TakeRefusedEntry(done, sight);
    return TakeStep();
  }
  Take(done, outcome, sight);
  if (!in_flight_) Proceed(sight);
  ExplainNotes(sight);
  return TakeStep();
}

// Nothing was done. What is in force is what was in force before, and so the journal must say: a
// commit may have gone through although it was called failed, and a move that nobody makes must not
// wait there for the next start.
void Failover::TakeRefusedEntry(const Effect& refused, const Sight& sight) {
  record_at_ = sight.now + record_backoff_.Next(random_);
  journal_unsure_ |= refused.entry && refused.entry->record;
  wish_.reset();  // whoever wished it is told that it could not be recorded
  if (refused.stage == "ADOPT") adopting_ = true;
}

void Failover::Take(const Effect& done, const Outcome& outcome, const Sight& sight) {
  if (done.entry) {
    record_at_.reset();
    record_backoff_.Reset();
    if (done.entry->record) {
      if (done.entry->record->made_by_itself != record_.made_by_itself) budget_.reset();
      record_ = *done.entry->record;
      LoadBudget(sight);
      journal_unsure_ = false;
    }
    if (wish_ && IsWished(record_)) wish_.reset();
  }
  if (!record_.move && !must_claim_) failed_levers_.clear();
  if (std::holds_alternative<ReadWorld>(done.action)) TakeWorld(outcome.world, sight);
  if (std::holds_alternative<PullLever>(done.action)) {
    done.stage == "CLAIM" ? TakeClaim(done.lever, outcome.pull, sight)
                          : TakePulled(outcome.pull, sight);
  }
  if (std::holds_alternative<OpenExit>(done.action)) TakeOpened(outcome.status, sight);
  if (std::holds_alternative<FetchThrough>(done.action)) {
    done.stage == "ASKING" ? TakeAsked(outcome, sight) : TakeFetched(outcome, sight);
  }
  if (std::holds_alternative<ProveDns>(done.action)) TakeProof(outcome.proof, sight);
}

void Failover::Proceed(const Sight& sight) {
  const bool may_record = !record_at_ || sight.now >= *record_at_;
  if (wish_ && may_record) return EmitWish(sight);
  if (journal_unsure_ && may_record) {
    return Emit("RECORD", Entry{.events = {}, .record = record_}, DoNothing{}, sight);
  }
  if (!sight.amnesia.empty() || !amnesia_.empty()) return;
  if (AsksAgain(sight) && (may_record || !adopting_)) return AskWorld(sight);
  if (!may_record) return;
  const bool settled = settling_ == Settling::kSettled && drift_.empty();
  if (settled && must_claim_ && sight.journal_trouble.empty()) return ClaimOwnership(sight);
  if (LooksAgain(sight)) return AskWorld(sight);
  if (!record_.move) {
    ConsiderLinger(sight);
    if (!in_flight_) ConsiderNewIntent(sight);
  } else if (record_.move->stage < Stage::kPulling) {
    ConsiderIntent(sight);
  } else if (settled && !must_claim_) {  // else the world is asked first
    ProceedWithPulledMove(sight);
  }
}

void Failover::ProceedWithPulledMove(const Sight& sight) {
  const bool moved = settled_as_ == Settlement::Kind::kMoved;
  if (const auto on = moved ? WayOn(sight) : std::nullopt) {
    if (IsSeenInDns()) return LeaveUnproven(*on, sight);
    settling_ = Settling::kUnasked;  // a lever may have said OK and done nothing
    return AskWorld(sight);
  }
  if (retry_at_ && sight.now < *retry_at_) return;
  if (settled_as_ == Settlement::Kind::kNotMoved && record_.move->stage == Stage::kProving) {
    return Retreat(absl::StrCat("lever ", record_.move->lever, ": said OK, and the primary has ",
                                "nothing of it"),
                   Fault::kNobodys, sight);
  }
  if (record_.move->stage == Stage::kAsking) return AskByName(sight);
  if (record_.move->stage == Stage::kProving || settled_as_ == Settlement::Kind::kMoved) {
    return Prove(sight);
  }
  Retreat("the change had not reached DNS", Fault::kNobodys, sight);
}

// ---------------------------------------------------------------------------------- what is seen

void Failover::Watch(const Sight& sight) {
  LoadBudget(sight);
  if (!began_at_) began_at_ = sight.now;
  watches_.resize(sight.paths.size());
  dissents_.resize(sight.paths.size());
  down_voters_.resize(sight.paths.size());
  for (size_t i = 0; i < sight.paths.size(); ++i) WatchPath(i, sight.paths[i], sight);
  RememberLastDown(settings_.quorum, sight, last_down_);
  warm_ = warm_ || VerdictOn(Path::Edge()) != Verdict::kBlind ||
          VerdictOn(record_.serves) != Verdict::kBlind;
  if (!warm_ && !told_blind_ && sight.now - *began_at_ >= kWarmIn) {
    told_blind_ = true;
    Note("verdict",
         absl::StrCat("edge is BLIND since the start: ",
                      Words(settings_.quorum, sight.edge().tally)),
         sight, true);
  }
}

void Failover::LoadBudget(const Sight& sight) {
  if (budget_) return;
  budget_.emplace().Load(record_.made_by_itself, sight.now, sight.wall);
}

void Failover::WatchPath(size_t index, const PathSnapshot& path, const Sight& sight) {
  const Tally& tally = path.tally;
  const Verdict before = watches_[index].verdict();
  watches_[index].See(tally.verdict, sight.now, tally.weight_degraded_or_worse > 0);
  dissents_[index].See(settings_.quorum, path.ballots, sight.now);
  if (std::exchange(down_voters_[index], tally.down_voters) == 0 && tally.down_voters > 0) {
    const auto first =
        std::find_if(path.ballots.begin(), path.ballots.end(),
                     [](const Ballot& ballot) { return ballot.vote.kind == VoteKind::kDown; });
    if (first != path.ballots.end()) {
      Note("vote", absl::StrCat(path.path.ToString(), ": ", DescribeBallot(*first)), sight);
    }
  }
  if (before == tally.verdict) return;
  std::string text = absl::StrCat(path.path.ToString(), " is ", VerdictName(tally.verdict), ": ",
                                  Words(settings_.quorum, tally));
  if (path.path.is_edge() && tally.verdict == Verdict::kDown) {
    absl::StrAppend(&text, "; attribution ", AttributionName(sight.cause.attribution));
  }
  const bool bad =
      tally.verdict == Verdict::kDown || (tally.verdict == Verdict::kBlind && warm_ &&
                                          (path.path.is_edge() || path.path == record_.serves));
  Note("verdict", text, sight, bad);
}

const PathWatch* Failover::WatchOf(const Path& path) const {
  if (path.is_edge()) return watches_.empty() ? nullptr : &watches_.front();
  for (size_t i = 0; i < settings_.exits.size() && i + 1 < watches_.size(); ++i) {
    if (settings_.exits[i].name == path.exit) return &watches_[i + 1];
  }
  return nullptr;
}

Verdict Failover::VerdictOn(const Path& path) const {
  const PathWatch* watch = WatchOf(path);
  return watch == nullptr ? Verdict::kBlind : watch->verdict();
}

const std::string& Failover::LeverFor(const Action& action, const Sight& sight) const {
  static const std::string kNone;
  const bool pulls = std::holds_alternative<PullLever>(action);
  const auto& failed = pulls ? failed_levers_ : std::set<std::string>();
  if (const LeverSight* usable = UsableLever(settings_.safety, sight, failed)) return usable->name;
  return sight.levers.empty() ? kNone : sight.levers.front().name;
}

// --------------------------------------------------------------------------------- what goes out

std::string Failover::NewId(absl::Time at) { return last_id_ = NextUlid(last_id_, at, random_); }

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

void Failover::ExplainNotes(const Sight& sight) {
  Explain(step_.notes, [&] { return Decided(sight); });
}

void Failover::Emit(std::string stage, std::optional<Entry> entry, Action action,
                    const Sight& sight) {
  AddWish(entry, sight);
  in_flight_ = Effect{.service = settings_.name,
                      .priority = settings_.priority,
                      .lever = LeverFor(action, sight),
                      .stage = std::move(stage),
                      .entry = std::move(entry),
                      .action = std::move(action)};
  if (in_flight_->entry) Explain(in_flight_->entry->events, [&] { return Decided(sight); });
  step_.effect = in_flight_;
}

void Failover::RetryLater(const Sight& sight, const std::string& why) {
  retry_at_ = sight.now + backoff_.Next(random_);
  retry_why_ = why;
}

Step Failover::TakeStep() { return std::exchange(step_, Step{}); }

}  // namespace lifeboat
