#include "tests/simulation/storm.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

// What the world asks at each step. How it is planned is in storm_plan.cc, what people do in
// storm_people.cc.
namespace lifeboat {
namespace {

void Fail(ProbeClass probe_class, const TargetRole& role, Seen& seen) {
  seen.probe_class = probe_class;
  const bool waits =
      probe_class == ProbeClass::kTimeoutConnect || probe_class == ProbeClass::kTimeoutRead;
  if (waits) seen.latency = role.timeout;
  if (probe_class == ProbeClass::kHttpEdge) seen.http_status = 522;
  if (probe_class == ProbeClass::kHttpOrigin) seen.http_status = 503;
  if (probe_class == ProbeClass::kRefused) seen.http_status = 403;
  if (!IsGood(probe_class)) seen.detail = "by the storm";
}

bool Covers(uint32_t vantages, size_t vantage) { return (vantages >> vantage & 1) != 0; }

}  // namespace

Storm::Storm(const Installation& installation, Truth& truth)
    : installation_(installation),
      truth_(truth),
      random_(installation.settings.seed * 0x2545f4914f6cdd1du + 5),
      states_(installation.settings.vantages.size()),
      levers_(installation.settings.levers.size(), LeverTrouble::kNone) {}

int Storm::NumberOf(const std::string& service) const {
  const auto& services = installation_.settings.services;
  for (size_t i = 0; i < services.size(); ++i) {
    if (services[i].settings.name == service) return static_cast<int>(i);
  }
  return -1;
}

// ---------------------------------------------------------------------------------------- probes

void Storm::Probe(size_t vantage, size_t /*target*/, const TargetRole& role, Instant now,
                  Random& random, Seen& seen) {
  const VantageState& state = states_[vantage];
  if (role.kind == TargetRole::Kind::kPanel) {
    if (state.captive) Fail(ProbeClass::kBadBody, role, seen);
  } else if (state.captive) {
    Fail(ProbeClass::kBadBody, role, seen);
  } else if (role.path.is_edge()) {
    SeeEdge(vantage, role, now, random, seen);
  } else {
    SeeExit(role, seen);
  }
  const double loss = probe_loss_ + state.loss;
  if (loss > 0 && random.Chance(loss)) Fail(ProbeClass::kTimeoutRead, role, seen);
  if (state.liar && role.kind != TargetRole::Kind::kPanel) {
    // It calls a path that serves dead, and a dead one alive.
    const bool good = IsGood(seen.probe_class);
    seen.http_status = 0;
    Fail(good ? ProbeClass::kTimeoutConnect : ProbeClass::kOk, role, seen);
  }
  seen.latency += random.Between(absl::ZeroDuration(), absl::Milliseconds(20));
}

void Storm::SeeEdge(size_t vantage, const TargetRole& role, Instant now, Random& random,
                    Seen& seen) {
  const bool by_name = role.kind == TargetRole::Kind::kVotes;
  if (states_[vantage].refused) return Fail(ProbeClass::kRefused, role, seen);
  if (origin_dead_ > 0) return Fail(ProbeClass::kHttpEdge, role, seen);
  if (origin_errors_ > 0) return Fail(ProbeClass::kHttpOrigin, role, seen);
  if (edge_faults_.empty()) return;
  const int service = NumberOf(role.service);
  for (const auto& [id, fault] : edge_faults_) {
    if (fault.service >= 0 && fault.service != service) continue;
    if (!Covers(fault.vantages, vantage)) continue;
    switch (fault.trouble) {
      case EdgeTrouble::kHard:
      case EdgeTrouble::kPartial:
        return Fail(fault.probe_class, role, seen);
      case EdgeTrouble::kFlaps:
        if (absl::ToInt64Seconds(now - fault.began) / absl::ToInt64Seconds(fault.period) % 2 == 0) {
          return Fail(fault.probe_class, role, seen);
        }
        break;
      case EdgeTrouble::kBrownout:
        if (random.Chance(fault.probability)) return Fail(fault.probe_class, role, seen);
        break;
      case EdgeTrouble::kSlow:
        seen.probe_class = ProbeClass::kSlow;
        seen.latency = 0.8 * role.timeout;
        break;
      case EdgeTrouble::kNameFails:
        if (by_name) return Fail(ProbeClass::kDns, role, seen);
        break;
    }
  }
}

void Storm::SeeExit(const TargetRole& role, Seen& seen) {
  const auto& names = installation_.settings.exits;
  const auto at = std::find(names.begin(), names.end(), role.path.exit) - names.begin();
  const VirtualExit& exit = world_->exit(static_cast<size_t>(at));
  if (!exit.up) return Fail(ProbeClass::kTimeoutConnect, role, seen);
  if (!exit.tunnel_up) return Fail(ProbeClass::kReset, role, seen);
  if (origin_errors_ > 0) return Fail(ProbeClass::kHttpOrigin, role, seen);
  if (exit.upstream != Upstream::kAnswered) return Fail(ProbeClass::kReset, role, seen);
}

// ----------------------------------------------------------------------------------- on the way

Carriage Storm::Carry(size_t vantage, size_t /*controller*/, Instant /*now*/, Random& random) {
  // A stream keeps the order of what is sent, unless something is wrong.
  Carriage carriage{.delay = absl::Milliseconds(10 + 8 * static_cast<int>(vantage))};
  const VantageState& state = states_[vantage];
  if (state.congested) {
    carriage.lost = random.Chance(0.2);
    // Sometimes by far too late, and behind what was sent later.
    const bool by_far = random.Chance(0.3);
    carriage.delay += random.Between(absl::ZeroDuration(), absl::Seconds(by_far ? 90 : 3));
  }
  carriage.twice = duplicates_ > 0 && random.Chance(duplicates_);
  return carriage;
}

CallFate Storm::Call(size_t /*controller*/, size_t lever, Instant /*now*/, Random& random) {
  CallFate fate{.there = random.Between(absl::Milliseconds(5), absl::Milliseconds(200)),
                .back = random.Between(absl::Milliseconds(5), absl::Milliseconds(200))};
  switch (levers_[lever]) {
    case LeverTrouble::kNone:
      break;
    case LeverTrouble::kErrors:
      if (random.Chance(0.7)) fate.state = LeverState::kErr, fate.why = "it answers 503";
      break;
    case LeverTrouble::kFrozen:
      fate.state = LeverState::kFrozen, fate.why = "changes are frozen";
      break;
    case LeverTrouble::kUnauthorized:
      fate.state = LeverState::kUnauthorized, fate.why = "the token is not valid";
      break;
    case LeverTrouble::kAnswersLost:
      fate.answered = random.Chance(0.4);
      fate.arrives = fate.answered || random.Chance(0.7);
      // A packet may arrive long after it was given up, and after its sender died.
      if (!fate.answered && random.Chance(0.5)) {
        fate.there = random.Between(absl::Seconds(1), absl::Seconds(90));
      }
      break;
    case LeverTrouble::kSilent:
      fate.arrives = false;
      break;
    case LeverTrouble::kLies:
      fate.lies = random.Chance(0.5);
      break;
  }
  return fate;
}

absl::Status Storm::Record(size_t /*controller*/, Instant /*now*/, Random& random) {
  if (journal_trouble_ > 0 && random.Chance(0.8)) {
    return absl::ResourceExhaustedError("the disk is full");
  }
  return absl::OkStatus();
}

bool Storm::DiesAt(size_t controller, const std::string& point, Random& random) {
  if (over_ || crash_at_step_ <= 0) return false;
  // Looking happens all the time; moves are rare, and their steps are what a crash must not harm.
  const bool looks = absl::EndsWith(point, ":ASK");
  if (!random.Chance(looks ? crash_at_step_ / 50 : crash_at_step_)) return false;
  const absl::Duration dead = random.Between(absl::Milliseconds(100), absl::Seconds(40));
  world_->At(world_->now() + dead, [this, controller] { world_->Restart(controller); });
  return true;
}

}  // namespace lifeboat
