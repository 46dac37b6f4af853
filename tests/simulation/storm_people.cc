#include <utility>

#include "absl/strings/str_cat.h"
#include "controller/replay/virtual_controller.h"
#include "tests/simulation/storm.h"

// What people do, for good reasons and for bad ones.
namespace lifeboat {
namespace {

constexpr char kWho[] = "person/anna";

}  // namespace

void Storm::ActAsPerson() {
  if (over_) return;
  const size_t service = AnyOf(truth_.services.size());
  switch (random_.Below(12)) {
    case 0:
      return Move(service);
    case 1:
      return MoveBack(service, false);
    case 2:
      return MoveBack(service, true);
    case 3:
      return SetPaused(service, true);
    case 4:
    case 5:
      return SetPaused(service, false);
    case 6:
      return SetStopped(random_.Chance(0.3));
    case 7:
      return EditByHand(service);
    case 8:
      return PutBack(service);
    default:
      return Acknowledge(service);
  }
}

// Whoever gives a command gives it to the first controller.
void Storm::Move(size_t service) {
  const auto& exits = installation_.settings.exits;
  const std::string exit = random_.Chance(0.3) ? "" : exits[AnyOf(exits.size())];
  world_->controller(0).Command(
      service,
      [exit](Failover& core, const Sight& sight) {
        return core.MoveToExit(exit, "to try it", kWho, sight);
      },
      [](const absl::Status&) {});
}

void Storm::MoveBack(size_t service, bool force) {
  if (force) ++truth_.services[service].forced_failbacks;
  world_->controller(0).Command(
      service,
      [force](Failover& core, const Sight& sight) {
        return core.MoveToEdge(force, "it is well again", kWho, sight);
      },
      [](const absl::Status&) {});
}

void Storm::Acknowledge(size_t service) {
  world_->controller(0).Command(
      service,
      [](Failover& core, const Sight& sight) { return core.Acknowledge("seen", kWho, sight); },
      [this, service](const absl::Status& told) {
        if (told.ok()) truth_.services[service].acknowledged_at = world_->now();
      });
}

void Storm::SetPaused(size_t service, bool paused) {
  Truth::Switch& truth = truth_.services[service].paused;
  truth.known_since.reset();
  world_->controller(0).Command(
      service,
      [paused](Failover& core, const Sight& sight) {
        return core.SetPaused(paused, "work on it", kWho, sight);
      },
      [this, &truth, paused](const absl::Status& told) {
        truth.on = paused;
        truth.known_since.reset();
        if (told.ok()) truth.known_since = world_->now();
      });
}

void Storm::SetStopped(bool stopped) {
  truth_.stopped = {.on = stopped, .known_since = world_->now()};
  world_->SetStopped(stopped ? "everybody away from the keys" : "");
}

// A record of their own, the edge's, or an exit's, and sometimes the ownership record with it.
void Storm::EditByHand(size_t service) {
  const ServiceSettings& settings = installation_.settings.services[service].settings;
  VirtualZone& zone = world_->ZoneOf(service);
  World edited = zone.Get(settings.hostname);
  const Records before = edited.records;
  const uint64_t kind = random_.Below(4);
  if (kind == 0) edited.records = {{RecordType::kA, "198.51.100.7"}};
  if (kind == 1) edited.records = settings.edge_records;
  if (kind == 2) edited.records = settings.exits[AnyOf(settings.exits.size())].records;
  if (kind == 3) edited.ownership = "somebody else's";
  Truth::Service& truth = truth_.services[service];
  truth.edited = kind == 3 || edited.records != before || truth.edited;
  truth.edit = edited.records;
  zone.Set(settings.hostname, edited, world_->now());
}

// The person who edited puts right what the journal says; or says that the world is right.
void Storm::PutBack(size_t service) {
  Truth::Service& truth = truth_.services[service];
  if (!truth.edited) return;
  truth.edited = false;
  const ServiceSettings& settings = installation_.settings.services[service].settings;
  VirtualController& controller = world_->controller(0);
  const ServiceRecord& record = controller.journal().services[settings.name];
  VirtualZone& zone = world_->ZoneOf(service);
  World world = zone.Get(settings.hostname);
  // A move that had reached DNS is gone from there: only a person's word settles that. A record
  // that is nobody's is put right first, as the alarm advises.
  const bool pulled = record.move && record.move->stage >= Stage::kPulling;
  const bool known = pulled && (world.records == settings.RecordsOf(record.serves) ||
                                world.records == settings.RecordsOf(record.move->to));
  if (!known) world.records = settings.RecordsOf(record.serves);
  if (!Ownership::Parse(world.ownership).ok()) world.ownership.clear();
  zone.Set(settings.hostname, std::move(world), world_->now());
  if (pulled) world_->RaiseEpoch(0);
}

}  // namespace lifeboat
