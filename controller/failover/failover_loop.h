#ifndef LIFEBOAT_CONTROLLER_FAILOVER_FAILOVER_LOOP_H_
#define LIFEBOAT_CONTROLLER_FAILOVER_FAILOVER_LOOP_H_

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "controller/failover/controls.h"
#include "controller/failover/event_writer.h"
#include "controller/failover/failover.h"
#include "controller/failover/lever_checks.h"
#include "controller/failover/vote_source.h"
#include "controller/failover/zone_worker.h"

namespace lifeboat {

// What the loop must know besides each service's settings.
struct LoopSettings {
  struct Service {
    ServiceSettings settings;
    std::vector<std::string> levers;  // names, the best first
  };
  struct LeverEntry {
    Lever* lever = nullptr;  // outlives the loop
    std::string kind;        // "rfc2136"
  };
  std::string controller;  // our name
  std::vector<Service> services;
  std::vector<ExitSnapshot> exits;               // their `status` is not used
  std::vector<LeverEntry> levers;                // in the order of the configuration
  absl::Duration tick = absl::Milliseconds(50);  // where something is going on
  absl::Duration look_at_least_every = absl::Milliseconds(500);  // at a service that is quiet
  absl::Duration publish_at_least_every = absl::Milliseconds(100);
  absl::Duration check_levers_every = absl::Seconds(15);
  std::function<void(const std::string&)> fault_point = [](const std::string&) {};
};

// Drives the failover cores of all services: gathers what each sees, hands their effects to one
// worker a zone, feeds the outcomes back, and publishes what stands. One thread decides; it waits
// for nothing but its inputs. Thread-safe.
class FailoverLoop final : public Controls {
 public:
  // Reads the journal. What is passed by reference outlives the loop. `seed` feeds ids and jitter.
  FailoverLoop(LoopSettings settings, VoteSource& votes, ExitCommander& exits,
               PublicFetcher& fetcher, Journal& journal, const Clock& clock, uint64_t seed);
  ~FailoverLoop() override;

  // Something may have changed: evaluate soon. From any thread, at once.
  void Wake();
  // The wall clock was set: people are told.
  void ClockStepped(const std::string& words);

  std::shared_ptr<const Snapshot> Current() const override;
  std::shared_ptr<const Snapshot> AwaitNewer(uint64_t seen, absl::Duration limit) const override;
  absl::StatusOr<std::vector<Event>> Events(const EventQuery& query) override;
  absl::StatusOr<std::string> Failover(const std::string& service, const std::string& exit,
                                       const std::string& reason, const std::string& who) override;
  absl::StatusOr<std::string> Failback(const std::string& service, bool force,
                                       const std::string& reason, const std::string& who) override;
  absl::Status Pause(const std::string& service, bool paused, const std::string& reason,
                     const std::string& who) override;
  absl::Status PauseAll(bool paused, const std::string& reason, const std::string& who) override;
  absl::Status Acknowledge(const std::string& service, const std::string& move,
                           const std::string& reason, const std::string& who) override;
  absl::StatusOr<Epoch> RaiseEpoch(const std::string& reason, const std::string& who) override;

 private:
  using Act = std::function<absl::StatusOr<Step>(class Failover&, const Sight&)>;
  struct Command {
    size_t service = 0;
    Act act;
    Instant deadline;
    bool answered = false;
    absl::StatusOr<std::string> answer = absl::UnknownError("not answered");
  };
  struct Runner {  // of one service; only the loop's thread touches it
    LoopSettings::Service service;
    std::unique_ptr<class Failover> core;
    ZoneWorker* worker = nullptr;
    Sight sight;                          // as last looked at
    std::optional<Instant> looked_at;     // none: it wants to be looked at now
    std::shared_ptr<Command> in_journal;  // waits for its entry to be durable
  };
  struct Done {
    std::string service;
    Outcome outcome;
  };

  void Run();
  void Turn();
  // Whether a service must be looked at in this turn although nobody said that a vote has changed.
  bool IsDue(const Runner& runner, Instant now) const;
  Sight Look(const Runner& runner, const std::map<std::string, ExitStatus>& exits) const;
  void Perform(Runner& runner, Step step);
  void TakeOutcomes(const std::map<std::string, ExitStatus>& exits);
  void TakeCommands(const std::map<std::string, ExitStatus>& exits);
  void Answer(Command& command, absl::StatusOr<std::string> answer);
  void TellExits(const std::map<std::string, ExitStatus>& exits);
  void Publish(const std::map<std::string, ExitStatus>& exits);
  std::string JournalTrouble() const;
  std::string StopReason() const;
  Event OwnEvent(const std::string& kind, const std::string& text) const;
  std::string GlobalAmnesia(const std::map<std::string, ExitStatus>& exits) const;
  Runner* Find(const std::string& service);
  absl::StatusOr<std::string> Submit(const std::string& service, Act act);
  absl::Status LoadRecords(std::map<std::string, ServiceRecord>& records);

  const LoopSettings settings_;
  VoteSource& votes_;
  ExitCommander& exits_;
  Journal& journal_;
  const Clock& clock_;
  std::mt19937_64 random_;  // only the loop's thread
  std::vector<Runner> runners_;
  std::map<std::string, Lever*> levers_;
  std::string unread_;  // why the journal could not be read at the start; empty: it was
  Epoch highest_seen_;  // by exits and DNS; only the loop's thread
  std::optional<Instant> published_at_;  // likewise; none: something has happened since

  Mutex stopping_;  // taken before mutex_: one person's stop after the other
  mutable Mutex mutex_;
  CondVar wake_;
  mutable CondVar published_;
  bool dirty_ GUARDED_BY(mutex_) = true;
  bool woken_ GUARDED_BY(mutex_) = true;  // some vote may have changed
  bool ending_ GUARDED_BY(mutex_) = false;
  std::deque<Done> done_ GUARDED_BY(mutex_);
  std::deque<std::shared_ptr<Command>> commands_ GUARDED_BY(mutex_);
  CondVar answered_;
  std::shared_ptr<const Snapshot> snapshot_ GUARDED_BY(mutex_);
  std::string clock_step_ GUARDED_BY(mutex_);
  ServiceRecord own_ GUARDED_BY(mutex_);  // of the controller itself: its pause stops all
  Epoch seen_for_raise_ GUARDED_BY(mutex_);
  bool adopt_ GUARDED_BY(mutex_) = false;

  EventWriter events_;
  LeverChecks checks_;
  std::map<std::string, std::unique_ptr<ZoneWorker>> workers_;  // by zone
  std::thread thread_;
};

}  // namespace lifeboat

#endif  // LIFEBOAT_CONTROLLER_FAILOVER_FAILOVER_LOOP_H_
