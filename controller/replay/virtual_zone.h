#ifndef LIFEBOAT_CONTROLLER_REPLAY_VIRTUAL_ZONE_H_
#define LIFEBOAT_CONTROLLER_REPLAY_VIRTUAL_ZONE_H_

#include <map>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "base/clock.h"
#include "controller/failover/lever.h"

namespace lifeboat {

// A DNS zone with its primary and its authoritative servers, each of which follows after a while.
class VirtualZone {
 public:
  struct Server {
    std::string name;
    absl::Duration behind;  // how long it takes to follow the primary
    Instant stuck_since;    // between these it follows nothing
    Instant stuck_until;
    ServerState state = ServerState::kProven;  // or kSilent, kUnasked
  };

  VirtualZone(std::string apex, int servers, absl::Duration behind);

  const std::string& apex() const { return apex_; }
  std::vector<Server>& servers() { return servers_; }

  // What the primary says.
  const World& Get(const std::string& hostname) const;
  // Somebody sets the records: the controller at the first, or a person behind its back.
  void Set(const std::string& hostname, World world, Instant now);
  // The compare-and-set of Lever::Pull. False: what it expects does not stand.
  bool Apply(const Change& change, Instant now);
  // What every server says now.
  Proof Ask(const std::string& hostname, const Records& records, Instant now) const;
  // What one server serves now.
  const Records& ServedBy(size_t server, const std::string& hostname, Instant now) const;

 private:
  struct Version {
    Instant since;
    World world;
  };
  const std::string apex_;
  std::vector<Server> servers_;
  std::map<std::string, std::vector<Version>> versions_;  // of each hostname, the oldest first
};

}  // namespace lifeboat

#endif  // LIFEBOAT_CONTROLLER_REPLAY_VIRTUAL_ZONE_H_
