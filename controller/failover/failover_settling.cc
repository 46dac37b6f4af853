#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "controller/failover/failover.h"

// Asking the world what is so, and making the ownership record ours.
namespace lifeboat {
namespace {

constexpr absl::Duration kAskAgainAfterDrift = absl::Seconds(10);
constexpr absl::Duration kLookAgain = absl::Minutes(1);

std::optional<Path> PathOf(const ServiceSettings& settings, const Records& records) {
  if (records == settings.edge_records) return Path::Edge();
  for (const ExitTarget& exit : settings.exits) {
    if (records == exit.records) return Path::Exit(exit.name);
  }
  return std::nullopt;
}

}  // namespace

std::string Failover::RecordsTrouble() const {
  if (!amnesia_.empty()) return amnesia_;
  if (!drift_.empty()) return drift_;
  if (settling_ == Settling::kSettled && !must_claim_) return "";
  if (!silence_.empty()) return absl::StrCat("UNCHECKED: ", silence_);
  if (!unclaimed_.empty()) return absl::StrCat("UNCHECKED: DNS cannot be claimed: ", unclaimed_);
  return "UNCHECKED: the zone's primary has not been asked yet";
}

bool Failover::AsksAgain(const Sight& sight) const {
  const bool due = !ask_at_ || sight.now >= *ask_at_;
  return due && (settling_ != Settling::kSettled || !drift_.empty());
}

// Drift must be known before the day when the lever is pulled. Not while something fails: then
// nothing may stand in the way, and the pull itself compares.
bool Failover::LooksAgain(const Sight& sight) const {
  // A provider that struggles is asked by the lever's own checks, and by nobody else.
  const LeverSight* lever = UsableLever(settings_.safety, sight);
  if (lever == nullptr || lever->health.state == LeverState::kErr) return false;
  return !record_.move && RecordsTrouble().empty() && VerdictOn(record_.serves) != Verdict::kDown &&
         look_at_ && sight.now >= *look_at_;
}

void Failover::AskWorld(const Sight& sight) {
  look_at_ = sight.now + kLookAgain;
  Emit("ASK", std::nullopt, ReadWorld{.hostname = settings_.hostname}, sight);
}

void Failover::TakeWorld(const absl::StatusOr<World>& world, const Sight& sight) {
  if (!world.ok()) return TakeSilence(world.status(), sight);
  Settlement settlement = Settle(settings_, record_, sight.epoch, *world);
  // Claims are never used twice: what stood before the pull stands still.
  const bool proving = record_.move && record_.move->stage == Stage::kProving;
  if (proving && before_pull_ && *world == *before_pull_) {
    settlement.kind = Settlement::Kind::kNotMoved;
    settlement.why.clear();
  }
  world_ = *world;
  highest_seen_ = std::max(highest_seen_, settlement.ownership.epoch);
  silence_.clear();
  silence_unheard_ = false;
  ask_backoff_.Reset();
  ask_at_.reset();
  if (std::exchange(adopting_, false)) {
    if (const std::optional<Path> path = ToAdopt(settlement)) return AdoptPath(*path, sight);
  }
  TakeSettlement(settlement, sight);
}

void Failover::TakeSilence(const absl::Status& status, const Sight& sight) {
  // It was only looked at again; that the lever fails is told by its health.
  if (settling_ == Settling::kSettled && drift_.empty()) return;
  const bool news = silence_.empty();
  silence_ = Words(status);
  settling_ = Settling::kUnchecked;
  ask_at_ = sight.now + ask_backoff_.Next(random_);
  TellOfLever(news, silence_unheard_, absl::StrCat("DNS cannot be asked: ", silence_), sight);
}

// A provider that answers one time and not the next is one alarm in a while; it is told each time.
// If it then answers no more, that is an alarm after all.
void Failover::TellOfLever(bool news, bool& unheard, const std::string& text, const Sight& sight) {
  if (!news && !unheard) return;
  unheard = !alarms_of_lever_.Wakes(text, sight.now);
  if (news || !unheard) Note("lever", text, sight, !unheard);
}

void Failover::RememberFailed(const std::string& lever, const Sight& sight) {
  failed_levers_.insert(lever);
  const LeverSight* next = UsableLever(settings_.safety, sight, failed_levers_);
  if (next != nullptr && failed_levers_.contains(next->name)) failed_levers_ = {lever};
}

void Failover::TakeSettlement(const Settlement& settlement, const Sight& sight) {
  settling_ = Settling::kSettled;
  settled_as_ = settlement.kind;
  seen_moved_ = settlement.kind == Settlement::Kind::kMoved;
  const bool news = settlement.why != drift_ && settlement.why != amnesia_;
  const bool drifted = settlement.kind == Settlement::Kind::kDrift;
  const bool forgotten = settlement.kind == Settlement::Kind::kAmnesia;
  drift_ = drifted ? settlement.why : "";
  amnesia_ = forgotten ? settlement.why : "";
  if (drifted) ask_at_ = sight.now + kAskAgainAfterDrift;
  if (news && drifted) Note("drift", drift_, sight, true);
  if (news && forgotten) Note("amnesia", amnesia_, sight, true);
  // A pull that did not arrive may still be on its way: it is fenced off.
  if (!settlement.owned || settlement.ownership.epoch != sight.epoch ||
      settlement.kind == Settlement::Kind::kNotMoved) {
    must_claim_ = true;
  }
}

// Makes the ownership record say our epoch, and a text that no packet on its way can match.
void Failover::ClaimOwnership(const Sight& sight) {
  Ownership ours{.epoch = sight.epoch,
                 .serves = record_.serves,
                 .move = record_.serves_by_move,
                 .claim = NewClaim()};
  const std::optional<Move>& move = record_.move;
  if (move && move->stage >= Stage::kPulling && settled_as_ == Settlement::Kind::kMoved) {
    ours.serves = move->to;
    ours.move = move->id;
  }
  writing_ = World{.records = world_.records, .ownership = ours.ToString()};
  std::optional<Entry> entry;
  if (unclaimed_.empty()) {  // told once, however often it must be tried
    const std::string text =
        absl::StrCat("claims ", settings_.hostname, " for epoch ", sight.epoch.ToString());
    entry = Entry{.events = {MakeEvent("claim", text, sight)}, .record = std::nullopt};
  }
  Emit("CLAIM", std::move(entry),
       PullLever{.change = {.hostname = settings_.hostname,
                            .expect = world_.records,
                            .records = world_.records,
                            .ttl = settings_.ttl,
                            .expect_ownership = world_.ownership,
                            .ownership = writing_.ownership}},
       sight);
}

void Failover::TakeClaim(const std::string& lever, const PullResult& result, const Sight& sight) {
  if (result.outcome == PullOutcome::kApplied) {
    world_ = writing_;
    // The epoch may have been raised while the claim was on its way.
    must_claim_ = Ownership::Parse(writing_.ownership)->epoch != sight.epoch;
    unclaimed_.clear();
    unclaimed_unheard_ = false;
    claim_backoff_.Reset();
    return;
  }
  // Refused, or not known: what stands is read again before anything else.
  const bool news = unclaimed_.empty();
  unclaimed_ = Words(result.status);
  settling_ = Settling::kUnchecked;
  ask_at_ = sight.now + claim_backoff_.Next(random_);
  if (result.outcome != PullOutcome::kConflict) RememberFailed(lever, sight);
  if (result.outcome == PullOutcome::kRefused) {
    TellOfLever(news, unclaimed_unheard_, absl::StrCat("DNS cannot be claimed: ", unclaimed_),
                sight);
  } else if (news) {
    unclaimed_unheard_ = true;  // it may yet turn out to be one that lasts
  }
}

void Failover::Adopt() {
  adopting_ = true;
  must_claim_ = true;
  settling_ = Settling::kUnasked;
  ask_at_.reset();
  amnesia_.clear();
}

void Failover::EpochRaised() {
  if (!amnesia_.empty() || !drift_.empty() || settling_ != Settling::kSettled) return Adopt();
  must_claim_ = true;
}

std::optional<Path> Failover::ToAdopt(const Settlement& settlement) const {
  const bool forgotten = settlement.kind == Settlement::Kind::kAmnesia;
  if (!forgotten && settlement.kind != Settlement::Kind::kDrift) return std::nullopt;
  if (!settlement.owned && !world_.ownership.empty()) return std::nullopt;  // somebody else's
  if (const std::optional<Path> path = PathOf(settings_, world_.records)) return path;
  // No records of ours; what the owner knows is taken, and shown as drift.
  return forgotten ? std::optional<Path>(settlement.ownership.serves) : std::nullopt;
}

// A person has said that the world is right and the journal is not.
void Failover::AdoptPath(const Path& path, const Sight& sight) {
  settling_ = Settling::kUnasked;  // once more, against the record as it will be
  ServiceRecord next = record_;
  next.move.reset();
  next.serves = path;
  const absl::StatusOr<Ownership> owner = Ownership::Parse(world_.ownership);
  if (owner.ok()) next.serves_by_move = owner->move;
  next.unproven = false;
  const std::string text =
      absl::StrCat("takes for true what DNS says: ", next.serves.ToString(), " serves");
  Emit("ADOPT", Entry{.events = {MakeEvent("adopted", text, sight, true)}, .record = next},
       DoNothing{}, sight);
}

}  // namespace lifeboat
