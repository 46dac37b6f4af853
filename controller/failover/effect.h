#ifndef LIFEBOAT_CONTROLLER_FAILOVER_EFFECT_H_
#define LIFEBOAT_CONTROLLER_FAILOVER_EFFECT_H_

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "controller/failover/journal.h"
#include "controller/failover/lever.h"
#include "controller/quorum/path.h"

namespace lifeboat {

// What the failover core wants done, one at a time for each service.
struct DoNothing {};
struct ReadWorld {
  std::string hostname;
};
struct PullLever {
  Change change;
};
struct OpenExit {
  std::string exit;
};
struct FetchThrough {
  Path path;                           // the exit
  std::vector<std::string> addresses;  // of it, each as a stranger
};
struct ProveDns {
  std::string hostname;
  Records records;
};
using Action = std::variant<DoNothing, ReadWorld, PullLever, OpenExit, FetchThrough, ProveDns>;

// First `entry` goes to the journal; only if that is durable, `action` is done.
struct Effect {
  std::string service;
  int priority = 100;  // the lowest goes first
  std::string lever;   // for ReadWorld, PullLever, ProveDns
  std::string stage;   // names the step for fault points and logs: "PULLING", "CLAIM", …
  std::optional<Entry> entry;
  Action action;
};

// What came of an effect: an input to the core.
struct Outcome {
  absl::Status journal;  // of the entry; unless OK, nothing was done
  absl::Status status;   // of OpenExit, FetchThrough
  std::string unasked;   // of FetchThrough: what could not be asked from here, and why; empty: none
  absl::StatusOr<World> world = absl::UnknownError("not asked");  // of ReadWorld
  PullResult pull;                                                // of PullLever
  Proof proof;                                                    // of ProveDns
};

// What one evaluation of the core asks for.
struct Step {
  std::optional<Effect> effect;
  std::vector<Event> notes;  // for the journal, in no haste
};

}  // namespace lifeboat

#endif  // LIFEBOAT_CONTROLLER_FAILOVER_EFFECT_H_
