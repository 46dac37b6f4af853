#ifndef LIFEBOAT_TESTS_SIMULATION_VOTE_TWIN_H_
#define LIFEBOAT_TESTS_SIMULATION_VOTE_TWIN_H_

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "controller/health/vantage_health.h"
#include "controller/quorum/vote.h"
#include "controller/replay/virtual_world.h"
#include "tests/simulation/truth.h"

namespace lifeboat {

// What one vantage may say of each path, by what has really reached one controller and when it was
// really sent. The slow, obvious twin of VantageHealth, with one thing more: it knows the truth of
// the agents' clocks, and where a few milliseconds more or less would make the difference it has no
// opinion.
class VoteTwin {
 public:
  VoteTwin(const WorldSettings& settings, const Truth& truth);

  // The controller has started anew and knows nothing.
  void Forget();
  void Delivered(const Delivery& delivery, Instant now);
  // Why `vote` cannot be what `vantage` says of `target` (a place in the roles, of a leg that
  // votes); empty: it can.
  std::string Contradiction(size_t vantage, size_t target, const Vote& vote, Instant now) const;

 private:
  // One filter's memory: every result that counts, the newest last, up to what a rule looks at.
  struct Result {
    bool bad = false;
    Instant at;
  };
  struct Results {
    std::deque<Result> last;
    int run = 0;  // of those that end as the newest does
    // Where a rule counts by time, a moment more or less may make a difference.
    bool may_be_down = false;
    bool may_be_up = true;

    void Take(const FilterRule& rule, bool bad, Instant at);
    void Set(bool down) { may_be_down = down, may_be_up = !down; }
    void DoNotKnow() { may_be_down = may_be_up = true; }
    void Judge(const KOfN& rule);
    void Judge(const Run& rule);
    void Judge(const Rate& rule);
    void Judge(const Leaky& rule);
    void Judge(const Silence&) { DoNotKnow(); }
    void Judge(const Ejection&) { DoNotKnow(); }
    int RunOf(bool bad) const {  // at the end
      return !last.empty() && last.back().bad == bad ? run : 0;
    }
  };
  struct Leg {
    bool any = false;
    Instant newest;  // when the newest that counts ended
    bool newest_good = false;
    bool newest_refused = false;
    Instant last_good;
    std::optional<Instant> filtered;  // the newest that a filter takes
    Results sure;                     // without what may have come too late
    Results generous;                 // with it
    int since_doubt = 1000;
  };
  struct Eyes {
    uint64_t run = 0;
    uint64_t last_batch = 0;
    absl::Duration lag;
    bool resolvers_dead = false;
    std::optional<Instant> misdated_at;  // when last something came that its clock has misdated
    std::vector<Leg> legs;               // by target
  };
  enum class Age { kFresh, kDoubtful, kLate };

  Age AgeOf(size_t vantage, size_t target, Instant ended, Instant now) const;
  bool ClockIsKnown(size_t vantage, Instant now) const;
  enum class Panel { kAnswers, kFails, kUnclear };
  Panel PanelOf(const Eyes& eyes) const;
  bool PanelIsBad(const Eyes& eyes, Instant now) const;

  const WorldSettings& settings_;
  const Truth& truth_;
  std::vector<absl::Duration> fresh_for_;  // by target
  std::vector<size_t> panel_;              // the targets of the panel
  std::vector<Eyes> eyes_;                 // by vantage
};

}  // namespace lifeboat

#endif  // LIFEBOAT_TESTS_SIMULATION_VOTE_TWIN_H_
