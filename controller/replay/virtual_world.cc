#include "controller/replay/virtual_world.h"

#include <algorithm>
#include <utility>

#include "controller/replay/virtual_controller.h"

namespace lifeboat {
namespace {

constexpr absl::Duration kPingEvery = absl::Seconds(10);
constexpr absl::Duration kHangUpAfter = absl::Seconds(10);  // of silence
constexpr absl::Duration kReconnectAfter = absl::Seconds(1);
constexpr double kJitter = 0.05;  // of a probe's interval
constexpr size_t kBacklog = 100'000;
constexpr absl::Duration kHealthyLatency = absl::Milliseconds(30);

}  // namespace

VirtualWorld::VirtualWorld(WorldSettings settings, Nature& nature, Witness& witness)
    : settings_(std::move(settings)), nature_(nature), witness_(witness), random_(settings_.seed) {
  vantages_.resize(settings_.vantages.size());
  exits_.resize(settings_.exits.size());
  for (const WorldSettings::LeverPlan& lever : settings_.levers) {
    const auto same = [&](const VirtualZone& zone) { return zone.apex() == lever.zone; };
    if (std::any_of(zones_.begin(), zones_.end(), same)) continue;
    zones_.emplace_back(lever.zone, settings_.servers_per_zone, settings_.servers_behind);
  }
  for (size_t i = 0; i < settings_.services.size(); ++i) {
    const ServiceSettings& service = settings_.services[i].settings;
    ZoneOf(i).Set(service.hostname, {.records = service.edge_records, .ownership = ""}, start_);
  }
  for (int i = 0; i < settings_.controllers; ++i) {
    controllers_.push_back(std::make_unique<VirtualController>(*this, static_cast<size_t>(i)));
  }
  links_.resize(vantages_.size() * controllers_.size());
  for (const auto& controller : controllers_) controller->Start();
  for (size_t vantage = 0; vantage < vantages_.size(); ++vantage) {
    vantages_[vantage].clock_offset = random_.Between(-absl::Hours(1000), absl::Hours(1000));
    for (size_t controller = 0; controller < controllers_.size(); ++controller) {
      RaiseLink(vantage, controller);
      queue_.Put(now_ + random_.Between(absl::ZeroDuration(), kPingEvery), Kind::kPing,
                 static_cast<uint32_t>(vantage), static_cast<uint32_t>(controller));
    }
    for (size_t target = 0; target < settings_.roles.size(); ++target) {
      const Instant first = now_ + random_.Unit() * settings_.roles[target].interval;
      probe_base_.push_back(first);
      queue_.Put(first, Kind::kProbe, static_cast<uint32_t>(vantage),
                 static_cast<uint32_t>(target));
    }
  }
}

VirtualWorld::~VirtualWorld() = default;

// ------------------------------------------------------------------------------------- virtual
// time

void VirtualWorld::RunUntil(Instant end) {
  while (queue_.DueBy(end)) {
    const EventQueue<Kind>::Event event = queue_.Take();
    now_ = event.at();
    Dispatch(event);
  }
  now_ = end;
}

void VirtualWorld::Dispatch(const EventQueue<Kind>::Event& event) {
  switch (event.kind) {
    case Kind::kProbe:
      return Probe(event.a, event.b);
    case Kind::kArrive:
      return Arrive(event.a);
    case Kind::kPing:
      return Ping(event.a, event.b);
    case Kind::kEvaluate: {
      VirtualController& controller = *controllers_[event.a];
      // Whoever was put off or drawn nearer has another event in the queue.
      if (!controller.alive_ || controller.runners_[event.b].evaluate_at != now_) return;
      controller.runners_[event.b].evaluate_at = Instant::SinceBoot(absl::InfiniteDuration());
      controller.Evaluate(event.b);
      return;
    }
    case Kind::kTask: {
      const std::function<void()> task = std::move(tasks_[event.a]);
      free_tasks_.push_back(event.a);
      return task();
    }
  }
}

void VirtualWorld::At(Instant at, std::function<void()> task) {
  uint32_t slot = 0;
  if (free_tasks_.empty()) {
    slot = static_cast<uint32_t>(tasks_.size());
    tasks_.push_back(std::move(task));
  } else {
    slot = free_tasks_.back();
    free_tasks_.pop_back();
    tasks_[slot] = std::move(task);
  }
  queue_.Put(std::max(at, now_), Kind::kTask, slot);
}

void VirtualWorld::EvaluateSoon(size_t controller, size_t service, Instant at) {
  VirtualController::Runner& runner = controllers_[controller]->runners_[service];
  // Whole nanoseconds, as the queue counts.
  at = Instant::SinceBoot(absl::Floor(std::max(at, now_).since_boot(), absl::Nanoseconds(1)));
  if (runner.evaluate_at <= at && runner.evaluate_at >= now_) return;
  runner.evaluate_at = at;
  queue_.Put(at, Kind::kEvaluate, static_cast<uint32_t>(controller),
             static_cast<uint32_t>(service));
}

void VirtualWorld::EvaluateAll() {
  for (size_t controller = 0; controller < controllers_.size(); ++controller) {
    if (!controllers_[controller]->alive_) continue;
    for (size_t service = 0; service < settings_.services.size(); ++service) {
      controllers_[controller]->runners_[service].restless = true;
      EvaluateSoon(controller, service, now_);
    }
  }
}

// ------------------------------------------------------------------------------------------ agents

absl::Duration VirtualWorld::AgentTime(size_t vantage, Instant at) const {
  // Agents have been up for long: their time is never negative.
  return at.since_boot() + absl::Hours(2000) + vantages_[vantage].clock_offset;
}

void VirtualWorld::Probe(size_t vantage, size_t target) {
  const TargetRole& role = settings_.roles[target];
  const VirtualVantage& agent = vantages_[vantage];
  Instant& base = probe_base_[vantage * settings_.roles.size() + target];
  base = base + role.interval;
  queue_.Put(base + kJitter * random_.Unit() * role.interval, Kind::kProbe,
             static_cast<uint32_t>(vantage), static_cast<uint32_t>(target));
  if (!agent.probes) return;
  const uint32_t slot = NewParcel();
  Parcel& parcel = parcels_[slot];
  parcel.vantage = static_cast<uint32_t>(vantage);
  parcel.controller = 0;
  parcel.target = static_cast<uint32_t>(target + 1);
  parcel.lag = agent.lag;
  parcel.resolvers_dead = agent.resolvers_dead;
  Seen& seen = parcel.seen;
  seen = Seen{.latency = kHealthyLatency};
  if (agent.uplink) {
    nature_.Probe(vantage, target, role, now_, random_, seen);
  } else {
    seen.probe_class = ProbeClass::kTimeoutConnect;
    seen.latency = role.timeout;
  }
  seen.latency = std::min(seen.latency, role.timeout);
  parcel.ended = now_ + seen.latency;
  seen.ended = AgentTime(vantage, parcel.ended);
  parcel.run = agent.run;
  // Numbered by when the probe ended: that is when it is sent.
  parcel.batch = static_cast<uint64_t>(absl::ToInt64Nanoseconds(parcel.ended.since_boot()));
  ++observations_;
  const absl::Duration takes = seen.latency;
  for (size_t controller = 1; controller < controllers_.size(); ++controller) {
    const uint32_t copy = NewParcel();
    parcels_[copy] = parcel;
    parcels_[copy].controller = static_cast<uint32_t>(controller);
    Send(copy, takes);
  }
  Send(slot, takes);
}

uint32_t VirtualWorld::NewParcel() {
  if (free_parcels_.empty()) {
    parcels_.emplace_back();
    return static_cast<uint32_t>(parcels_.size() - 1);
  }
  const uint32_t slot = free_parcels_.back();
  free_parcels_.pop_back();
  return slot;
}

void VirtualWorld::Send(uint32_t slot, absl::Duration takes) {
  const Parcel& parcel = parcels_[slot];
  const Carriage carriage = nature_.Carry(parcel.vantage, parcel.controller, now_, random_);
  if (carriage.lost) {
    free_parcels_.push_back(slot);
    return;
  }
  const Instant arrives = now_ + takes + carriage.delay;
  queue_.Put(arrives, Kind::kArrive, slot);
  if (!carriage.twice) return;
  const uint32_t copy = NewParcel();
  parcels_[copy] = parcel;
  queue_.Put(arrives, Kind::kArrive, copy);
}

void VirtualWorld::Arrive(uint32_t slot) {
  Parcel& parcel = parcels_[slot];
  free_parcels_.push_back(slot);  // nothing below sends another
  Link& link = LinkOf(parcel.vantage, parcel.controller);
  VirtualController& controller = *controllers_[parcel.controller];
  if (parcel.run != vantages_[parcel.vantage].run) return;  // its stream died with its process
  if (!link.up || !vantages_[parcel.vantage].uplink || !controller.alive_) {
    if (link.backlog.size() >= kBacklog) link.backlog.pop_front();
    link.backlog.push_back(std::move(parcel));
    return;
  }
  VantageHealth& health = controller.healths_[parcel.vantage];
  if (!health.connected()) return;
  witness_.Delivered(parcel.controller, {.vantage = parcel.vantage,
                                         .target = parcel.target - 1,
                                         .run = parcel.run,
                                         .batch = parcel.batch,
                                         .lag = parcel.lag,
                                         .resolvers_dead = parcel.resolvers_dead,
                                         .ended = parcel.ended,
                                         .seen = &parcel.seen});
  if (!health.TakeBatch(parcel.batch)) return;
  health.TakeCondition(parcel.lag, parcel.resolvers_dead, 0);
  bool changed = false;
  health.Take(parcel.target, parcel.seen, now_, changed);
  if (!changed) return;
  const std::string& service = settings_.roles[parcel.target - 1].service;
  for (size_t i = 0; i < settings_.services.size(); ++i) {
    if (settings_.services[i].settings.name == service) EvaluateSoon(parcel.controller, i, now_);
  }
}

void VirtualWorld::Ping(size_t vantage, size_t controller) {
  queue_.Put(now_ + kPingEvery, Kind::kPing, static_cast<uint32_t>(vantage),
             static_cast<uint32_t>(controller));
  VirtualController& ours = *controllers_[controller];
  if (!ours.alive_ || !LinkOf(vantage, controller).up || !vantages_[vantage].uplink) return;
  const absl::Duration there = random_.Between(absl::Milliseconds(5), absl::Milliseconds(50));
  const absl::Duration back = random_.Between(absl::Milliseconds(5), absl::Milliseconds(50));
  ours.healths_[vantage].Pong(now_ - there - back, now_, AgentTime(vantage, now_ - back));
}

void VirtualWorld::CutLink(size_t vantage, size_t controller) {
  At(now_ + kHangUpAfter, [this, vantage, controller] {
    VirtualController& ours = *controllers_[controller];
    const bool back = LinkOf(vantage, controller).up && vantages_[vantage].uplink;
    if (ours.alive_ && !back) ours.healths_[vantage].Disconnect();
  });
}

void VirtualWorld::RaiseLink(size_t vantage, size_t controller) {
  At(now_ + random_.Between(absl::ZeroDuration(), kReconnectAfter), [this, vantage, controller] {
    VirtualController& ours = *controllers_[controller];
    Link& link = LinkOf(vantage, controller);
    if (!ours.alive_ || !link.up || !vantages_[vantage].uplink) return;
    // Its hello came, and now its answer to the ping that followed: before, it says nothing else.
    const absl::Duration back = random_.Between(absl::Milliseconds(5), absl::Milliseconds(50));
    ours.healths_[vantage].Connect(vantages_[vantage].run);
    ours.healths_[vantage].Pong(now_ - 2 * back, now_, AgentTime(vantage, now_ - back));
    std::deque<Parcel> backlog;
    backlog.swap(link.backlog);
    for (Parcel& parcel : backlog) {
      const uint32_t slot = NewParcel();
      parcels_[slot] = std::move(parcel);
      Arrive(slot);
    }
  });
}

void VirtualWorld::SetUplink(size_t vantage, bool up) {
  if (std::exchange(vantages_[vantage].uplink, up) == up) return;
  for (size_t controller = 0; controller < controllers_.size(); ++controller) {
    up ? RaiseLink(vantage, controller) : CutLink(vantage, controller);
  }
}

void VirtualWorld::RestartAgent(size_t vantage) {
  ++vantages_[vantage].run;
  for (size_t controller = 0; controller < controllers_.size(); ++controller) {
    Link& link = LinkOf(vantage, controller);
    link.backlog.clear();
    if (controllers_[controller]->alive_) controllers_[controller]->healths_[vantage].Disconnect();
    RaiseLink(vantage, controller);
  }
}

void VirtualWorld::SetLink(size_t vantage, size_t controller, bool up) {
  if (std::exchange(LinkOf(vantage, controller).up, up) == up) return;
  up ? RaiseLink(vantage, controller) : CutLink(vantage, controller);
}

// ----------------------------------------------------------------------------------- everything
// else

void VirtualWorld::ChangeExit(size_t index, const std::function<void(VirtualExit&)>& change) {
  VirtualExit& exit = exits_[index];
  const bool obeyed = exit.Hears() && exit.opens;
  change(exit);
  ++exits_changed_;
  for (const auto& controller : controllers_) {
    if (!controller->alive_) continue;
    // Whoever comes back is told anew what it may have missed.
    if (exit.Hears() && exit.opens && !obeyed) controller->wanted_.clear();
    controller->TellExits();
  }
  EvaluateAll();
}

VirtualZone& VirtualWorld::zone(const std::string& apex) {
  return *std::find_if(zones_.begin(), zones_.end(),
                       [&](const VirtualZone& zone) { return zone.apex() == apex; });
}

VirtualZone& VirtualWorld::ZoneOf(size_t service) {
  const std::string& name = settings_.services[service].levers.front();
  for (const WorldSettings::LeverPlan& lever : settings_.levers) {
    if (lever.name == name) return zone(lever.zone);
  }
  return zones_.front();
}

const Records& VirtualWorld::InDns(size_t service) {
  return ZoneOf(service).Get(settings_.services[service].settings.hostname).records;
}

bool VirtualWorld::ServesStrangers(const std::string& address, const std::string& service) const {
  for (const WorldSettings::Service& known : settings_.services) {
    if (known.settings.name != service) continue;
    for (const ExitTarget& target : known.settings.exits) {
      const bool there = std::any_of(target.records.begin(), target.records.end(),
                                     [&](const Record& record) { return record.value == address; });
      if (!there) continue;
      const auto at = std::find(settings_.exits.begin(), settings_.exits.end(), target.name);
      const VirtualExit& exit = exits_[static_cast<size_t>(at - settings_.exits.begin())];
      return exit.Serves() && exit.serves_strangers && exit.open.contains(service);
    }
  }
  return false;
}

void VirtualWorld::RaiseEpoch(size_t controller) {
  VirtualController& ours = *controllers_[controller];
  Epoch highest = ours.journal_.epoch;
  for (const VirtualExit& exit : exits_) highest = std::max(highest, exit.highest_epoch);
  if (ours.alive_) {
    for (const auto& runner : ours.runners_) {
      highest = std::max(highest, runner.core->highest_seen());
    }
  }
  ours.journal_.epoch.generation = highest.generation + 1;
  if (!ours.alive_) return;
  for (const auto& runner : ours.runners_) runner.core->EpochRaised();
  EvaluateAll();
}

void VirtualWorld::Crash(size_t controller) { controllers_[controller]->Die(); }

void VirtualWorld::Restart(size_t controller) {
  if (controllers_[controller]->alive_) return;
  ++controllers_[controller]->journal_.epoch.revision;
  controllers_[controller]->Start();
  for (size_t vantage = 0; vantage < vantages_.size(); ++vantage) RaiseLink(vantage, controller);
}

}  // namespace lifeboat
