#ifndef LIFEBOAT_TESTS_SIMULATION_INVARIANTS_H_
#define LIFEBOAT_TESTS_SIMULATION_INVARIANTS_H_

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "controller/failover/move.h"
#include "controller/failover/ownership.h"
#include "controller/replay/nature.h"
#include "controller/replay/virtual_world.h"
#include "tests/simulation/installation.h"
#include "tests/simulation/truth.h"
#include "tests/simulation/vote_twin.h"

namespace lifeboat {

// What must never happen, whatever befalls the world: looks on at every step, and judges by what
// really is so, by a twin of the votes and by a tally of its own.
class Invariants final : public Witness {
 public:
  // All of them outlive this.
  Invariants(const Installation& installation, const Truth& truth, bool digests);
  void Attach(VirtualWorld& world);

  void Evaluated(size_t controller, size_t service, const Sight& sight,
                 const Failover& core) override;
  void Told(size_t controller, const Event& event) override;
  void Called(size_t controller, size_t lever, const Change* change) override;
  void Arrived(size_t lever, const Change& change, bool made) override;
  void Delivered(size_t controller, const Delivery& delivery) override;
  void Started(size_t controller) override;

  // The world is calm, and has had time to settle: everything must agree.
  void CheckRest();
  // Thereafter everything is served by the edge, and nothing is open any more.
  void CheckHome();

  const std::vector<std::string>& violations() const { return violations_; }
  bool failed() const { return !violations_.empty(); }
  int moves() const { return moves_; }
  int moves_by_itself() const { return moves_by_itself_; }
  uint64_t digest() const { return digest_; }
  void Trace(bool trace) { trace_ = trace; }

 private:
  struct PathFacts {
    Verdict verdict = Verdict::kBlind;
    bool oscillates = false;
    std::optional<Instant> down_since;   // without a break
    std::optional<Instant> clean_since;  // likewise
  };
  // What was so when a core was last told to judge.
  struct Facts {
    Instant at;
    std::vector<PathFacts> paths;  // the edge first
    Attribution attribution = Attribution::kNone;
    std::optional<Attribution> last_fault;  // when the edge was last DOWN, since the start
    std::vector<bool> reachable;            // by exit: connected, and its tunnel up
    std::vector<bool> dark;                 // by exit
    bool whole = false;                     // every vantage votes on the edge
    Epoch highest;                          // that an exit in sight has obeyed
  };
  struct Course {  // of one service at one controller
    std::vector<PathFacts> paths;
    std::deque<Facts> judged;  // the last few
    std::optional<Attribution> last_fault;
    std::string move;  // whose intent was checked
  };
  struct Ledger {  // of one service, whoever moved it
    std::vector<Instant> by_itself;
    bool unacknowledged = false;
    std::optional<Instant> done_at;
    std::optional<Instant> left_at;  // when a move was last left unproven
    Path left_from;                  // where that one came from
    std::set<std::string> counted;   // moves, by their ids: one may be done after it was left
    bool answered = false;           // the clear failure was
    World dns;                       // as the primary has it
    std::set<std::string> claims;
  };

  void Break(const std::string& words);
  void Digest(absl::string_view text);
  size_t ServiceOf(const std::string& hostname) const;
  size_t ServiceByName(const std::string& name) const;
  Course& CourseOf(size_t controller, size_t service) {
    return courses_[controller * ledgers_.size() + service];
  }
  const ServiceSettings& SettingsOf(size_t service) const {
    return installation_.settings.services[service].settings;
  }
  const Facts* FactsBefore(const Course& course, Instant at) const;
  void CheckVotes(size_t controller, size_t service, const Sight& sight);
  void CheckAttribution(size_t service, const Sight& sight, Facts& facts);
  void CheckLiveness(size_t service);
  void CheckOpen(size_t service);

  // invariants_moves.cc
  void CheckIntent(size_t controller, size_t service, const Move& move);
  void CheckPull(size_t controller, size_t service, const Change& change);
  void CheckPullByItself(size_t controller, size_t service, const Move& move, const Facts& facts);
  void CheckPullByPerson(size_t service, const Move& move, const Facts& facts);
  void CheckStanding(size_t service, const Move& move, const std::string& what);
  void TakeDone(size_t controller, size_t service, const Move& move);
  // Its path died before all servers had it: it counts like one that was done.
  void TakeLeft(size_t controller, size_t service, const Move& move);
  void CountMove(size_t controller, size_t service, const Move& move);

  // invariants_events.cc
  void CheckWords(const Event& event);
  void CheckAlarm(size_t controller, const Event& event, const std::string& move);

  const Installation& installation_;
  const Truth& truth_;
  const bool digests_;
  VirtualWorld* world_ = nullptr;
  bool trace_ = false;
  std::vector<VoteTwin> twins_;  // by controller
  std::vector<Course> courses_;
  std::vector<Ledger> ledgers_;
  std::vector<std::vector<size_t>> targets_;   // by service and path: of the leg that votes
  std::map<std::string, Move> moving_;         // by service: the move whose entry is being told
  std::map<std::string, Instant> alarms_;      // when each was last told: of which move, and what
  std::map<std::string, std::string> states_;  // what was last told of each thing, by kind
  std::vector<std::string> violations_;
  int moves_ = 0;
  int moves_by_itself_ = 0;
  uint64_t digest_ = 1469598103934665603u;
};

}  // namespace lifeboat

#endif  // LIFEBOAT_TESTS_SIMULATION_INVARIANTS_H_
