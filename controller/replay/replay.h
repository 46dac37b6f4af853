#ifndef LIFEBOAT_CONTROLLER_REPLAY_REPLAY_H_
#define LIFEBOAT_CONTROLLER_REPLAY_REPLAY_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "controller/replay/player.h"
#include "controller/replay/scenario.h"

namespace lifeboat {

// One thing that was told in a run, under the word that expectations use.
struct Happening {
  absl::Duration at;  // since the first impact
  std::string what;   // "FAILOVER", "HOLD", …
  std::string service;
  std::string text;
};

// How one run is judged (docs/replay.md has the definitions).
struct Score {
  double detect_s = -1;  // −1: nothing was decided
  double apply_s = -1;   // −1: nothing was applied everywhere
  double user_bad_minutes = 0;
  int false_failovers = 0;
  int missed = 0;
  int flaps = 0;
  int notifications = 0;
  int lever_calls = 0;
  bool reasons_complete = true;
};

struct ReplayRun {
  LeverMode mode = LeverMode::kIndep;
  uint64_t seed = 0;
  std::vector<Happening> timeline;
  Score score;
  std::vector<std::string> failures;  // broken assertions and expectations, each a sentence
};

// Runs `scenario` once. The same arguments give the same run, byte for byte.
ReplayRun Replay(const Scenario& scenario, const ReplayPolicy& policy, LeverMode mode,
                 uint64_t seed);

// "00:31  FAILOVER  web.example.net …": the timeline as people read it.
std::string TimelineText(const ReplayRun& run);
// The scoring sheet over several runs: least, median, most.
std::string SheetText(const std::vector<ReplayRun>& runs);

}  // namespace lifeboat

#endif  // LIFEBOAT_CONTROLLER_REPLAY_REPLAY_H_
