#ifndef LIFEBOAT_CONTROLLER_FAILOVER_SIGHT_H_
#define LIFEBOAT_CONTROLLER_FAILOVER_SIGHT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "base/clock.h"
#include "controller/failover/epoch.h"
#include "controller/failover/lever.h"
#include "controller/failover/rule_keys.h"
#include "controller/failover/safety.h"
#include "controller/failover/snapshot.h"
#include "controller/quorum/attribution.h"

namespace lifeboat {

// One exit of a service, as the configuration has it.
struct ExitTarget {
  std::string name;
  Records records;       // its addresses: what DNS says while it serves
  std::string provider;  // whose machine it is; empty: not told
  uint32_t asn = 0;      // of the network it sits in; 0: not told
};

// What the failover core must know of a service's configuration.
struct ServiceSettings {
  std::string name;
  std::string hostname;
  absl::Duration ttl;
  Records edge_records;
  bool edge_name_in_lever_zone =
      true;                       // what by name resolves lies in the zone that the lever writes
  std::vector<ExitTarget> exits;  // the best first
  QuorumPolicy quorum;
  absl::Duration clean_for;
  absl::Duration exit_stays_open;
  absl::Duration intent_expires_after;
  SafetySettings safety;
  int priority = 100;  // on the worst day all services move at once: the lowest first
  KeyPlaces places;    // of the keys that rules are set by

  const ExitTarget* FindExit(const std::string& exit) const;
  // What DNS says while `path` serves.
  Records RecordsOf(const Path& path) const;
};

struct LeverSight {
  std::string name;
  LeverHealth health;
};

// Everything that one service is judged by at one moment.
struct Sight {
  Instant now;
  absl::Time wall;  // for the journal and for people
  Epoch epoch;
  std::vector<PathSnapshot> paths;  // the edge first, then the exits as listed
  std::vector<ExitFacts> exits;     // as listed
  std::vector<int> visitors;        // of this service at each exit, as listed
  Cause cause;
  std::vector<LeverSight> levers;  // as listed
  std::string journal_trouble;     // why nothing can be recorded; empty: it can
  std::string amnesia;             // what an exit node knows and we do not; empty: nothing
  std::string stopped;             // why a person has stopped every service; empty: nobody has

  const PathSnapshot& edge() const { return paths.front(); }
  const ExitFacts* FindExit(const std::string& exit) const;
  // The cause in words; or another, that was found when the edge's votes were `tally`.
  std::string CauseWords() const;
  std::string CauseWords(const Cause& other, const Tally& tally) const;
};

}  // namespace lifeboat

#endif  // LIFEBOAT_CONTROLLER_FAILOVER_SIGHT_H_
