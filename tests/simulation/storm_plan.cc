#include <array>
#include <utility>

#include "tests/simulation/storm.h"

// Which episodes there are, how often they come and how long they last.
namespace lifeboat {
namespace {

constexpr uint32_t kEverybody = ~uint32_t{0};
constexpr std::array<ProbeClass, 6> kFailures = {
    ProbeClass::kTimeoutConnect, ProbeClass::kTimeoutRead, ProbeClass::kReset, ProbeClass::kTls,
    ProbeClass::kHttpEdge,       ProbeClass::kBadBody};
// Nothing that a person or an outage does happens while everything still warms up.
constexpr absl::Duration kQuietAtFirst = absl::Minutes(5);

}  // namespace

void Storm::Plan(VirtualWorld& world, Instant end) {
  world_ = &world;
  switch (installation_.mix) {
    case Mix::kCalm:
      return;
    case Mix::kNoise:
      return PlanNoise(end);
    case Mix::kClear:
      return PlanClear(end);
    case Mix::kStorm:
      return PlanStorm(end);
  }
}

void Storm::Often(Instant end, double per_day, absl::Duration least, absl::Duration most,
                  std::function<End()> begin) {
  const absl::Duration mean = absl::Hours(24) / per_day;
  Instant at = world_->start() + kQuietAtFirst + 2 * random_.Unit() * mean;
  for (; at < end; at = at + 2 * random_.Unit() * mean) {
    const absl::Duration span = random_.Between(least, most);
    world_->At(at, [this, span, begin] { Begin(span, begin); });
  }
}

void Storm::Begin(absl::Duration span, const std::function<End()>& begin) {
  if (over_) return;
  End end = begin();
  if (!end) return;
  const uint64_t id = ++next_id_;
  ends_[id] = std::move(end);
  world_->At(world_->now() + span, [this, id] {
    const auto found = ends_.find(id);
    if (found == ends_.end()) return;
    const End last = std::move(found->second);
    ends_.erase(found);
    last();
  });
}

void Storm::Calm() {
  over_ = true;
  crash_at_step_ = probe_loss_ = duplicates_ = 0;
  while (!ends_.empty()) {
    const End last = std::move(ends_.begin()->second);
    ends_.erase(ends_.begin());
    last();
  }
  for (size_t i = 0; i < world_->controllers(); ++i) world_->Restart(i);
  for (size_t i = 0; i < truth_.services.size(); ++i) {
    PutBack(i);
    SetPaused(i, false);
    Acknowledge(i);
  }
  SetStopped(false);
}

// ------------------------------------------------------------------------------------ the plans

void Storm::PlanNoise(Instant end) {
  probe_loss_ = random_.Chance(0.5) ? 0.01 * random_.Unit() : 0;
  duplicates_ = random_.Chance(0.5) ? 0.05 : 0;
  const auto minutes = [](int count) { return absl::Minutes(count); };
  Often(end, 40, absl::Seconds(5), minutes(10), [this] { return BreakVantage(); });
  Often(end, 20, absl::Seconds(30), minutes(60), [this] { return BreakEyes(); });
  Often(end, 20, absl::Seconds(5), minutes(20), [this] { return BreakLink(); });
  Often(end, 6, absl::Seconds(5), minutes(10), [this] { return BreakExit(); });
  Often(end, 4, absl::Seconds(5), minutes(10), [this] { return BreakLever(); });
  Often(end, 2, absl::Seconds(5), minutes(5), [this] { return BreakJournal(); });
  Often(end, 2, absl::Seconds(1), minutes(5), [this] { return KillController(); });
  Often(end, 4, absl::Seconds(1), absl::Seconds(1), [this] { return JumpClock(), End(); });
  Often(end, 8, absl::Seconds(1), absl::Seconds(1), [this] { return RestartAgent(), End(); });
  Often(end, 2, absl::Seconds(1), absl::Seconds(1), [this] { return StepWall(), End(); });
  // The edge slow for everybody, or gone for a moment.
  Often(end, 2, minutes(1), minutes(60),
        [this] { return AddEdgeFault({.trouble = EdgeTrouble::kSlow, .vantages = kEverybody}); });
  Often(end, 6, absl::Seconds(1), absl::Seconds(4),
        [this] { return AddEdgeFault({.trouble = EdgeTrouble::kHard, .vantages = kEverybody}); });
  // The edge refuses all our agents while it serves everybody else.
  Often(end, 1, minutes(1), minutes(60), [this] {
    for (VantageState& state : states_) state.refused = true;
    return [this] {
      for (VantageState& state : states_) state.refused = false;
    };
  });
}

void Storm::PlanClear(Instant end) {
  probe_loss_ = random_.Chance(0.5) ? 0.002 : 0;
  duplicates_ = 0.02;
  const absl::Duration lasts = random_.Between(absl::Minutes(15), absl::Minutes(40));
  // Everything has warmed up before, and there is time for the way back after it.
  const absl::Duration latest = end - world_->start() - lasts - absl::Minutes(100);
  const Instant at = world_->start() + random_.Between(absl::Minutes(10), latest);
  EdgeFault fault{.trouble = EdgeTrouble::kHard,
                  .vantages = kEverybody,
                  .probe_class = kFailures[random_.Below(kFailures.size())]};
  world_->At(at, [this, fault, lasts] {
    for (Truth::Service& service : truth_.services) {
      service.fails_since = world_->now();
      service.fails_until = world_->now() + lasts;
    }
    Begin(lasts, [this, fault] { return AddEdgeFault(fault); });
  });
  for (size_t i = 0; i < truth_.services.size(); ++i) {
    world_->At(at + lasts / 2, [this, i] { Acknowledge(i); });
    world_->At(at + lasts + absl::Minutes(70), [this, i] { MoveBack(i, false); });
  }
}

void Storm::PlanStorm(Instant end) {
  probe_loss_ = random_.Chance(0.5) ? 0.01 * random_.Unit() : 0;
  duplicates_ = random_.Chance(0.5) ? 0.1 : 0;
  crash_at_step_ = random_.Chance(0.5) ? 0.1 * random_.Unit() : 0;
  const auto minutes = [](int count) { return absl::Minutes(count); };
  // Some storms have much of one kind, and nothing of another.
  const auto much = [this](double per_day) {
    const double u = random_.Unit();
    return u < 0.2 ? 0.01 : per_day * 2 * u;
  };
  Often(end, much(40), absl::Seconds(5), minutes(10), [this] { return BreakVantage(); });
  Often(end, much(20), absl::Seconds(30), minutes(60), [this] { return BreakEyes(); });
  Often(end, much(20), absl::Seconds(5), minutes(20), [this] { return BreakLink(); });
  Often(end, much(40), absl::Seconds(20), minutes(40), [this] { return BreakEdge(); });
  Often(end, much(30), minutes(1), minutes(30), [this] { return BreakEdgeForAll(); });
  Often(end, much(10), absl::Seconds(10), minutes(20), [this] { return BreakOrigin(); });
  Often(end, much(30), absl::Seconds(2), minutes(15), [this] { return BreakExit(); });
  Often(end, much(20), absl::Seconds(5), minutes(10), [this] { return BreakLever(); });
  Often(end, much(10), absl::Seconds(5), minutes(10), [this] { return BreakZone(); });
  Often(end, much(10), absl::Seconds(2), minutes(3), [this] { return BreakJournal(); });
  Often(end, much(10), absl::Seconds(1), minutes(3), [this] { return KillController(); });
  Often(end, much(10), absl::Seconds(1), absl::Seconds(1), [this] { return JumpClock(), End(); });
  Often(end, much(20), absl::Seconds(1), absl::Seconds(1),
        [this] { return RestartAgent(), End(); });
  Often(end, much(4), absl::Seconds(1), absl::Seconds(1), [this] { return StepWall(), End(); });
  Often(end, much(120), absl::Seconds(1), absl::Seconds(1),
        [this] { return ActAsPerson(), End(); });
}

// --------------------------------------------------------------------------------- the episodes

Storm::End Storm::BreakVantage() {
  const size_t who = AnyOf(states_.size());
  VantageState& state = states_[who];
  VirtualVantage& agent = world_->vantage(who);
  switch (random_.Below(7)) {
    case 0:
      world_->SetUplink(who, false);
      return [this, who] { world_->SetUplink(who, true); };
    case 1:
      agent.lag = random_.Between(absl::Milliseconds(600), absl::Seconds(20));
      state.loss = 0.7;
      return [&agent, &state] { agent.lag = absl::ZeroDuration(), state.loss = 0; };
    case 2:
      agent.resolvers_dead = true;
      return [&agent] { agent.resolvers_dead = false; };
    case 3:
      agent.probes = false;
      return [&agent] { agent.probes = true; };
    case 4:
      state.captive = true;
      return [&state] { state.captive = false; };
    case 5:
      state.refused = true;
      return [&state] { state.refused = false; };
    default:
      state.congested = true;
      return [&state] { state.congested = false; };
  }
}

Storm::End Storm::BreakEyes() {
  if (installation_.unreliable.empty()) return End();
  if (random_.Chance(0.5)) {
    for (const size_t who : installation_.unreliable) states_[who].liar = true;
    return [this] {
      for (const size_t who : installation_.unreliable) states_[who].liar = false;
    };
  }
  EdgeFault fault{.trouble = EdgeTrouble::kPartial,
                  .probe_class = kFailures[random_.Below(kFailures.size())]};
  for (const size_t who : installation_.unreliable) fault.vantages |= uint32_t{1} << who;
  return AddEdgeFault(fault);
}

Storm::End Storm::BreakLink() {
  const size_t controller = AnyOf(world_->controllers());
  std::vector<size_t> cut;
  const bool all = random_.Chance(0.2);
  for (size_t i = 0; i < states_.size(); ++i) {
    if (all || random_.Chance(0.3)) cut.push_back(i);
  }
  for (const size_t who : cut) world_->SetLink(who, controller, false);
  return [this, cut, controller] {
    for (const size_t who : cut) world_->SetLink(who, controller, true);
  };
}

Storm::End Storm::AddEdgeFault(EdgeFault fault) {
  const uint64_t id = ++next_id_;
  fault.began = world_->now();
  edge_faults_[id] = fault;
  return [this, id] { edge_faults_.erase(id); };
}

Storm::EdgeFault Storm::DrawEdgeFault() {
  EdgeFault fault{.probe_class = kFailures[random_.Below(kFailures.size())]};
  if (random_.Chance(0.3)) fault.service = static_cast<int>(AnyOf(truth_.services.size()));
  fault.vantages = static_cast<uint32_t>(random_());
  if (random_.Chance(0.5)) fault.vantages = kEverybody;
  return fault;
}

Storm::End Storm::BreakEdge() {
  EdgeFault fault = DrawEdgeFault();
  static constexpr std::array<EdgeTrouble, 6> kTroubles = {
      EdgeTrouble::kHard,     EdgeTrouble::kPartial, EdgeTrouble::kFlaps,
      EdgeTrouble::kBrownout, EdgeTrouble::kSlow,    EdgeTrouble::kNameFails};
  fault.trouble = kTroubles[random_.Below(kTroubles.size())];
  fault.probability = random_.Unit();
  fault.period = absl::Seconds(5 + static_cast<int>(random_.Below(200)));
  return AddEdgeFault(fault);
}

Storm::End Storm::BreakEdgeForAll() {
  return AddEdgeFault({.trouble = EdgeTrouble::kHard,
                       .vantages = kEverybody,
                       .probe_class = kFailures[random_.Below(kFailures.size())]});
}

Storm::End Storm::BreakOrigin() {
  const uint64_t kind = random_.Below(3);
  if (kind == 0) {
    ++origin_errors_;
    return [this] { --origin_errors_; };
  }
  // Its port refuses, or it cannot be reached at all: then every tunnel is down, too.
  const bool refuses = kind == 1;
  ++origin_dead_;
  const auto set = [this, refuses](bool dead) {
    for (size_t i = 0; i < installation_.settings.exits.size(); ++i) {
      truth_.exit_changed[i] = world_->now();
      world_->ChangeExit(i, [&](VirtualExit& exit) {
        if (refuses) {
          exit.upstream = dead ? Upstream::kRefused : Upstream::kAnswered;
        } else {
          exit.tunnel_up = !dead;
        }
      });
    }
  };
  set(true);
  return [this, set] {
    --origin_dead_;
    set(false);
  };
}

Storm::End Storm::BreakExit() {
  const size_t who = AnyOf(installation_.settings.exits.size());
  const uint64_t kind = random_.Below(6);
  const auto set = [this, who, kind](bool well) {
    truth_.exit_changed[who] = world_->now();
    world_->ChangeExit(who, [kind, well](VirtualExit& exit) {
      if (kind == 0) exit.up = well;
      if (kind == 1) exit.connected = well;
      if (kind == 2) exit.tunnel_up = well;
      if (kind == 3) exit.opens = well;
      if (kind == 4) exit.serves_strangers = well;
      if (kind == 5) exit.upstream = well ? Upstream::kAnswered : Upstream::kNoChannel;
    });
  };
  set(false);
  return [set] { set(true); };
}

Storm::End Storm::BreakLever() {
  static constexpr std::array<LeverTrouble, 6> kTroubles = {
      LeverTrouble::kErrors,      LeverTrouble::kFrozen, LeverTrouble::kUnauthorized,
      LeverTrouble::kAnswersLost, LeverTrouble::kSilent, LeverTrouble::kLies};
  const size_t which = AnyOf(levers_.size());
  levers_[which] = kTroubles[random_.Below(kTroubles.size())];
  return [this, which] { levers_[which] = LeverTrouble::kNone; };
}

Storm::End Storm::BreakZone() {
  VirtualZone& zone = world_->zone(installation_.settings.levers.front().zone);
  const size_t which = AnyOf(zone.servers().size());
  VirtualZone::Server& server = zone.servers()[which];
  truth_.zone_changed = world_->now();
  if (random_.Chance(0.5)) {
    server.state = ServerState::kSilent;
  } else {
    server.stuck_since = world_->now();
    server.stuck_until = world_->now() + absl::Hours(1000);
  }
  return [this, &server] {
    truth_.zone_changed = world_->now();
    server.state = ServerState::kProven;
    server.stuck_until = world_->now();
  };
}

Storm::End Storm::BreakJournal() {
  ++journal_trouble_;
  return [this] { --journal_trouble_; };
}

Storm::End Storm::KillController() {
  const size_t who = AnyOf(world_->controllers());
  world_->Crash(who);
  return [this, who] { world_->Restart(who); };
}

void Storm::JumpClock() {
  const size_t who = AnyOf(states_.size());
  truth_.clock_jumped[who] = world_->now();
  const absl::Duration most = random_.Chance(0.5) ? absl::Seconds(10) : absl::Hours(10);
  world_->vantage(who).clock_offset += random_.Between(-most, most);
}

void Storm::RestartAgent() { world_->RestartAgent(AnyOf(states_.size())); }

void Storm::StepWall() {
  truth_.wall_stepped = world_->now();
  const absl::Duration most = random_.Chance(0.5) ? absl::Seconds(30) : absl::Hours(48);
  world_->StepWall(random_.Between(-most, most));
}

}  // namespace lifeboat
