#ifndef LIFEBOAT_CONTROLLER_FAILOVER_TESTING_FAILOVER_HARNESS_H_
#define LIFEBOAT_CONTROLLER_FAILOVER_TESTING_FAILOVER_HARNESS_H_

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "controller/failover/failover.h"
#include "controller/failover/testing/fake_journal.h"
#include "controller/failover/testing/fake_lever.h"

namespace lifeboat {

// One exit node, as the world has it.
struct FakeExit {
  bool connected = true;
  bool tunnel_up = true;
  bool opens = true;             // when told to
  bool serves_strangers = true;  // once open
  bool open = false;             // what it was last told, if it obeys
  int visitors = 0;
  std::string votes = "UUU";  // as in ParseBallots
  absl::Time certificate_ends = absl::InfiniteFuture();
};

// Plays one failover core against a world in memory and a clock that moves when told, and performs
// its effects as the worker does: the journal's entry first, the action only if that is durable,
// then the outcome. After every step it looks whether a promise was broken; `violations` says so.
//
// The public members are the world: set them between ticks, or from `on_point`.
class FailoverHarness {
 public:
  // Service "web", app.test, with these exits, the best first.
  explicit FailoverHarness(std::vector<std::string> exit_names = {"nyc"}, uint64_t seed = 1);

  ServiceSettings settings;
  absl::Time certificate_ends = absl::InfiniteFuture();  // the edge's
  std::string edge = "UUU";                              // votes on the edge, as in ParseBallots
  std::map<std::string, FakeExit> exits;                 // by name
  std::optional<Attribution> attribution;                // instead of what the votes give
  LeverHealth lever_health{.state = LeverState::kOk, .why = ""};
  bool dns_answers = true;  // false: reads fail, pulls are lost before they arrive
  std::string amnesia;      // what an exit node says
  std::string stopped;      // the reason of a global stop
  Instant now = Instant::SinceBoot(absl::Hours(1));
  absl::Time wall = absl::FromUnixSeconds(1'700'000'000);
  FakeJournal journal;
  FakeZone zone;
  FakeLever lever{"own", "test", zone};
  FakeLever spare{"spare", "test", zone};   // the second one, where it is configured
  std::optional<LeverHealth> spare_health;  // none: it is not

  // Called with "recorded:PULLING", "done:PULLING", … as each step passes, before its outcome is
  // handed in.
  std::function<void(const std::string&)> on_point = [](const std::string&) {};
  // The process dies at the n-th point from now (0: never), and at those of the list after it, each
  // counted from the restart.
  void CrashAt(std::vector<int> points) { crash_at_ = std::move(points), passed_ = 0; }

  // One evaluation `by` later, with all that follows from it. After a crash it restarts first.
  void Tick(absl::Duration by = absl::Milliseconds(100));
  void Run(absl::Duration span);
  // Ticks until `condition` holds; false: not within `limit`.
  bool RunUntil(const std::function<bool()>& condition, absl::Duration limit = absl::Minutes(2));
  // Ticks until no move is in progress, DNS is asked and claimed, and nothing is under way.
  bool RunUntilQuiet(absl::Duration limit = absl::Minutes(5));
  // Runs until it is armed, the edge serving.
  bool Arm();
  // The same; then the edge fails, and all goes well until the first exit serves.
  bool FailOver();
  void Crash();
  bool crashed() const { return core_ == nullptr; }
  void Restart();
  // A packet of `lost` arrives after all; false: what it expects does not stand.
  bool Deliver(const Change& change);

  // A person's wishes, with all that follows from them at once.
  absl::Status MoveToExit(const std::string& exit, const std::string& reason = "drill");
  absl::Status MoveToEdge(bool force = false, const std::string& reason = "all is well");
  absl::Status SetPaused(bool paused, const std::string& reason = "night shift");
  absl::Status Acknowledge(const std::string& reason = "seen");

  Failover& core() { return *core_; }
  Sight Look() const;
  ServiceSnapshot Describe() const;
  ServiceRecord Journaled() const;  // what the journal says of the service
  Records Dns() const { return zone.Get(settings.hostname).records; }
  std::string Owner() const { return zone.Get(settings.hostname).ownership; }
  Path InDns() const;             // the path whose records DNS has; exit/? when nobody's
  std::string OpenExits() const;  // the names of the exits that are open, "ams nyc"
  // The last `most` journaled events, a line each.
  std::string History(size_t most) const;
  // Whether some note or journaled event of `kind` contains `text`.
  bool Told(const std::string& kind, const std::string& text = "") const;
  int TimesTold(const std::string& kind, const std::string& text = "") const;

  // The stages of moves that were journaled, in order: "INTENT OPENING …".
  std::string Stages() const;
  std::vector<std::string> points;  // every point passed
  std::vector<Change> moves;        // every pull that was to change the records
  int applied_moves = 0;            // of those, how many changed DNS
  std::vector<Change> lost;         // pulls without an answer that did not arrive
  int restarts = 0;
  std::vector<std::string> violations;
  std::vector<Event> notes;
  // What is wrong although all is quiet: DNS, journal, ownership and open exits must agree.
  std::vector<std::string> TroubleAtRest() const;

 private:
  absl::Status Submit(absl::StatusOr<Step> step);
  void Perform(Step step);
  Outcome Do(const Effect& effect);
  void Act(const Effect& effect, Outcome& outcome);
  PullResult Pull(FakeLever& by, const Change& change);
  void CountMove(const Change& change, const Records& before);
  void Pass(const std::string& point);
  void TellExits();
  void CheckPull(const Change& change);
  void CheckSafety(const Move& move);
  void CheckWhatIsOpen();
  FakeExit* ExitAt(const std::string& address);
  const FakeExit* ExitOf(const Path& path) const;
  void Blame(const std::string& violation);

  std::mt19937_64 random_;
  std::unique_ptr<Failover> core_;  // null: crashed
  std::vector<int> crash_at_;
  int passed_ = 0;
  std::map<std::string, int> applied_by_move_;  // by the move's id
};

}  // namespace lifeboat

#endif  // LIFEBOAT_CONTROLLER_FAILOVER_TESTING_FAILOVER_HARNESS_H_
