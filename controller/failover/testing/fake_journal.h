#ifndef LIFEBOAT_CONTROLLER_FAILOVER_TESTING_FAKE_JOURNAL_H_
#define LIFEBOAT_CONTROLLER_FAILOVER_TESTING_FAKE_JOURNAL_H_

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/mutex.h"
#include "base/status.h"
#include "controller/failover/journal.h"

namespace lifeboat {

// A journal in memory, with a memory: what was recorded survives `Reopen`, as a disk's content
// survives the process. Thread-safe.
//
// A crash is played like this: from `CrashAt` on every call fails, so that the loop under test,
// which acts on nothing it could not record, has no further effect, as if it had died. The test
// throws the loop away, calls `Reopen` and builds the next one.
class FakeJournal final : public Journal {
 public:
  // What lies on the disk: keep one and `PutBack` it later to play amnesia.
  struct Memory {
    Epoch epoch{.generation = 1, .revision = 1};
    std::map<std::string, ServiceRecord> services;
    std::vector<Event> events;
    std::vector<Entry> entries;  // every entry that was recorded, in order
  };

  // The next process opens the journal: it lives again, and the revision is one higher.
  void Reopen() {
    MutexLock lock(mutex_);
    dead_ = false;
    crash_in_ = 0;
    ++memory_.epoch.revision;
  }
  // The next `records` calls of Record fail with `status` and record nothing; Check as well.
  void FailNext(int records, absl::Status status) {
    MutexLock lock(mutex_);
    fail_next_ = records;
    failure_ = std::move(status);
  }
  // The next Record answers `status` although it did record: a commit whose outcome is unknown.
  void LoseNextAnswer(absl::Status status) {
    MutexLock lock(mutex_);
    lose_answer_ = true;
    failure_ = std::move(status);
  }
  // The process dies in the n-th Record from now (1: the next), before or after it is durable.
  enum class Crash { kBefore, kAfter };
  void CrashAt(int n, Crash crash) {
    MutexLock lock(mutex_);
    crash_in_ = n;
    crash_ = crash;
  }
  bool dead() const {
    MutexLock lock(mutex_);
    return dead_;
  }
  Memory Copy() const {
    MutexLock lock(mutex_);
    return memory_;
  }
  // An older copy is put back while nothing runs; call `Reopen` after it.
  void PutBack(Memory memory) {
    MutexLock lock(mutex_);
    memory_ = std::move(memory);
  }

  absl::Status Record(const Entry& entry) override {
    MutexLock lock(mutex_);
    RETURN_IF_ERROR(Alive());
    const bool crashes = crash_in_ > 0 && --crash_in_ == 0;
    if (crashes) dead_ = true;
    if (crashes && crash_ == Crash::kBefore) return Dead();
    if (fail_next_ > 0) {
      --fail_next_;
      return failure_;
    }
    Store(entry);
    if (crashes) return Dead();
    return std::exchange(lose_answer_, false) ? failure_ : absl::OkStatus();
  }

  absl::StatusOr<std::vector<ServiceRecord>> Services() override {
    MutexLock lock(mutex_);
    RETURN_IF_ERROR(Alive());
    std::vector<ServiceRecord> services;
    for (const auto& [name, record] : memory_.services) services.push_back(record);
    return services;
  }

  absl::StatusOr<std::vector<Event>> Events(const EventQuery& query) override {
    MutexLock lock(mutex_);
    RETURN_IF_ERROR(Alive());
    std::vector<Event> events;
    for (const Event& event : memory_.events) {
      if (!query.service.empty() && event.service != query.service) continue;
      if (event.id <= query.after_id || event.at < query.since) continue;
      if (!HasEnd(event.id, query.id_end)) continue;
      events.push_back(event);
    }
    const int excess = static_cast<int>(events.size()) - std::max(query.limit, 0);
    if (excess > 0) events.erase(events.begin(), events.begin() + excess);
    return events;
  }

  Epoch epoch() const override {
    MutexLock lock(mutex_);
    return memory_.epoch;
  }

  absl::Status RaiseGeneration(uint64_t generation, const Event& why) override {
    MutexLock lock(mutex_);
    RETURN_IF_ERROR(Alive());
    if (fail_next_ > 0) return failure_;
    if (generation <= memory_.epoch.generation) {
      return absl::InvalidArgumentError(
          absl::StrCat("generation ", generation, " is not above ", memory_.epoch.generation));
    }
    memory_.epoch.generation = generation;
    memory_.events.push_back(why);
    return absl::OkStatus();
  }

  absl::Status Check() override {
    MutexLock lock(mutex_);
    RETURN_IF_ERROR(Alive());
    return fail_next_ > 0 ? failure_ : absl::OkStatus();
  }

 private:
  static absl::Status Dead() { return absl::CancelledError("the process has crashed (test)"); }
  absl::Status Alive() const { return dead_ ? Dead() : absl::OkStatus(); }
  void Store(const Entry& entry) {
    memory_.entries.push_back(entry);
    memory_.events.insert(memory_.events.end(), entry.events.begin(), entry.events.end());
    if (entry.record) memory_.services[entry.record->service] = *entry.record;
  }

  mutable Mutex mutex_;
  Memory memory_ GUARDED_BY(mutex_);
  bool dead_ GUARDED_BY(mutex_) = false;
  int fail_next_ GUARDED_BY(mutex_) = 0;
  bool lose_answer_ GUARDED_BY(mutex_) = false;
  absl::Status failure_ GUARDED_BY(mutex_);
  int crash_in_ GUARDED_BY(mutex_) = 0;
  Crash crash_ GUARDED_BY(mutex_) = Crash::kBefore;
};

}  // namespace lifeboat

#endif  // LIFEBOAT_CONTROLLER_FAILOVER_TESTING_FAKE_JOURNAL_H_
