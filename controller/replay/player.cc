#include "controller/replay/player.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "absl/strings/str_cat.h"
#include "controller/config/values.h"
#include "controller/replay/virtual_controller.h"

namespace lifeboat {
namespace {

using config::ToDuration;

constexpr char kZone[] = "example.net";
constexpr int kPanelTargets = 3;

ProbeClass ClassOf(const std::string& what) {
  for (int i = 0; i <= static_cast<int>(ProbeClass::kBadBody); ++i) {
    const auto candidate = static_cast<ProbeClass>(i);
    if (ProbeClassName(candidate) == what) return candidate;
  }
  return ProbeClass::kHttpEdge;  // the reader has refused all others
}

absl::Duration LatencyOf(ProbeClass probe_class, absl::Duration timeout, Random& random) {
  switch (probe_class) {
    case ProbeClass::kTimeoutConnect:
    case ProbeClass::kTimeoutRead:
    case ProbeClass::kDns:
      return timeout;
    default:
      return random.Between(absl::Milliseconds(5), absl::Milliseconds(80));
  }
}

TargetRole RoleOf(TargetRole::Kind kind, std::string service, Path path,
                  const ReplayPolicy& policy) {
  TargetRole role;
  role.kind = kind;
  role.service = std::move(service);
  role.path = std::move(path);
  role.rule = policy.rule;
  role.interval = policy.interval;
  role.timeout = policy.timeout;
  return role;
}

std::string ExitName(uint32_t number) { return absl::StrCat("x", number); }
std::string ExitAddress(uint32_t number) { return absl::StrCat("203.0.113.", number); }

}  // namespace

absl::string_view LeverModeName(LeverMode mode) {
  return mode == LeverMode::kIndep ? "indep" : "edge";
}

WorldSettings WorldOf(const Scenario& scenario, const ReplayPolicy& policy, LeverMode mode,
                      uint64_t seed) {
  const v1::Scenario& said = scenario.said;
  WorldSettings world;
  world.seed = seed;
  for (const v1::ScenarioVantage& one : said.vantages()) {
    world.vantages.push_back({.name = one.name(),
                              .weight = one.weight(),
                              .asn = one.asn(),
                              .country = one.country(),
                              .continent = one.continent()});
  }
  for (int i = 0; i < kPanelTargets; ++i) {
    world.roles.push_back(RoleOf(TargetRole::Kind::kPanel, "", {}, policy));
  }
  world.levers.push_back({.name = std::string(LeverModeName(mode)), .zone = kZone});
  for (const v1::ScenarioLever& lever : said.levers()) {
    world.levers.push_back({.name = lever.name(), .zone = kZone});
  }
  for (uint32_t i = 1; i <= said.exits(); ++i) world.exits.push_back(ExitName(i));
  for (const v1::ScenarioService& one : said.services()) {
    ServiceSettings service;
    service.name = one.name();
    service.hostname = absl::StrCat(one.name(), ".", kZone);
    service.ttl = policy.ttl;
    service.edge_records = {{RecordType::kCname, absl::StrCat(one.name(), ".edge.example.")}};
    service.edge_name_in_lever_zone = false;
    for (uint32_t i = 1; i <= said.exits(); ++i) {
      service.exits.push_back({.name = ExitName(i), .records = {{RecordType::kA, ExitAddress(i)}}});
    }
    service.quorum = policy.quorum;
    service.clean_for = policy.clean_for;
    service.exit_stays_open = std::max(10 * policy.ttl, absl::Minutes(15));
    service.intent_expires_after = policy.intent_expires_after;
    service.safety = policy.safety;
    for (const v1::ScenarioMaintenance& window : said.maintenance()) {
      service.safety.maintenance.push_back({.begin = scenario.start + ToDuration(window.from()),
                                            .end = scenario.start + ToDuration(window.until()),
                                            .reason = "planned work",
                                            .break_on_global = window.break_on_global()});
    }
    std::vector<std::string> levers;
    for (const WorldSettings::LeverPlan& lever : world.levers) levers.push_back(lever.name);
    world.roles.push_back(RoleOf(TargetRole::Kind::kVotes, one.name(), Path::Edge(), policy));
    world.roles.push_back(RoleOf(TargetRole::Kind::kAttributes, one.name(), Path::Edge(), policy));
    for (const std::string& exit : world.exits) {
      world.roles.push_back(RoleOf(TargetRole::Kind::kVotes, one.name(), Path::Exit(exit), policy));
    }
    world.services.push_back({.settings = std::move(service), .levers = std::move(levers)});
  }
  world.servers_per_zone = static_cast<int>(said.servers());
  if (said.has_servers_behind()) world.servers_behind = ToDuration(said.servers_behind());
  world.check_levers_every = said.has_canary() ? ToDuration(said.canary()) : absl::Seconds(30);
  world.controllers = static_cast<int>(said.controllers());
  return world;
}

Player::Player(const Scenario& scenario, const ReplayPolicy& /*policy*/, LeverMode mode,
               uint64_t seed)
    : scenario_(scenario), mode_(mode) {
  const size_t vantages = static_cast<size_t>(scenario.said.vantages_size());
  edge_.bad.assign(vantages, false);
  captive_.assign(vantages, false);
  diagnostic_.assign(vantages, false);
  dns_fails_.assign(vantages, 0);
  api_.set_state("OK");
  order_.resize(vantages);
  std::iota(order_.begin(), order_.end(), 0);
  Random random(seed * 7919 + 17);
  for (size_t i = vantages; i > 1; --i) std::swap(order_[i - 1], order_[random.Below(i)]);
}

void Player::Begin(VirtualWorld& world, Instant zero) {
  world_ = &world;
  for (const v1::ScenarioRow& row : scenario_.said.timeline()) {
    world.At(zero + ToDuration(row.at()), [this, &row] { Apply(row); });
  }
}

// -------------------------------------------------------------------------------------- the rows

void Player::Apply(const v1::ScenarioRow& row) {
  if (row.has_edge()) ApplyEdge(row.edge());
  if (row.has_api()) api_ = row.api();
  for (const v1::ScenarioExit& exit : row.exits()) {
    for (uint32_t i = 1; i <= scenario_.said.exits(); ++i) {
      if (exit.number() != 0 && exit.number() != i) continue;
      world_->ChangeExit(i - 1, [&](VirtualExit& node) {
        node.up = !exit.down();
        node.tunnel_up = !exit.tunnel_down();
        node.upstream = exit.origin_refuses() ? Upstream::kRefused : Upstream::kAnswered;
      });
    }
  }
  for (const v1::ScenarioAgent& agent : row.agents()) ApplyAgent(agent);
  VirtualZone& zone = world_->zone(kZone);
  for (const v1::ScenarioServer& server : row.servers()) {
    VirtualZone::Server& one = zone.servers()[server.number() - 1];
    one.stuck_since = world_->now();
    one.stuck_until = world_->now() + ToDuration(server.keeps_old_for());
    one.state = server.silent() ? ServerState::kSilent : ServerState::kProven;
  }
  if (row.edit_size() > 0) {
    const std::string& hostname = world_->settings().services.front().settings.hostname;
    World edited = zone.Get(hostname);
    edited.records.clear();
    for (const std::string& value : row.edit()) edited.records.push_back({RecordType::kA, value});
    std::sort(edited.records.begin(), edited.records.end());
    zone.Set(hostname, std::move(edited), world_->now());
  }
  if (row.has_cut()) ApplyCut(row.cut());
  if (row.restart()) {
    world_->Crash(0);
    world_->At(world_->now() + absl::Seconds(2), [this] { world_->Restart(0); });
  }
  if (!row.failback().empty()) {
    world_->controller(0).Command(
        0,
        [reason = row.failback()](Failover& core, const Sight& sight) {
          return core.MoveToEdge(false, reason, "person/anna", sight);
        },
        [](const absl::Status&) {});
  }
}

std::vector<bool> Player::BadVantages(const v1::ScenarioEdge& edge) const {
  const auto& fleet = scenario_.said.vantages();
  std::vector<bool> bad(order_.size(), false);
  if (edge.vantages_size() > 0 || edge.continents_size() > 0) {
    for (int i = 0; i < fleet.size(); ++i) {
      const auto named = [&](const auto& list, const std::string& name) {
        return std::find(list.begin(), list.end(), name) != list.end();
      };
      bad[static_cast<size_t>(i)] =
          named(edge.vantages(), fleet[i].name()) || named(edge.continents(), fleet[i].continent());
    }
    return bad;
  }
  double weight = 0;
  for (const v1::ScenarioVantage& one : fleet) weight += one.weight();
  double taken = 0;
  // As many as come nearest to the share, always in the same order.
  for (const size_t index : order_) {
    const double own = fleet[static_cast<int>(index)].weight();
    if (taken + own / 2 > edge.frac() * weight + 1e-9) continue;
    bad[index] = true;
    taken += own;
  }
  // A small share is still somebody's.
  if (edge.frac() > 0 && taken == 0) bad[order_.front()] = true;
  return bad;
}

void Player::ApplyEdge(const v1::ScenarioEdge& edge) {
  edge_ = Edge{.bad = BadVantages(edge),
               .p_err = edge.p_err(),
               .to_p_err = edge.to_p_err(),
               .ramp = ToDuration(edge.ramp()),
               .slow = std::max(edge.slow(), 1.0),
               .pinned_answers = edge.pinned_answers(),
               .since = world_->now()};
  double sum = 0;
  for (const v1::ScenarioSymptom& symptom : edge.symptoms()) {
    sum += symptom.share() > 0 ? symptom.share() : 1;
  }
  double up_to = 0;
  for (const v1::ScenarioSymptom& symptom : edge.symptoms()) {
    up_to += (symptom.share() > 0 ? symptom.share() : 1) / sum;
    edge_.symptoms.push_back({ClassOf(symptom.what()), static_cast<int>(symptom.status()), up_to});
  }
}

void Player::ApplyAgent(const v1::ScenarioAgent& agent) {
  const size_t index = VantageByName(agent.vantage());
  world_->SetUplink(index, !agent.uplink_lost());
  VirtualVantage& vantage = world_->vantage(index);
  vantage.lag = ToDuration(agent.lag());
  vantage.resolvers_dead = agent.resolvers_dead();
  vantage.clock_offset += ToDuration(agent.clock_jump());
  captive_[index] = agent.captive();
  diagnostic_[index] = agent.diagnostic_page();
  dns_fails_[index] = agent.dns_fails();
}

void Player::ApplyCut(const v1::ScenarioCut& cut) {
  for (size_t i = 0; i < order_.size(); ++i) {
    const std::string& name = scenario_.said.vantages(static_cast<int>(i)).name();
    const bool named =
        std::find(cut.vantages().begin(), cut.vantages().end(), name) != cut.vantages().end();
    world_->SetLink(i, cut.controller() - 1, !named);
  }
}

size_t Player::VantageByName(const std::string& name) const {
  const auto& fleet = scenario_.said.vantages();
  const auto found =
      std::find_if(fleet.begin(), fleet.end(), [&](const auto& one) { return one.name() == name; });
  return static_cast<size_t>(found - fleet.begin());
}

// --------------------------------------------------------------------------- what comes of them

double Player::ErrorChance(Instant now) const {
  if (edge_.ramp <= absl::ZeroDuration()) return edge_.p_err;
  const double done = std::min(absl::FDivDuration(now - edge_.since, edge_.ramp), 1.0);
  return edge_.p_err + done * (edge_.to_p_err - edge_.p_err);
}

double Player::EdgeFailsUsers(Instant now) const {
  double weight = 0, bad = 0;
  for (size_t i = 0; i < order_.size(); ++i) {
    const double own = scenario_.said.vantages(static_cast<int>(i)).weight();
    weight += own;
    if (edge_.bad[i]) bad += own;
  }
  return weight > 0 ? ErrorChance(now) * bad / weight : 0;
}

bool Player::Affects(const std::string& service) const {
  for (const v1::ScenarioService& one : scenario_.said.services()) {
    if (one.name() == service) return !one.unaffected();
  }
  return true;
}

void Player::ProbeEdge(size_t vantage, bool by_name, Instant now, Random& random,
                       Seen& seen) const {
  if (!edge_.bad[vantage]) return;
  seen.latency *= edge_.slow;
  if (by_name && dns_fails_[vantage] > 0 && random.Chance(dns_fails_[vantage])) {
    seen.probe_class = ProbeClass::kDns;
    return;
  }
  if (!by_name && edge_.pinned_answers) return;
  if (!random.Chance(ErrorChance(now))) return;
  const double which = random.Unit();
  for (const Symptom& symptom : edge_.symptoms) {
    if (which >= symptom.up_to && &symptom != &edge_.symptoms.back()) continue;
    seen.probe_class = symptom.probe_class;
    seen.http_status = symptom.status;
    return;
  }
}

void Player::Probe(size_t vantage, size_t /*target*/, const TargetRole& role, Instant now,
                   Random& random, Seen& seen) {
  seen.latency = random.Between(absl::Milliseconds(28), absl::Milliseconds(34));
  if (role.kind == TargetRole::Kind::kPanel) return;
  seen.http_status = 200;
  if (captive_[vantage]) {
    seen.probe_class = ProbeClass::kBadBody;
  } else if (role.path.is_edge()) {
    if (Affects(role.service) && !diagnostic_[vantage]) {
      ProbeEdge(vantage, role.kind == TargetRole::Kind::kVotes, now, random, seen);
    }
  } else {
    const VirtualExit& exit = world_->exit(role.path.exit.back() - '1');
    if (!exit.up || !exit.tunnel_up) {
      seen.probe_class = ProbeClass::kTimeoutConnect;
      seen.http_status = 0;
    } else if (!exit.Serves()) {
      seen.probe_class = ProbeClass::kHttpOrigin;
      seen.http_status = 502;
    }
  }
  if (!IsGood(seen.probe_class)) seen.latency = LatencyOf(seen.probe_class, role.timeout, random);
  if (seen.probe_class == ProbeClass::kTimeoutConnect ||
      seen.probe_class == ProbeClass::kTimeoutRead || seen.probe_class == ProbeClass::kDns) {
    seen.http_status = 0;
  }
}

CallFate Player::Call(size_t /*controller*/, size_t lever, Instant /*now*/, Random& random) {
  CallFate fate{.there = random.Between(absl::Milliseconds(20), absl::Milliseconds(200)),
                .back = random.Between(absl::Milliseconds(20), absl::Milliseconds(200))};
  const bool edges = lever == 0 ? mode_ == LeverMode::kEdge
                                : scenario_.said.levers(static_cast<int>(lever) - 1).edge();
  if (!edges) return fate;
  const std::string& state = api_.state();
  if (state == "DOWN") fate.arrives = fate.answered = false;
  if (state == "FROZEN") fate.state = LeverState::kFrozen, fate.why = "changes are frozen";
  if (state == "UNAUTHORIZED") fate.state = LeverState::kUnauthorized, fate.why = "403";
  if (state == "LIES") fate.lies = true;
  if (state == "ERR" && random.Chance(api_.p())) fate.state = LeverState::kErr, fate.why = "500";
  return fate;
}

}  // namespace lifeboat
