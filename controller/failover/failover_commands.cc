#include <utility>

#include "absl/strings/str_cat.h"
#include "controller/failover/failback.h"
#include "controller/failover/failover.h"

// What people ask for.
namespace lifeboat {

// With `unseen` a person answers for what no quorum sees.
absl::Status Failover::MayBegin(bool unseen, const Sight& sight) const {
  if (!amnesia_.empty()) return absl::FailedPreconditionError(amnesia_);
  if (!sight.amnesia.empty()) return absl::FailedPreconditionError(sight.amnesia);
  if (const std::optional<Move>& move = record_.move) {
    const bool replaceable = move->stage == Stage::kIntent && !move->by_person();
    if (!replaceable) {
      return absl::AlreadyExistsError(absl::StrCat("move ", move->id, " to ", move->to.ToString(),
                                                   " is under way (", StageName(ShownMove()->stage),
                                                   ")"));
    }
  }
  if (in_flight_) return absl::UnavailableError("a step is under way; try again in a moment");
  if (!warm_ && !unseen) {
    return absl::FailedPreconditionError("warming: too few vantages vote so far");
  }
  return absl::OkStatus();
}

absl::Status Failover::Refuse(const Path& to, const std::string& who, const std::string& why,
                              const Sight& sight) {
  Note("refused", absl::StrCat("refuses ", who, " the move to ", to.ToString(), ": ", why), sight);
  step_.notes.back().decision = Refused(to, sight);
  return absl::FailedPreconditionError(why);
}

absl::StatusOr<Step> Failover::MoveToExit(const std::string& exit, const std::string& reason,
                                          const std::string& who, const Sight& sight) {
  if (const absl::Status may = MayBegin(false, sight); !may.ok()) return may;
  const Path to = exit.empty() ? BestTarget(sight) : Path::Exit(exit);
  if (to.is_edge()) {
    return absl::NotFoundError(absl::StrCat(settings_.name, " has no other exit to move to"));
  }
  if (settings_.FindExit(to.exit) == nullptr) {
    return absl::NotFoundError(absl::StrCat(settings_.name, " has no exit \"", exit, "\""));
  }
  if (to == record_.serves) {
    return absl::FailedPreconditionError(
        absl::StrCat(settings_.name, " is served by ", to.ToString(), " already"));
  }
  const auto rules = Judge(settings_, ProposalTo(to, true, sight), sight);
  if (const RuleAnswer* holder = FirstHolder(rules)) {
    return Refuse(to, who, absl::StrCat(holder->name, ": ", holder->words), sight);
  }
  Move move;
  move.to = to;
  move.reason = reason;
  move.requested_by = who;
  Begin(std::move(move), "", sight);
  return TakeStep();
}

absl::StatusOr<Step> Failover::MoveToEdge(bool force, const std::string& reason,
                                          const std::string& who, const Sight& sight) {
  if (const absl::Status may = MayBegin(force, sight); !may.ok()) return may;
  if (serves_edge()) {
    return absl::FailedPreconditionError(
        absl::StrCat(settings_.name, " is served by its edge already"));
  }
  if (const std::string stopped = StoppedWords(sight); !stopped.empty()) {
    return Refuse(Path::Edge(), who, stopped, sight);
  }
  const std::vector<EvidenceItem> evidence = Evidence(sight);
  const std::string missing = Missing(evidence);
  if (!missing.empty() && !force) {
    const absl::Duration in = CompleteIn(evidence);
    const std::string when =
        in == absl::InfiniteDuration()
            ? "when it will be complete cannot be said yet"
            : absl::StrCat("complete in ", absl::FormatDuration(absl::Ceil(in, absl::Seconds(1))),
                           " if all stays well");
    return Refuse(Path::Edge(), who, absl::StrCat("still missing: ", missing, "; ", when), sight);
  }
  Move move;
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
  const bool waited =
      std::exchange(wish_, Wish{.paused = paused, .reason = reason, .who = who}).has_value();
  if (!waited && IsWished(record_)) {
    wish_.reset();
    return TakeStep();
  }
  if (in_flight_) return absl::UnavailableError("a step is under way; it is recorded after that");
  EmitWish(sight);
  return TakeStep();
}

absl::StatusOr<Step> Failover::Acknowledge(const std::string& reason, const std::string& who,
                                           const Sight& sight) {
  if (in_flight_) return absl::UnavailableError("a step is under way; try again in a moment");
  if (record_.unacknowledged.empty()) return TakeStep();
  ServiceRecord next = record_;
  next.unacknowledged.clear();
  const std::string text =
      absl::StrCat("move ", record_.unacknowledged, " is acknowledged by ", who, ": ", reason);
  Emit("ACKNOWLEDGE",
       Entry{.events = {MakeEvent("acknowledged", text, sight)}, .record = std::move(next)},
       DoNothing{}, sight);
  return TakeStep();
}

bool Failover::IsWished(const ServiceRecord& record) const {
  return record.paused == wish_->paused &&
         (!record.paused || record.paused_reason == wish_->reason);
}

void Failover::EmitWish(const Sight& sight) {
  Emit(wish_->paused ? "PAUSE" : "RESUME", std::nullopt, DoNothing{}, sight);
}

void Failover::AddWish(std::optional<Entry>& entry, const Sight& sight) {
  if (!wish_) return;
  if (!entry) entry.emplace();
  if (!entry->record) entry->record = record_;
  ServiceRecord& next = *entry->record;
  if (IsWished(next)) return;
  next.paused = wish_->paused;
  next.paused_reason = wish_->paused ? wish_->reason : "";
  entry->events.push_back(MakeEvent(
      wish_->paused ? "paused" : "resumed",
      absl::StrCat(wish_->paused ? "paused" : "resumed", " by ", wish_->who, ": ", wish_->reason),
      sight));
}

std::string Failover::PauseWords() const {
  return absl::StrCat("paused: ", wish_ ? wish_->reason : record_.paused_reason);
}

std::string Failover::StoppedWords(const Sight& sight) const {
  if (!sight.stopped.empty()) return absl::StrCat("everything is stopped: ", sight.stopped);
  return paused() ? PauseWords() : "";
}

}  // namespace lifeboat
