#ifndef LIFEBOAT_CONTROLLER_FAILOVER_SNAPSHOT_H_
#define LIFEBOAT_CONTROLLER_FAILOVER_SNAPSHOT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "controller/failover/epoch.h"
#include "controller/failover/exit_commander.h"
#include "controller/failover/lever.h"
#include "controller/failover/move.h"
#include "controller/quorum/attribution.h"
#include "controller/quorum/path.h"
#include "controller/quorum/quorum.h"
#include "controller/quorum/vote.h"

// Everything that the controller knows at one moment, as values: what status, page, metrics and
// explanations are made from. Nothing secret is in it.
namespace lifeboat {

// Where a service stands in the life of a failover (docs/architecture.md).
enum class Phase {
  kWarming,  // after a start: the world is asked, filters fill
  kServingEdge,
  kIntent,    // a move is decided; rules hold it or are about to let it go
  kApplying,  // a move to an exit is under way
  kServingExit,
  kFailingBack,  // a move to the edge is under way
  kAmnesia,      // the world knows more than the journal: nothing is acted on
};
absl::string_view PhaseName(Phase phase);  // "SERVING_EDGE", …

// One safety rule's answer.
struct RuleAnswer {
  std::string name;  // "target up", "attribution", … from a closed set
  bool ok = false;
  std::string words;  // why: "exit/nyc is DOWN, 3 of 3 say so"
  // Of one that holds something, as it is shown: NameKeys.
  std::string key = "";    // of the configuration, that sets it; empty: none does
  std::string place = "";  // where that is given: "controller.yaml:14"; empty: it is not
};

// One thing that the way back needs.
struct EvidenceItem {
  std::string name;  // "clean for", "coverage", "lever", …
  bool ok = false;
  std::string words;  // "1 h 12 min of 2 h"
  absl::Duration
      complete_in;  // how long it still takes if all stays well; InfiniteDuration: unknown
  bool force_replaces = false;  // a person who goes back by force goes without it
};

struct PathSnapshot {
  Path path;
  Tally tally;
  Ballots ballots;
  absl::Duration verdict_for;  // how long the verdict has stood
};

struct ServiceSnapshot {
  std::string name;
  std::string hostname;
  Phase phase = Phase::kWarming;
  Path serves;
  bool paused = false;
  std::string paused_reason;
  bool stopped = false;        // every service is: then `paused` is set as well
  std::string unacknowledged;  // id of the move that waits for a person's acknowledgement
  int moves_made = 0;          // by itself within 24 h
  int moves_per_day = 0;       // that it may make
  QuorumPolicy quorum;
  std::vector<PathSnapshot> paths;  // the edge first, then the exits as listed
  Cause cause;
  std::string cause_words;
  absl::Duration hold_done;            // how long DOWN has stood, at most `quorum.hold`
  std::optional<Move> move;            // in progress
  Path target;                         // where it would move to now; the edge: nowhere
  std::vector<RuleAnswer> rules;       // for `target`, in the order in which they are judged
  std::string waiting_for;             // the first thing that holds it, in words; empty: nothing
  absl::Duration retry_in;             // until the next attempt of a step that failed; zero: none
  std::vector<EvidenceItem> failback;  // while an exit serves
  bool failback_offered = false;
  std::vector<std::string> levers;  // names, the best first
  bool armed = false;               // would move by itself if the edge failed now
  std::string unarmed_why;
  std::string dns;                  // trouble with the records, such as drift; empty: none
  std::string lingering_exit;       // still open after a failback
  std::vector<ServerAnswer> proof;  // of the last or present move
};

// What one decision was made from, as it stood at that moment.
struct Decision {
  Instant now;
  absl::Time wall;
  Epoch epoch;
  ServiceSnapshot service;
};

struct VantageSnapshot {
  Vantage vantage;
  bool connected = false;
  std::string address;  // where its stream comes from
  std::string version;
  absl::Duration lag;         // p99 of how late its probes start
  absl::Duration round_trip;  // of our pings
  uint64_t observations = 0;  // taken
  uint64_t late = 0;          // arrived too old to count
  uint64_t refused = 0;       // made no sense
  uint64_t dropped = 0;       // lost to its full queue
  int panel_good = 0;         // control targets that answer
  int panel_size = 0;
  Abstention abstention = Abstention::kNone;  // of the vantage as a whole
  std::string why;
  std::vector<std::string> doubted_on;  // "web edge": where it has long stood against all others
};

struct ExitSnapshot {
  std::string name;
  std::vector<std::string> addresses;
  uint32_t asn = 0;
  std::string country;
  ExitStatus status;
};

struct LeverSnapshot {
  std::string name;
  std::string kind;  // "rfc2136"
  std::string zone;
  LeverHealth health;
  std::vector<std::string> arms;  // services
};

struct Snapshot {
  uint64_t sequence = 0;  // grows with each snapshot of this process
  Instant now;
  absl::Time wall;
  std::string controller;  // our name
  Epoch epoch;
  std::string
      amnesia;  // what the world knows and we do not, and the command to give; empty: nothing
  std::string journal;  // why nothing can be recorded; empty: it can
  std::string stopped;  // why a person has stopped every service; empty: nobody has
  std::string clock;    // the wall clock's last step, if it is recent; empty: none
  std::vector<ServiceSnapshot> services;
  std::vector<VantageSnapshot> vantages;
  std::vector<ExitSnapshot> exits;
  std::vector<LeverSnapshot> levers;
};

}  // namespace lifeboat

#endif  // LIFEBOAT_CONTROLLER_FAILOVER_SNAPSHOT_H_
