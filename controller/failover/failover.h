#ifndef LIFEBOAT_CONTROLLER_FAILOVER_FAILOVER_H_
#define LIFEBOAT_CONTROLLER_FAILOVER_FAILOVER_H_

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/random/bit_gen_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/backoff.h"
#include "base/clock.h"
#include "controller/failover/alarm_memory.h"
#include "controller/failover/effect.h"
#include "controller/failover/move_budget.h"
#include "controller/failover/ownership.h"
#include "controller/failover/path_watch.h"
#include "controller/failover/rules.h"
#include "controller/failover/settlement.h"
#include "controller/failover/sight.h"
#include "controller/failover/snapshot.h"
#include "controller/quorum/dissent.h"

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

  // A person's wishes; each returns the effect that begins it. Errors as in controls.h;
  // UNAVAILABLE: a step is under way, ask again after its outcome. The id of the move begun is in
  // record().move->id once the outcome came.
  absl::StatusOr<Step> MoveToExit(const std::string& exit, const std::string& reason,
                                  const std::string& who, const Sight& sight);
  absl::StatusOr<Step> MoveToEdge(bool force, const std::string& reason, const std::string& who,
                                  const Sight& sight);
  // A pause asked for while a step is under way binds from then on, and is recorded with the next
  // step: ask again until OK.
  absl::StatusOr<Step> SetPaused(bool paused, const std::string& reason, const std::string& who,
                                 const Sight& sight);
  // A person has seen the last move that was made by itself. Idempotent.
  absl::StatusOr<Step> Acknowledge(const std::string& reason, const std::string& who,
                                   const Sight& sight);
  // A person has raised the epoch: where DNS and journal differ, DNS is taken for true.
  void Adopt();
  // A person has raised the epoch: a service that disagrees with DNS, or has not asked it, adopts;
  // any other claims its ownership record anew.
  void EpochRaised();

  // Exit nodes on which this service must be open to the public now.
  std::set<std::string> OpenExits() const;
  // Whether what must be open is known at all; before that exit nodes are told nothing.
  bool KnowsWhatIsInForce() const;
  // The highest epoch that this service's ownership record has shown.
  Epoch highest_seen() const { return highest_seen_; }
  const std::string& amnesia() const { return amnesia_; }
  const ServiceRecord& record() const { return record_; }
  bool busy() const { return in_flight_.has_value(); }
  // Whether nothing is under way, and DNS was asked: it waits for what comes.
  bool AtRest() const { return !busy() && !record_.move && KnowsWhatIsInForce(); }
  // Who is doubted on each of the sight's paths, for the next look; empty before the first.
  const std::vector<DissentWatch>& dissents() const { return dissents_; }

  // Whether the way back is open to people: what Describe says of it, for less.
  bool OffersFailback(const Sight& sight) const;
  void Describe(const Sight& sight, ServiceSnapshot& out) const;

 private:
  enum class Settling { kUnasked, kUnchecked, kSettled };
  enum class Fault { kNobodys, kTheExits, kTheLevers };
  struct Wish {  // of a person: what `paused` shall be
    bool paused = false;
    std::string reason;
    std::string who;
  };

  // failover.cc: what comes in, and what goes out.
  void Watch(const Sight& sight);
  // Reads what the record says of moves made by itself, unless that is known.
  void LoadBudget(const Sight& sight);
  void WatchPath(size_t index, const PathSnapshot& path, const Sight& sight);
  void Take(const Effect& done, const Outcome& outcome, const Sight& sight);
  void TakeRefusedEntry(const Effect& refused, const Sight& sight);
  // What to do next when nothing is under way.
  void Proceed(const Sight& sight);
  void ProceedWithPulledMove(const Sight& sight);
  void Emit(std::string stage, std::optional<Entry> entry, Action action, const Sight& sight);
  void RetryLater(const Sight& sight, const std::string& why);
  Step TakeStep();
  std::string NewId(absl::Time at);
  std::string NewClaim();
  Event MakeEvent(const std::string& kind, const std::string& text, const Sight& sight,
                  bool alarm = false);
  void Note(const std::string& kind, const std::string& text, const Sight& sight,
            bool alarm = false);
  // Gives the notes that wait, where they tell of decisions, what these were made from.
  void ExplainNotes(const Sight& sight);
  const PathWatch* WatchOf(const Path& path) const;
  Verdict VerdictOn(const Path& path) const;
  // The lever for `action`: what failed to pull comes last for pulls alone.
  const std::string& LeverFor(const Action& action, const Sight& sight) const;

  // failover_settling.cc: what the world says.
  bool AsksAgain(const Sight& sight) const;
  // Whether it is time to look whether DNS still says what was left there.
  bool LooksAgain(const Sight& sight) const;
  void AskWorld(const Sight& sight);
  void TakeWorld(const absl::StatusOr<World>& world, const Sight& sight);
  void TakeSilence(const absl::Status& status, const Sight& sight);
  // Tells of trouble with DNS that is `news`, or that lasts and has woken nobody yet.
  void TellOfLever(bool news, bool& unheard, const std::string& text, const Sight& sight);
  // `lever` did not do what it was told: the next pull goes to another one, while there is one that
  // has not failed as well.
  void RememberFailed(const std::string& lever, const Sight& sight);
  void TakeSettlement(const Settlement& settlement, const Sight& sight);
  void ClaimOwnership(const Sight& sight);
  void TakeClaim(const std::string& lever, const PullResult& result, const Sight& sight);
  // The path that a person wants taken for true; none: the journal agrees, or DNS says nothing
  // that is configured.
  std::optional<Path> ToAdopt(const Settlement& settlement) const;
  void AdoptPath(const Path& path, const Sight& sight);
  std::string RecordsTrouble() const;

  // failover_judging.cc: what is decided.
  Proposal ProposalTo(const Path& to, bool by_person, const Sight& sight) const;
  // The exits that may take over from what serves now: those that failed this move go last.
  std::vector<Path> Candidates() const;
  // The first exit that is ready to take over, whatever the failure; none: no exit is.
  std::optional<Path> ReadyTarget(const Sight& sight) const;
  // That one, else the first that is UP, else the first; the edge: there is no exit.
  Path BestTarget(const Sight& sight) const;
  // How long `path` has been DOWN since the last move was done: each move asks for a hold anew.
  absl::Duration DownFor(const Path& path, Instant now) const;
  void ConsiderNewIntent(const Sight& sight);
  Move MoveByQuorum(const Path& from, const Path& to, const Sight& sight) const;
  void ConsiderIntent(const Sight& sight);
  void ConsiderLinger(const Sight& sight);
  void Expire(const Sight& sight);
  // Where to go on to, every rule allowing it, from a path that has died while it was being proven:
  // a server that answers nobody must not bind the service to it. None: it serves, or there is no
  // such exit, and the move is still to be proven.
  std::optional<Path> WayOn(const Sight& sight) const;
  // Gives the move in progress another exit if that is better; true: it has.
  bool Retarget(const Sight& sight);
  void TellHolder(const std::string& holder, const Sight& sight);
  bool RecoveredFrom(const Sight& sight) const;
  // Whether a standing intent of the quorum is kept alive by a path that swings to and fro.
  bool StandsByOscillating(const Sight& sight) const;
  // The first rule that holds the move in progress, in words; empty: none.
  std::string HeldBy(const Sight& sight) const;
  std::string WayBackHeldBy(const Sight& sight) const;
  std::vector<EvidenceItem> Evidence(const Sight& sight) const;
  bool MayGoBack(const std::vector<EvidenceItem>& evidence, const Sight& sight) const;

  // failover_stages.cc: the steps of a move.
  void Begin(Move move, const std::string& text, const Sight& sight);
  // Likewise, in one transaction with `after`, whose record is what it begins from.
  void BeginAfter(Entry after, Move move, const std::string& text, const Sight& sight);
  // Journals the move at `stage` with one event, then does `action`.
  void Advance(Stage stage, const std::string& kind, const std::string& text, Action action,
               const Sight& sight);
  FetchThrough FetchThroughTarget() const;
  void TakeOpened(const absl::Status& status, const Sight& sight);
  void TakeFetched(const Outcome& outcome, const Sight& sight);
  void Pull(const Sight& sight);
  void TakePulled(const PullResult& result, const Sight& sight);
  void Prove(const Sight& sight);
  void TakeProof(const Proof& proof, const Sight& sight);
  void DoubtThePull(const Sight& sight);
  void AskByName(const Sight& sight);
  void TakeAsked(const Outcome& outcome, const Sight& sight);
  // What a fetch that went well could not ask.
  void TellUnasked(const std::string& kind, const Outcome& outcome, const Sight& sight);
  void Complete(const std::string& though, const Sight& sight);
  // What the journal shall say once the move in progress has brought DNS where it goes; `proven`:
  // at all servers.
  ServiceRecord Arrived(bool proven, const Sight& sight);
  // Whether the record says already that `move` has arrived; it is proven once more.
  bool IsCounted(const Move& move) const { return move.id == record_.serves_by_move; }
  bool IsProvenAnywhere() const;
  // Whether the move in progress was seen at the primary, or at any other server.
  bool IsSeenInDns() const { return seen_moved_ || IsProvenAnywhere(); }
  // Gives up proving the move in progress and begins the next one, to `to`.
  void LeaveUnproven(const Path& to, const Sight& sight);
  Move ProofThatIsMissing(const Sight& sight) const;
  void Cancel(const std::string& why, const Sight& sight);
  // The event that tells of what hinders the move; none: it was told last.
  std::optional<Event> NewTrouble(const std::string& kind, const std::string& trouble,
                                  const Sight& sight);
  void TellTrouble(const std::string& kind, const std::string& trouble, const Sight& sight);
  // Back to the intent, to be judged again after a while.
  void Retreat(const std::string& why, Fault fault, const Sight& sight);

  // failover_commands.cc: what people ask for.
  // Tells of the refusal of a person's move to `to`, and is it.
  absl::Status Refuse(const Path& to, const std::string& who, const std::string& why,
                      const Sight& sight);
  absl::Status MayBegin(bool unseen, const Sight& sight) const;
  void EmitWish(const Sight& sight);
  // Why no person may move it now either; empty: one may.
  std::string StoppedWords(const Sight& sight) const;
  // Adds the wish that waits, if one does, to what goes to the journal.
  void AddWish(std::optional<Entry>& entry, const Sight& sight);
  bool IsWished(const ServiceRecord& record) const;
  bool paused() const { return wish_ ? wish_->paused : record_.paused; }
  std::string PauseWords() const;

  // failover_telling.cc: what is told.
  static std::string DescribeBallot(const Ballot& ballot);
  // The move in progress at the stage that is being taken.
  const std::optional<Move>& ShownMove() const;
  // The same, or the one that begins with what is being recorded.
  const std::optional<Move>& DecidedMove() const;
  Phase phase(const std::optional<Move>& move, const Sight& sight) const;
  void DescribeWith(const std::optional<Move>& move, const Sight& sight,
                    ServiceSnapshot& out) const;
  std::string WaitingFor(const ServiceSnapshot& snapshot, const Sight& sight) const;
  std::string UnarmedBecause(const ServiceSnapshot& snapshot, const Sight& sight) const;
  // What is known now, for the events of what is decided now.
  std::shared_ptr<const Decision> Decided(const Sight& sight) const;
  // The same for a move to `to` that a person asked for and did not get.
  std::shared_ptr<const Decision> Refused(const Path& to, const Sight& sight) const;

  bool serves_edge() const { return record_.serves.is_edge(); }

  const ServiceSettings settings_;
  ServiceRecord record_;  // as the journal has it
  absl::BitGenRef random_;
  std::string last_id_;

  std::vector<PathWatch> watches_;      // as the sight's paths
  std::vector<DissentWatch> dissents_;  // likewise
  std::vector<int> down_voters_;        // last seen on each path, to tell of the first one
  std::optional<LastDown> last_down_;   // of the edge
  bool warm_ = false;
  std::optional<Instant> began_at_;  // when it first saw anything
  bool told_blind_ = false;          // that it did not become warm

  Settling settling_ = Settling::kUnasked;
  bool adopting_ = false;
  bool must_claim_ = true;  // with each start, and after an unknown outcome
  Settlement::Kind settled_as_ = Settlement::Kind::kAsExpected;
  bool seen_moved_ = false;  // at the primary, and not only by what the lever said
  std::string amnesia_;
  std::string drift_;
  std::string silence_;    // why DNS could not be asked
  std::string unclaimed_;  // why the ownership record could not be made ours
  AlarmMemory alarms_of_lever_{absl::Minutes(5)};
  bool silence_unheard_ = false;    // it has woken nobody yet
  bool unclaimed_unheard_ = false;  // likewise
  World world_;                     // as it stood in DNS when last read or written
  Epoch highest_seen_;
  World writing_;                     // what a pull under way would make of it
  std::optional<World> before_pull_;  // of the move under way; none after a start
  Instant proving_since_;             // or asked again what became of the pull
  std::optional<Instant> ask_at_;     // when the world is asked again
  std::optional<Instant> look_at_;    // likewise, when all was well
  Backoff ask_backoff_{absl::Milliseconds(250), absl::Seconds(10)};
  Backoff claim_backoff_{absl::Milliseconds(250), absl::Seconds(30)};
  std::set<std::string> failed_levers_;  // by which the move, or the claim, was not made

  std::optional<Effect> in_flight_;
  Step step_;
  std::optional<MoveBudget> budget_;  // none: not read from the record yet
  std::optional<Wish> wish_;          // not durable yet
  bool journal_unsure_ = false;       // whether it says what `record_` says
  std::optional<Instant> record_at_;  // after a refused entry: nothing is recorded before
  Backoff record_backoff_{absl::Milliseconds(250), absl::Seconds(2)};

  // Of the move in progress.
  std::optional<Instant> intent_deadline_;
  Backoff backoff_{absl::Milliseconds(250), absl::Seconds(30)};
  std::optional<Instant> retry_at_;
  std::string retry_why_;
  std::string told_holder_;   // the rule that people were last told of
  std::string told_trouble_;  // likewise
  AlarmMemory alarms_of_move_{absl::Hours(1)};
  std::map<std::string, int> failures_;  // of each exit
  std::vector<ServerAnswer> proof_;

  std::optional<Instant> moved_at_;  // when the last move was done
  std::optional<Instant> linger_until_;
};

}  // namespace lifeboat

#endif  // LIFEBOAT_CONTROLLER_FAILOVER_FAILOVER_H_
