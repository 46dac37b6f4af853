#ifndef LIFEBOAT_CONTROLLER_REPLAY_REPLAY_H_
#define LIFEBOAT_CONTROLLER_REPLAY_REPLAY_H_

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "controller/quorum/path.h"
#include "controller/quorum/quorum.h"
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

// A controller's verdict on a path became another.
struct VerdictTurn {
  absl::Duration at;      // since the first impact; what stood by then is at 0
  size_t controller = 0;  // its place in the world
  std::string service;
  Path path;
  Verdict verdict = Verdict::kBlind;
};

// What became of one of the scenario's expectations.
struct ExpectationOutcome {
  lifeboat::v1::ScenarioExpectation wanted;
  uint32_t count = 0;          // of what it names
  absl::Duration first, last;  // when these came, where there are any
  std::string why;             // it was not met; empty: it was
};

// Of a figure that a run does not have: below all others.
inline constexpr double kNever = -std::numeric_limits<double>::infinity();

// How one run is judged (docs/replay.md has the definitions).
struct Score {
  double detect_s = kNever;  // nothing was decided
  double apply_s = kNever;   // nothing was applied everywhere
  double user_bad_minutes = 0;
  double user_saved_minutes = 0;  // against never having moved; below 0: it did harm
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
  absl::Duration covered;  // how much virtual time ran, what goes before the first impact too
  std::vector<Happening> timeline;
  std::vector<VerdictTurn> verdicts;
  std::vector<ExpectationOutcome> expectations;  // those asked in this lever mode, in their order
  Score score;
  std::vector<std::string> failures;  // broken assertions and expectations, each a sentence
};

// Runs `scenario` once. The same arguments give the same run, byte for byte.
ReplayRun Replay(const Scenario& scenario, const ReplayPolicy& policy, LeverMode mode,
                 uint64_t seed);

// One line of the scoring sheet over several runs; each may be kNever.
struct SheetLine {
  std::string name;
  double least = 0, median = 0, most = 0;
};
// `runs` are one at least.
std::vector<SheetLine> SheetOf(const std::vector<ReplayRun>& runs);

// "00:31  FAILOVER  web.example.net …": the timeline as people read it.
std::string TimelineText(const ReplayRun& run);
std::string SheetText(const std::vector<ReplayRun>& runs);

}  // namespace lifeboat

#endif  // LIFEBOAT_CONTROLLER_REPLAY_REPLAY_H_
