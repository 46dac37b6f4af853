#ifndef LIFEBOAT_CONTROLLER_REPLAY_REJUDGE_H_
#define LIFEBOAT_CONTROLLER_REPLAY_REJUDGE_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "controller/failover/path_watch.h"
#include "controller/failover/rules.h"
#include "controller/failover/sight.h"
#include "controller/health/observation_runs.h"
#include "controller/health/vantage_health.h"
#include "controller/quorum/dissent.h"
#include "controller/replay/recorded_vantages.h"
#include "controller/replay/run_spreader.h"

namespace lifeboat {

// What recorded observations are judged by, and when it is told what they come to.
struct RejudgeSettings {
  std::vector<Vantage> vantages;
  // What was probed, with the rules to judge it by; one leg of the panel stands for all of them.
  std::vector<TargetRole> roles;
  std::vector<ServiceSettings> services;
  // What comes before or after counts, and is not told.
  absl::Time since = absl::InfinitePast();
  absl::Time until = absl::InfiniteFuture();
};

// One thing that would have happened.
struct Rejudged {
  enum class Kind {
    kLife,         // a controller began to look; all its filters are empty
    kLifeEnds,     // and ended, as far as is recorded
    kVerdict,      // on `path`
    kAttribution,  // of an edge that is DOWN
    kIntent,       // the hold is reached: a move to `path` would be decided
    kHold,         // a rule would hold it
    kMove,         // no rule that can be judged would hold it (any more): it would begin
    kCancel,       // the edge serves again before that
  };
  Kind kind = Kind::kVerdict;
  absl::Time at;
  std::string service;  // empty: of all
  Path path;
  Verdict verdict = Verdict::kBlind;  // of kVerdict
  std::string text;                   // why
};
absl::string_view KindName(Rejudged::Kind kind);  // "VERDICT", "INTENT", …

// What was read.
struct RejudgeCount {
  int64_t observations = 0;  // within the span, of vantages and targets that are known
  int64_t late = 0;          // of these, those that did not count when they came
  std::map<std::string, int64_t> unknown;  // "vantage ams", "web exit/nyc": left out
  int64_t impossible = 0;                  // runs whose values cannot be: left out
  absl::Time first = absl::InfiniteFuture(), last = absl::InfinitePast();
};

// The rules whose answer follows from what is recorded and configured. All others ask for levers,
// exit nodes, people or DNS, of which no observation tells.
bool IsJudgedAgain(absl::string_view rule);

// Judges what agents saw under another policy, with the cores that judge what they see: filters,
// votes, tally, doubt, attribution and rules. A core: it is told what was recorded, in the order of
// time, and holds no more of it than the filters do.
//
// Each outage of the edge is judged as if the edge served when it began and nobody had forbidden a
// move: whether people would have acknowledged, gone back or paused is not recorded. Whether a
// tunnel was up is not either: it counts as up where an exit path served, or brought an answer of
// the origin.
class Rejudge {
 public:
  explicit Rejudge(RejudgeSettings settings);

  // Another life of a controller begins, which asks `panel` control targets.
  std::vector<Rejudged> Begin(absl::Time began, int panel);
  // Takes the next run of this life; runs come in the order in which they began.
  std::vector<Rejudged> Take(const ObservationRun& run);
  // This life is over: nothing is known of what comes after its last observation.
  std::vector<Rejudged> End();

  const RejudgeCount& count() const { return count_; }
  // How far apart the probes that voted on a service were made, on average; none: there were none.
  std::optional<absl::Duration> PaceOf(const std::string& service) const;

 private:
  struct PathCourse {
    PathWatch watch;
    std::optional<Verdict> told;
    std::vector<Standing> standings;  // when it was last looked at
    uint32_t target = 0;              // whose probes vote
  };
  struct Course {  // of one service
    ServiceSettings settings;
    std::vector<PathCourse> paths;       // the edge first, then the exits as listed
    std::vector<DissentWatch> dissents;  // likewise
    bool warm = false;
    Instant looked_at;
    Attribution told_cause = Attribution::kNone;
    std::optional<LastDown> last_down;
    std::optional<Path> intent;  // where to
    std::string told_holder;
    std::optional<Path> moved_to;  // in this outage
    bool telling = false;
  };
  struct Pace {
    absl::Duration span;
    int64_t gaps = 0;
  };

  // Where the run belongs; nothing where it is left out, which is counted.
  std::optional<RecordedVantages::Place> Admit(const ObservationRun& run);
  void PlayUntil(Instant until);
  // Looks as time passes, though nothing comes in.
  void LookUntil(Instant until);
  Instant NextLook() const;
  void TakeOne(const RunSpreader::One& one);
  void LookAtAll();
  // Whether a vote is another than at the last look.
  bool HasChanged(Course& course) const;
  static bool HoldIsDue(const Course& course, Instant now);
  void LookAt(Course& course);
  Sight SightOf(const Course& course) const;
  void TellPaths(Course& course, const Sight& sight);
  void TellAttribution(Course& course, const Sight& sight);
  void Decide(Course& course, const Sight& sight);
  void ConsiderIntent(Course& course, const Sight& sight);
  std::vector<RuleAnswer> Answers(const Course& course, const Path& to, const Sight& sight) const;
  Path TargetOf(const Course& course, const Sight& sight) const;
  absl::Time wall() const { return clocked_wall_ + (now_ - clocked_at_); }
  bool telling() const { return settings_.since <= wall() && wall() <= settings_.until; }
  void Tell(Rejudged happening);
  std::vector<Rejudged> TakeTold() { return std::exchange(told_, {}); }

  const RejudgeSettings settings_;
  RecordedVantages vantages_;
  std::vector<Course> courses_;
  RunSpreader spreader_;
  Instant now_, next_look_, heard_at_;
  Instant clocked_at_;  // when the wall clock showed `clocked_wall_`
  absl::Time clocked_wall_;
  bool begun_ = false;
  RejudgeCount count_;
  std::map<std::string, Pace> paces_;
  std::vector<Rejudged> told_;
};

}  // namespace lifeboat

#endif  // LIFEBOAT_CONTROLLER_REPLAY_REJUDGE_H_
