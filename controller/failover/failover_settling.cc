#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "controller/failover/failover.h"

// Asking the world what is so, and making the ownership record ours.
namespace lifeboat {
namespace {

constexpr absl::Duration kAskAgainAfterDrift = absl::Seconds(10);

}  // namespace

std::string Failover::RecordsTrouble() const {
  if (!drift_.empty()) return drift_;
  if (settling_ == Settling::kSettled && !must_claim_) return "";
  if (!unchecked_why_.empty()) return absl::StrCat("UNCHECKED: ", unchecked_why_);
  return "UNCHECKED: the zone's primary has not been asked yet";
}

bool Failover::AsksAgain(const Sight& sight) const {
  const bool due = !ask_at_ || sight.now >= *ask_at_;
  return due && (settling_ != Settling::kSettled || !drift_.empty());
}

void Failover::AskWorld(const Sight& sight) {
  Emit("ASK", std::nullopt, ReadWorld{.hostname = settings_.hostname}, sight);
}

void Failover::TakeWorld(const absl::StatusOr<World>& world, const Sight& sight) {
  if (!world.ok()) {
    const bool news = unchecked_why_.empty();
    unchecked_why_ = std::string(world.status().message());
    settling_ = Settling::kUnchecked;
    ask_at_ = sight.now + backoff_.Next(random_);
    if (news) Note("lever", absl::StrCat("DNS cannot be asked: ", unchecked_why_), sight, true);
    return;
  }
  const Settlement settlement = Settle(settings_, record_, sight.epoch, *world);
  backoff_.Reset();
  world_ = *world;
  ownership_ = settlement.ownership;
  highest_seen_ = std::max(highest_seen_, ownership_.epoch);
  unchecked_why_.clear();
  if (adopting_ && settlement.kind != Settlement::Kind::kDrift) {
    return AdoptWorld(settlement, sight);
  }
  settling_ = Settling::kSettled;
  settled_as_ = settlement.kind;
  ask_at_.reset();
  const bool news = settlement.why != drift_ && settlement.why != amnesia_;
  drift_ = settlement.kind == Settlement::Kind::kDrift ? settlement.why : "";
  amnesia_ = settlement.kind == Settlement::Kind::kAmnesia ? settlement.why : "";
  if (!drift_.empty()) {
    ask_at_ = sight.now + kAskAgainAfterDrift;
    if (news) Note("drift", drift_, sight, true);
  } else if (!amnesia_.empty()) {
    if (news) Note("amnesia", amnesia_, sight, true);
  } else if (!settlement.owned || ownership_.epoch != sight.epoch ||
             settlement.kind == Settlement::Kind::kNotMoved) {
    must_claim_ = true;
  }
}

// Makes the ownership record say our epoch, and a text that no packet on its way can match.
void Failover::ClaimOwnership(const Sight& sight) {
  writing_ownership_ = ownership_;
  if (world_.ownership.empty()) {
    writing_ownership_.serves = record_.serves;
    writing_ownership_.move = record_.serves_by_move;
  }
  writing_ownership_.epoch = sight.epoch;
  writing_ownership_.claim = NewClaim();
  writing_ = World{.records = world_.records, .ownership = writing_ownership_.ToString()};
  const std::string text =
      absl::StrCat("claims ", settings_.hostname, " for epoch ", sight.epoch.ToString());
  Emit("CLAIM", Entry{.events = {MakeEvent("claim", text, sight)}, .record = std::nullopt},
       PullLever{.change = {.hostname = settings_.hostname,
                            .expect = world_.records,
                            .records = world_.records,
                            .ttl = settings_.ttl,
                            .expect_ownership = world_.ownership,
                            .ownership = writing_.ownership}},
       sight);
}

void Failover::TakeClaim(const PullResult& result, const Sight& sight) {
  if (result.outcome == PullOutcome::kApplied) {
    world_ = writing_;
    ownership_ = writing_ownership_;
    must_claim_ = false;
    backoff_.Reset();
    return;
  }
  // Refused, or not known: what stands is read again before anything else.
  const bool news = unchecked_why_.empty();
  unchecked_why_ = std::string(result.status.message());
  settling_ = Settling::kUnchecked;
  ask_at_ = sight.now + backoff_.Next(random_);
  if (news && result.outcome == PullOutcome::kRefused) {
    Note("lever", absl::StrCat("DNS cannot be claimed: ", unchecked_why_), sight, true);
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
  if (!amnesia_.empty() || settling_ == Settling::kUnasked) return Adopt();
  must_claim_ = true;
}

// A person has said that the world is right and the journal is not.
void Failover::AdoptWorld(const Settlement& settlement, const Sight& sight) {
  adopting_ = false;
  settling_ = Settling::kUnasked;  // once more, against the record as it will be
  ServiceRecord next = record_;
  next.move.reset();
  if (settlement.owned) {
    next.serves = settlement.ownership.serves;
    next.serves_by_move = settlement.ownership.move;
  }
  const std::string text =
      absl::StrCat("takes for true what DNS says: ", next.serves.ToString(), " serves");
  Emit("ADOPT", Entry{.events = {MakeEvent("adopted", text, sight, true)}, .record = next},
       DoNothing{}, sight);
}

}  // namespace lifeboat
