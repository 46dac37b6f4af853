#include "controller/failover/settlement.h"

#include "absl/strings/str_cat.h"

namespace lifeboat {
namespace {

constexpr absl::string_view kRaise =
    "; find out what happened, then: lifeboatctl epoch raise --reason …";

bool MayHaveBeenPulled(const ServiceRecord& record) {
  return record.move && record.move->in_progress() && record.move->stage >= Stage::kPulling;
}

// A move of which the journal says that its lever was never pulled is as strange as another's.
bool KnowsMove(const ServiceRecord& record, const std::string& move) {
  return move.empty() || move == record.serves_by_move ||
         (MayHaveBeenPulled(record) && move == record.move->id);
}

void CompareRecords(const ServiceSettings& settings, const Path& serves, const World& world,
                    Settlement& settlement) {
  const Records expected = settings.RecordsOf(serves);
  if (world.records == expected) return;
  settlement.kind = Settlement::Kind::kDrift;
  settlement.why =
      absl::StrCat(settings.hostname, " says ", RecordsToString(world.records), " and not ",
                   RecordsToString(expected), ", as it should while ", serves.ToString(),
                   " serves; put the record right, or the configuration");
}

}  // namespace

Settlement Settle(const ServiceSettings& settings, const ServiceRecord& record, Epoch ours,
                  const World& world) {
  Settlement settlement;
  if (!world.ownership.empty()) {
    const absl::StatusOr<Ownership> ownership = Ownership::Parse(world.ownership);
    if (!ownership.ok()) {
      settlement.kind = Settlement::Kind::kDrift;
      settlement.why =
          absl::StrCat("_lifeboat.", settings.hostname, ": ", ownership.status().message());
      return settlement;
    }
    settlement.owned = true;
    settlement.ownership = *ownership;
  }
  const Ownership& theirs = settlement.ownership;
  if (theirs.epoch > ours) {
    settlement.kind = Settlement::Kind::kAmnesia;
    settlement.why = absl::StrCat("DNS was last written in epoch ", theirs.epoch.ToString(),
                                  ", this journal is only in ", ours.ToString(), kRaise);
    return settlement;
  }
  if (!KnowsMove(record, theirs.move)) {
    settlement.kind = Settlement::Kind::kAmnesia;
    settlement.why =
        absl::StrCat("DNS was last moved by ", theirs.move, " to ", theirs.serves.ToString(),
                     ", which this journal does not know", kRaise);
    return settlement;
  }
  const bool moved = record.move && theirs.move == record.move->id;
  if (!moved && MayHaveBeenPulled(record) && record.move->stage > Stage::kPulling) {
    settlement.kind = Settlement::Kind::kDrift;
    settlement.why = absl::StrCat(
        "move ", record.move->id, " to ", record.move->to.ToString(),
        " was in DNS and is there no more: somebody has put back what stood before it; find out "
        "who, then let the person's word stand: lifeboatctl epoch raise --reason …");
    return settlement;
  }
  if (MayHaveBeenPulled(record)) {
    settlement.kind = moved ? Settlement::Kind::kMoved : Settlement::Kind::kNotMoved;
  }
  CompareRecords(settings, moved ? record.move->to : record.serves, world, settlement);
  return settlement;
}

}  // namespace lifeboat
