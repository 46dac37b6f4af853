#ifndef LIFEBOAT_CONTROLLER_ADMIN_TESTING_FAKE_CONTROLS_H_
#define LIFEBOAT_CONTROLLER_ADMIN_TESTING_FAKE_CONTROLS_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/mutex.h"
#include "controller/failover/controls.h"

namespace lifeboat::admin {

// A controller in memory: shows what it is given, answers what it is told to, and remembers who
// asked for what. Thread-safe.
class FakeControls final : public Controls {
 public:
  explicit FakeControls(Snapshot snapshot)
      : snapshot_(std::make_shared<const Snapshot>(std::move(snapshot))) {}

  // Replaces the state, under the next sequence.
  void Show(Snapshot snapshot) {
    MutexLock lock(mutex_);
    snapshot.sequence = snapshot_->sequence + 1;
    snapshot_ = std::make_shared<const Snapshot>(std::move(snapshot));
    changed_.NotifyAll();
  }
  void Add(Event event) {
    MutexLock lock(mutex_);
    events_.push_back(std::move(event));
  }
  // What the verbs answer from now on.
  void Answer(absl::Status status) {
    MutexLock lock(mutex_);
    answer_ = std::move(status);
  }
  // "Failover web nyc because person/anna", …
  std::vector<std::string> asked() const {
    MutexLock lock(mutex_);
    return asked_;
  }

  // How often somebody has waited for news.
  int watched() const {
    MutexLock lock(mutex_);
    return watched_;
  }

  std::shared_ptr<const Snapshot> Current() const override {
    MutexLock lock(mutex_);
    return snapshot_;
  }
  std::shared_ptr<const Snapshot> AwaitNewer(uint64_t seen, absl::Duration limit) const override {
    MutexLock lock(mutex_);
    ++watched_;
    if (snapshot_->sequence == seen) changed_.WaitFor(mutex_, limit);
    return snapshot_;
  }
  absl::StatusOr<std::vector<Event>> Events(const EventQuery& query) override {
    MutexLock lock(mutex_);
    std::vector<Event> found;
    for (const Event& event : events_) {
      const bool wanted = (query.service.empty() || event.service == query.service) &&
                          event.id > query.after_id && event.at >= query.since &&
                          HasEnd(event.id, query.id_end);
      if (wanted) found.push_back(event);
    }
    const size_t limit = static_cast<size_t>(query.limit);
    if (found.size() > limit) found.erase(found.begin(), found.end() - limit);
    return found;
  }
  absl::StatusOr<std::string> Failover(const std::string& service, const std::string& exit,
                                       const std::string& reason, const std::string& who) override {
    return Take(absl::StrCat("Failover ", service, " ", exit, " ", reason, " ", who));
  }
  absl::StatusOr<std::string> Failback(const std::string& service, bool force,
                                       const std::string& reason, const std::string& who) override {
    return Take(absl::StrCat("Failback ", service, force ? " forced " : " ", reason, " ", who));
  }
  absl::Status Pause(const std::string& service, bool paused, const std::string& reason,
                     const std::string& who) override {
    return Take(absl::StrCat(paused ? "Pause " : "Resume ", service, " ", reason, " ", who))
        .status();
  }
  absl::Status PauseAll(bool paused, const std::string& reason, const std::string& who) override {
    return Take(absl::StrCat(paused ? "PauseAll " : "ResumeAll ", reason, " ", who)).status();
  }
  absl::Status Acknowledge(const std::string& service, const std::string& move,
                           const std::string& reason, const std::string& who) override {
    return Take(absl::StrCat("Acknowledge ", service, " ", move, move.empty() ? "" : " ", reason,
                             " ", who))
        .status();
  }
  absl::StatusOr<Epoch> RaiseEpoch(const std::string& reason, const std::string& who) override {
    const auto taken = Take(absl::StrCat("RaiseEpoch ", reason, " ", who));
    if (!taken.ok()) return taken.status();
    return Epoch{.generation = 2, .revision = 41};
  }

 private:
  absl::StatusOr<std::string> Take(std::string asked) {
    MutexLock lock(mutex_);
    asked_.push_back(std::move(asked));
    if (!answer_.ok()) return answer_;
    return "01MOVE";
  }

  mutable Mutex mutex_;
  mutable CondVar changed_;
  std::shared_ptr<const Snapshot> snapshot_ GUARDED_BY(mutex_);
  std::vector<Event> events_ GUARDED_BY(mutex_);
  std::vector<std::string> asked_ GUARDED_BY(mutex_);
  absl::Status answer_ GUARDED_BY(mutex_);
  mutable int watched_ GUARDED_BY(mutex_) = 0;
};

}  // namespace lifeboat::admin

#endif  // LIFEBOAT_CONTROLLER_ADMIN_TESTING_FAKE_CONTROLS_H_
