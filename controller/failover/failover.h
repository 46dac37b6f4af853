#ifndef LIFEBOAT_CONTROLLER_FAILOVER_FAILOVER_H_
#define LIFEBOAT_CONTROLLER_FAILOVER_FAILOVER_H_

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/random/bit_gen_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/backoff.h"
#include "base/clock.h"
#include "controller/failover/effect.h"
#include "controller/failover/ownership.h"
#include "controller/failover/path_watch.h"
#include "controller/failover/rules.h"
#include "controller/failover/settlement.h"
#include "controller/failover/sight.h"
#include "controller/failover/snapshot.h"

namespace lifeboat {

// The life of one service's failovers (docs/architecture.md). A core with memory: it is told what
// is seen and what came of its effects, and says what to do next. At most one effect is under way;
// it waits for nothing. Nothing is done that is not in the journal first, and after a crash, a lost
// answer or a conflict the world is asked before anything is judged again.
class Failover {
 public:
  // `record` is what the journal says. `random` feeds ids and jitter; it outlives this.
  Failover(ServiceSettings settings, ServiceRecord record, absl::BitGenRef random)
      : settings_(std::move(settings)), record_(std::move(record)), random_(random) {}

  // Takes what is seen now. To be called on each change and several times a second.
  Step See(const Sight& sight);
  // Takes what came of the effect that is under way.
  Step Finish(const Outcome& outcome, const Sight& sight);

  // A person's wishes; each returns the effect that begins it. Errors as in controls.h. The id of
  // the move begun is in move()->id once the outcome came.
  absl::StatusOr<Step> MoveToExit(const std::string& exit, const std::string& reason,
                                  const std::string& who, const Sight& sight);
  absl::StatusOr<Step> MoveToEdge(bool force, const std::string& reason, const std::string& who,
                                  const Sight& sight);
  absl::StatusOr<Step> SetPaused(bool paused, const std::string& reason, const std::string& who,
                                 const Sight& sight);
  // A person has raised the epoch: what DNS says is taken for true.
  void Adopt();
  // A person has raised the epoch: a service that had forgotten something adopts, any other claims its
  // ownership record anew.
  void EpochRaised();

  // Exit nodes on which this service must be open to the public now.
  std::set<std::string> OpenExits(const Sight& sight) const;
  // Whether what must be open is known at all; before that exit nodes are told nothing.
  bool KnowsWhatIsInForce() const;
  // The highest epoch that this service's ownership record has shown.
  Epoch highest_seen() const { return highest_seen_; }
  const std::string& amnesia() const { return amnesia_; }
  const ServiceRecord& record() const { return record_; }
  bool busy() const { return in_flight_.has_value(); }

  void Describe(const Sight& sight, ServiceSnapshot& out) const;

 private:
  enum class Settling { kUnasked, kUnchecked, kSettled };

  // What to do next when nothing is under way.
  void Proceed(const Sight& sight);
  void Watch(const Sight& sight);
  void AskWorld(const Sight& sight);
  void TakeWorld(const absl::StatusOr<World>& world, const Sight& sight);
  void ClaimOwnership(const Sight& sight);
  void TakeClaim(const PullResult& result, const Sight& sight);
  void AdoptWorld(const Settlement& settlement, const Sight& sight);

  bool AsksAgain(const Sight& sight) const;
  void ConsiderNewIntent(const Sight& sight);
  void ConsiderIntent(const Sight& sight);
  void ConsiderLinger(const Sight& sight);
  void Begin(Move move, const std::string& text, const Sight& sight);
  // Journals the move at `stage` with one event, then does `action`.
  void Advance(Stage stage, const std::string& kind, const std::string& text, Action action,
               const Sight& sight);
  void TakeOpened(const absl::Status& status, const Sight& sight);
  void TakeFetched(const absl::Status& status, const Sight& sight);
  void Pull(const Sight& sight);
  void TakePulled(const PullResult& result, const Sight& sight);
  void Prove(const Sight& sight);
  void TakeProof(const Proof& proof, const Sight& sight);
  void AskByName(const Sight& sight);
  void TakeAsked(const absl::Status& status, const Sight& sight);
  void Complete(const Sight& sight);
  void Cancel(const std::string& why, const Sight& sight);
  // Back to the intent, to be judged again after a while.
  void Retreat(const std::string& why, const Sight& sight);

  Proposal ProposalTo(const Path& to, const Sight& sight) const;
  // Where a move from what serves now would go: the first exit that every rule allows, else the
  // first that is UP, else the first.
  Path BestTarget(const Sight& sight) const;
  std::string RecordsTrouble() const;
  const std::string& LeverFor(const Sight& sight) const;
  absl::Duration DownFor(const Path& path, Instant now) const;
  const PathWatch* WatchOf(const Path& path) const;
  bool warm() const { return warm_; }
  bool serves_edge() const { return record_.serves.is_edge(); }
  Phase phase() const;
  absl::Status MayBegin() const;

  // What is seen and what the rules say, as lines for the journal.
  std::string Explanation(const Sight& sight) const;
  std::string NewId(absl::Time at);
  std::string NewClaim();
  Event MakeEvent(const std::string& kind, const std::string& text, const Sight& sight,
                  bool alarm = false);
  void Note(const std::string& kind, const std::string& text, const Sight& sight,
            bool alarm = false);
  void Emit(std::string stage, std::optional<Entry> entry, Action action, const Sight& sight);
  void RetryLater(const Sight& sight, const std::string& why);
  bool RecoveredFrom(const Sight& sight) const;
  // The first rule that holds the move in progress, in words; empty: none.
  std::string HeldBy(const Sight& sight) const;
  Step TakeStep();

  const ServiceSettings settings_;
  ServiceRecord record_;  // as the journal has it
  absl::BitGenRef random_;

  std::vector<PathWatch> watches_;  // as the sight's paths
  std::vector<int> down_voters_;    // last seen on each path, to tell of the first one
  bool warm_ = false;

  Settling settling_ = Settling::kUnasked;
  bool adopting_ = false;
  bool must_claim_ = true;  // with each start, and after an unknown outcome
  Settlement::Kind settled_as_ = Settlement::Kind::kAsExpected;
  std::string amnesia_;
  std::string drift_;
  std::string unchecked_why_;
  World world_;          // as it stood in DNS when last read or written
  Ownership ownership_;  // the same, parsed; a default one where there is none
  Epoch highest_seen_;
  World writing_;  // what a pull under way would make of it
  Ownership writing_ownership_;
  std::optional<Instant> ask_at_;  // when the world is asked again

  std::optional<Effect> in_flight_;
  Step step_;
  std::optional<Instant> intent_deadline_;
  std::optional<Instant> linger_until_;
  Backoff backoff_{absl::Milliseconds(250), absl::Seconds(30)};
  std::optional<Instant> retry_at_;
  std::string retry_why_;
  std::string told_holder_;   // the rule that people were last told of
  std::string told_trouble_;  // likewise
  bool told_failback_ = false;
  std::set<std::string> failed_exits_;  // of the move in progress: tried last
  std::vector<ServerAnswer> proof_;
};

}  // namespace lifeboat

#endif  // LIFEBOAT_CONTROLLER_FAILOVER_FAILOVER_H_
