#include <algorithm>

#include "absl/strings/str_cat.h"
#include "controller/failover/failback.h"
#include "controller/failover/failover.h"
#include "controller/failover/rule_keys.h"

// What people and exit nodes are told.
namespace lifeboat {
namespace {

void AddOpenExits(const ServiceRecord& record, std::set<std::string>& open) {
  if (!record.serves.is_edge()) open.insert(record.serves.exit);
  if (!record.lingering_exit.empty()) open.insert(record.lingering_exit);
  const std::optional<Move>& move = record.move;
  if (move && move->in_progress() && move->stage >= Stage::kOpening && !move->to.is_edge()) {
    open.insert(move->to.exit);
  }
}

}  // namespace

// What is in flight counts, for its entry is durable before anything is done. But nothing closes by
// what is not durable yet: both records bind.
std::set<std::string> Failover::OpenExits() const {
  std::set<std::string> open;
  AddOpenExits(record_, open);
  if (in_flight_ && in_flight_->entry && in_flight_->entry->record) {
    AddOpenExits(*in_flight_->entry->record, open);
  }
  return open;
}

bool Failover::KnowsWhatIsInForce() const {
  return amnesia_.empty() && settling_ != Settling::kUnasked;
}

const std::optional<Move>& Failover::ShownMove() const {
  const bool steps = record_.move && in_flight_ && in_flight_->entry && in_flight_->entry->record;
  return steps && in_flight_->entry->record->move ? in_flight_->entry->record->move : record_.move;
}

// Nobody is shown a move that is not durable; but the event that begins it tells of it.
const std::optional<Move>& Failover::DecidedMove() const {
  const bool begins = !record_.move && in_flight_ && in_flight_->entry && in_flight_->entry->record;
  return begins ? in_flight_->entry->record->move : ShownMove();
}

Phase Failover::phase(const std::optional<Move>& move, const Sight& sight) const {
  if (!amnesia_.empty() || !sight.amnesia.empty()) return Phase::kAmnesia;
  if (move) {
    if (move->to.is_edge()) return Phase::kFailingBack;
    return move->stage == Stage::kIntent ? Phase::kIntent : Phase::kApplying;
  }
  if (!warm_ || settling_ == Settling::kUnasked) return Phase::kWarming;
  return serves_edge() ? Phase::kServingEdge : Phase::kServingExit;
}

bool Failover::MayGoBack(const std::vector<EvidenceItem>& evidence, const Sight& sight) const {
  return IsComplete(evidence) && !record_.move && sight.stopped.empty() && !paused();
}

bool Failover::OffersFailback(const Sight& sight) const {
  return !serves_edge() && MayGoBack(Evidence(sight), sight);
}

void Failover::Describe(const Sight& sight, ServiceSnapshot& out) const {
  DescribeWith(ShownMove(), sight, out);
}

void Failover::DescribeWith(const std::optional<Move>& move, const Sight& sight,
                            ServiceSnapshot& out) const {
  out.name = settings_.name;
  out.hostname = settings_.hostname;
  out.phase = phase(move, sight);
  out.serves = record_.serves;
  out.stopped = !sight.stopped.empty();
  out.paused = out.stopped || paused();
  out.paused_reason = out.stopped ? absl::StrCat("everything is stopped: ", sight.stopped)
                      : wish_     ? wish_->reason
                                  : record_.paused_reason;
  out.unacknowledged = record_.unacknowledged;
  out.moves_made = budget_ ? budget_->Made(sight.now) : 0;
  out.moves_per_day = settings_.safety.moves_per_day;
  out.quorum = settings_.quorum;
  out.paths = sight.paths;
  for (size_t i = 0; i < out.paths.size() && i < watches_.size(); ++i) {
    out.paths[i].verdict_for = watches_[i].verdict_for(sight.now);
  }
  out.cause = sight.cause;
  out.cause_words = sight.CauseWords();
  out.hold_done = std::min(DownFor(record_.serves, sight.now), settings_.quorum.hold);
  out.move = move;
  out.target = out.move ? out.move->to : BestTarget(sight);
  if (!out.target.is_edge() && !(out.move && out.move->only_proves())) {
    const bool by_person = out.move && out.move->by_person();
    out.rules = Judge(settings_, ProposalTo(out.target, by_person, sight), sight);
    NameKeys(settings_.places, out.rules);
  }
  out.waiting_for = WaitingFor(out, sight);
  if (retry_at_ && *retry_at_ > sight.now) out.retry_in = *retry_at_ - sight.now;
  if (!serves_edge()) {
    out.failback = Evidence(sight);
    out.failback_offered = MayGoBack(out.failback, sight);
  }
  for (const LeverSight& lever : sight.levers) out.levers.push_back(lever.name);
  out.unarmed_why = UnarmedBecause(out, sight);
  out.armed = out.unarmed_why.empty();
  out.dns = RecordsTrouble();
  out.lingering_exit = record_.lingering_exit;
  out.proof = proof_;
}

std::string Failover::WaitingFor(const ServiceSnapshot& snapshot, const Sight& sight) const {
  if (!amnesia_.empty()) return amnesia_;
  if (!sight.amnesia.empty()) return sight.amnesia;
  if (!record_.move) {
    const RuleAnswer* holder = FirstHolder(snapshot.rules);
    const bool failing = VerdictOn(record_.serves) == Verdict::kDown;
    return failing && holder ? absl::StrCat(holder->name, ": ", holder->words) : "";
  }
  const bool tries_again = retry_at_ && *retry_at_ > sight.now;
  const std::string holder =
      record_.move->stage < Stage::kPulling
          ? HeldBy(sight)
          : (sight.journal_trouble.empty() ? RecordsTrouble() : sight.journal_trouble);
  return holder.empty() && tries_again ? retry_why_ : holder;
}

std::string Failover::UnarmedBecause(const ServiceSnapshot& snapshot, const Sight& sight) const {
  if (!serves_edge()) return absl::StrCat(record_.serves.ToString(), " serves already");
  if (!amnesia_.empty()) return amnesia_;
  if (snapshot.rules.empty()) return "no exit is configured";
  for (const RuleAnswer& rule : snapshot.rules) {
    if (!rule.ok && !IsAboutTheFailure(rule)) return absl::StrCat(rule.name, ": ", rule.words);
  }
  if (const std::string kin = LeversSharedFate(settings_, sight); !kin.empty()) return kin;
  return warm_ ? "" : "warming: too few vantages vote so far";
}

// ----------------------------------------------------------------------------------- explanations

std::string Failover::DescribeBallot(const Ballot& ballot) {
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

std::shared_ptr<const Decision> Failover::Decided(const Sight& sight) const {
  auto decision = std::make_shared<Decision>();
  decision->now = sight.now;
  decision->wall = sight.wall;
  decision->epoch = sight.epoch;
  DescribeWith(DecidedMove(), sight, decision->service);
  return decision;
}

std::shared_ptr<const Decision> Failover::Refused(const Path& to, const Sight& sight) const {
  auto decision = std::make_shared<Decision>(*Decided(sight));
  if (to.is_edge()) return decision;  // what the way back needs is told anyway
  decision->service.target = to;
  decision->service.rules = Judge(settings_, ProposalTo(to, true, sight), sight);
  NameKeys(settings_.places, decision->service.rules);
  return decision;
}

}  // namespace lifeboat
