#ifndef LIFEBOAT_CONTROLLER_HEALTH_VANTAGE_HEALTH_H_
#define LIFEBOAT_CONTROLLER_HEALTH_VANTAGE_HEALTH_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "controller/health/clock_offset.h"
#include "controller/health/degradation.h"
#include "controller/health/echo_check.h"
#include "controller/health/filter.h"
#include "controller/health/health_rule.h"
#include "controller/health/oscillation.h"
#include "controller/quorum/path.h"
#include "controller/quorum/vote.h"

namespace lifeboat {

// What one numbered target of an agent's assignments is for.
struct TargetRole {
  enum class Kind { kVotes, kAttributes, kPanel };
  Kind kind = Kind::kVotes;
  std::string service;  // empty for the panel
  Path path;            // likewise
  HealthRule rule;      // of kVotes
  absl::Duration interval;
  absl::Duration timeout;
  // Of HTTP: the statuses that are good, first to last; empty: TCP, which has none.
  std::vector<std::pair<int, int>> expect_status = {};

  // An observation older than this when it arrives is history, and a vote whose newest observation
  // is older than this is silence: one probe may be lost on the way, two may not.
  absl::Duration fresh_for() const { return 2 * interval + timeout + absl::Milliseconds(500); }
};

// One observation, decoded and checked.
struct Seen {
  ProbeClass probe_class = ProbeClass::kOk;
  int http_status = 0;
  absl::Duration latency;
  absl::Duration ended;  // the agent's CLOCK_BOOTTIME when the probe ended
  std::string address;   // in text; empty if none
  std::string detail;
  absl::Time certificate_not_after = absl::InfinitePast();
  std::optional<EchoAnswer> answer;  // to the origin echo, as the agent says
  Echo echo = Echo::kNotAsked;       // what that proves
  bool proven = true;                // false: good, but only as the agent says
};

// Everything that this controller holds of one vantage, and how it votes. A core: it is told what
// arrives and when, in our time.
class VantageHealth {
 public:
  // Targets are numbered from 1 in the order of `roles`.
  explicit VantageHealth(std::vector<TargetRole> roles);
  VantageHealth(VantageHealth&&) = default;  // a copy would point into what it was copied from

  // A stream has come up, of the agent's run `run`. Returns its number, never 0: what still comes
  // on an older one is of another stream, or of another run. The agent's clock is unknown until a
  // pong comes on it, and before that nothing it saw can count: when was it?
  uint64_t Connect(uint64_t run);
  bool IsPresent(uint64_t stream) const { return stream != 0 && stream == stream_; }
  void Disconnect() { connected_ = false; }
  void Pong(Instant sent, Instant received, absl::Duration agent_since_boot) {
    offset_.Learn(sent, received, agent_since_boot);
  }
  // Whether batch `number` of the present run is news; a replayed one is not.
  bool TakeBatch(uint64_t number);
  // Whether what arrives is of the assignments in force; of others nothing can be taken.
  // Returns whether that has changed.
  bool TakeRevision(bool in_force) { return std::exchange(outdated_, !in_force) == in_force; }
  void TakeCondition(absl::Duration lag, bool resolvers_dead, uint64_t dropped);
  // INVALID_ARGUMENT where it cannot be what a probe of that target saw: the target was never
  // assigned, the probe outlasted its timeout by far, its class and status exclude each other.
  absl::Status Check(uint32_t target, const Seen& seen) const;
  void CountRefused() { ++refused_; }
  // False: `number` names no target. What is late, out of order, not proven, or came before the
  // agent's clock was known is counted, and counts for nothing. `changed` is set when a vote may
  // have changed.
  bool Take(uint32_t number, const Seen& seen, Instant now, bool& changed);

  Vote VoteOn(const std::string& service, const Path& path, Instant now) const;
  // What of the vote on the path that target `number` probes a tally needs: allocates nothing.
  Standing StandingAt(uint32_t number, Instant now) const;
  // Why the vantage as a whole abstains, or kNone; `why` says it in full.
  Abstention Condition(Instant now, std::string& why) const;
  Abstention Condition(Instant now) const;

  bool connected() const { return connected_; }
  uint64_t run() const { return run_; }
  uint64_t last_batch() const { return last_batch_; }
  absl::Duration lag() const { return lag_; }
  const ClockOffset& clock() const { return offset_; }
  uint64_t observations() const { return observations_; }
  uint64_t late() const { return late_; }
  uint64_t refused() const { return refused_; }
  uint64_t dropped() const { return dropped_; }
  int panel_size() const { return static_cast<int>(panel_.size()); }
  int PanelGood(Instant now) const;

 private:
  // One path. What each observation touches stands first and close together: an installation has
  // more of these than a cache holds.
  struct Watch {
    explicit Watch(const TargetRole& role)
        : role(&role),
          oscillation(role.rule.oscillation),
          degradation(role.rule.degradation),
          filter(role.rule.filter) {}
    // What the filter's health is as a vote. DOWN stands before OSCILLATING, and that before
    // DEGRADED.
    VoteKind KindAt(Instant now) const;

    const TargetRole* role;                        // of `roles_`
    absl::Duration fresh_for = role->fresh_for();  // kept: it is asked at each observation
    std::optional<Instant> filtered_at;            // when the newest that the filter took ended
    std::optional<Instant> bad_since;              // the first bad one since the last good one
    bool refused = false;  // the newest result says that the edge dislikes this vantage
    OscillationWatch oscillation;
    DegradationWatch degradation;
    Filter filter;
    VoteKind kind = VoteKind::kAbstain;  // after the last result
    std::optional<Evidence> newest;
    std::optional<Evidence> pinned;  // the newest, or a bad one until enough good ones followed
    int pinned_good = 0;             // in a row
    absl::Duration pinned_fresh_for;
    std::optional<Instant> late_at;      // when a backlog last arrived
    std::optional<Instant> unproven_at;  // when last a good result came that nothing proves
    std::vector<const Watch*> siblings;  // the service's other paths
  };
  struct PanelTarget {
    absl::Duration interval;
    absl::Duration fresh_for;
    std::optional<Instant> good_at;
    std::optional<Instant> seen_at;
    bool good = false;
  };

  struct Target {
    Watch* watch = nullptr;        // null for the panel
    PanelTarget* panel = nullptr;  // null for all others
    bool votes = false;            // on the watch's path; else it attributes
    Instant last_ended;
    absl::Duration fresh_for;
  };

  static void Keep(const Seen& seen, Instant ended, std::optional<Evidence>& evidence);
  static void TakePinned(Watch& watch, const Seen& seen, Instant ended);
  static void ForgetAcrossGap(Watch& watch, Instant at);
  void TakePanel(PanelTarget& target, bool good, Instant ended);
  void TakeVoting(Watch& watch, const Seen& seen, Instant ended, Instant now, bool& changed);
  static void PushInto(Watch& watch, const Seen& seen, Instant ended);
  // What is wrong with the vantage itself, its panel aside; kNone: nothing.
  Abstention Ailment(Instant now) const;
  // Whether what it sees now says something of itself only.
  bool Ails(Instant now) const;
  int PanelGoodSince(const Watch& watch) const;
  Abstention SilenceOn(const Watch& watch, Instant now) const;
  std::string Explain(const Watch& watch, Abstention abstention, Instant now) const;

  std::vector<TargetRole> roles_;
  // Finds a watch without a copy of its names.
  struct ByServiceAndPath {
    using is_transparent = void;
    template <typename One, typename Other>
    bool operator()(const One& one, const Other& other) const {
      return std::tie(one.first, one.second) < std::tie(other.first, other.second);
    }
  };

  std::map<std::pair<std::string, Path>, Watch, ByServiceAndPath> watches_;
  std::vector<PanelTarget> panel_;
  // Kept, because they are asked at each observation: until when half of the panel answers by what
  // is known of it, and whether most of it has failed.
  Instant panel_good_until_ = Instant::SinceBoot(-absl::InfiniteDuration());
  bool panel_fails_ = false;
  std::vector<Target> targets_;  // by their number − 1

  ClockOffset offset_;
  bool connected_ = false;
  uint64_t stream_ = 0;
  uint64_t run_ = 0;
  uint64_t last_batch_ = 0;
  absl::Duration lag_;
  bool resolvers_dead_ = false;
  bool outdated_ = false;  // its newest batch was of other assignments
  std::optional<Instant> skewed_at_;
  uint64_t observations_ = 0;
  uint64_t late_ = 0;
  uint64_t refused_ = 0;
  uint64_t dropped_ = 0;
};

}  // namespace lifeboat

#endif  // LIFEBOAT_CONTROLLER_HEALTH_VANTAGE_HEALTH_H_
