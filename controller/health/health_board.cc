#include "controller/health/health_board.h"

#include <utility>

namespace lifeboat {

HealthBoard::HealthBoard(std::vector<Vantage> vantages, const std::vector<TargetRole>& roles,
                         std::function<void()> on_change)
    : on_change_(std::move(on_change)) {
  for (Vantage& vantage : vantages) {
    in_order_.push_back(std::make_unique<Seat>(std::move(vantage), roles));
    seats_[in_order_.back()->vantage.name] = in_order_.back().get();
  }
}

void HealthBoard::Write(const std::string& vantage,
                        const std::function<bool(VantageHealth&)>& change) {
  const auto seat = seats_.find(vantage);
  if (seat == seats_.end()) return;
  bool changed = false;
  {
    MutexLock lock(seat->second->mutex);
    changed = change(seat->second->health);
  }
  if (changed) on_change_();
}

void HealthBoard::Describe(const std::string& vantage, const std::string& address,
                           const std::string& version) {
  const auto seat = seats_.find(vantage);
  if (seat == seats_.end()) return;
  MutexLock lock(seat->second->mutex);
  seat->second->address = address;
  seat->second->version = version;
}

Ballots HealthBoard::BallotsOn(const std::string& service, const Path& path, Instant now) const {
  Ballots ballots;
  ballots.reserve(in_order_.size());
  for (const auto& seat : in_order_) {
    MutexLock lock(seat->mutex);
    ballots.push_back({.vantage = seat->vantage, .vote = seat->health.VoteOn(service, path, now)});
  }
  return ballots;
}

std::vector<VantageSnapshot> HealthBoard::Vantages(Instant now) const {
  std::vector<VantageSnapshot> snapshots;
  for (const auto& seat : in_order_) {
    MutexLock lock(seat->mutex);
    const VantageHealth& health = seat->health;
    VantageSnapshot snapshot;
    snapshot.vantage = seat->vantage;
    snapshot.connected = health.connected();
    snapshot.address = seat->address;
    snapshot.version = seat->version;
    snapshot.lag = health.lag();
    snapshot.round_trip = health.clock().round_trip();
    snapshot.observations = health.observations();
    snapshot.late = health.late();
    snapshot.refused = health.refused();
    snapshot.dropped = health.dropped();
    snapshot.panel_good = health.PanelGood(now);
    snapshot.panel_size = health.panel_size();
    snapshot.abstention =
        health.connected() ? health.Condition(now, snapshot.why) : Abstention::kDisconnected;
    snapshots.push_back(std::move(snapshot));
  }
  return snapshots;
}

}  // namespace lifeboat
