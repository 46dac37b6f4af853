#ifndef LIFEBOAT_CONTROLLER_HEALTH_HEALTH_BOARD_H_
#define LIFEBOAT_CONTROLLER_HEALTH_HEALTH_BOARD_H_

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "controller/failover/vote_source.h"
#include "controller/health/vantage_health.h"

namespace lifeboat {

// The healths of all configured vantages, written by their streams and read by the failover loop.
// Thread-safe: each vantage has a lock of its own, so that one agent's flood holds up no other.
class HealthBoard final : public VoteSource {
 public:
  // `on_change` is called, on the writer's thread, when a vote may have changed; it must not block.
  HealthBoard(std::vector<Vantage> vantages, const std::vector<TargetRole>& roles,
              std::function<void()> on_change);

  bool Knows(const std::string& vantage) const { return seats_.contains(vantage); }
  // Runs `change` on the vantage's health under its lock; tells the loop where it returns true.
  void Write(const std::string& vantage, const std::function<bool(VantageHealth&)>& change);
  // What people see of a stream besides its health.
  void Describe(const std::string& vantage, const std::string& address, const std::string& version);

  Ballots BallotsOn(const std::string& service, const Path& path, Instant now) const override;
  std::vector<VantageSnapshot> Vantages(Instant now) const override;

 private:
  struct Seat {
    Seat(Vantage vantage, const std::vector<TargetRole>& roles)
        : vantage(std::move(vantage)), health(roles) {}
    const Vantage vantage;
    mutable Mutex mutex;
    VantageHealth health GUARDED_BY(mutex);
    std::string address GUARDED_BY(mutex);
    std::string version GUARDED_BY(mutex);
  };

  std::vector<std::unique_ptr<Seat>> in_order_;
  std::map<std::string, Seat*> seats_;
  const std::function<void()> on_change_;
};

}  // namespace lifeboat

#endif  // LIFEBOAT_CONTROLLER_HEALTH_HEALTH_BOARD_H_
