#ifndef LIFEBOAT_CONTROLLER_JOURNAL_SQLITE_JOURNAL_H_
#define LIFEBOAT_CONTROLLER_JOURNAL_SQLITE_JOURNAL_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/descriptor.h"
#include "base/mutex.h"
#include "controller/failover/journal.h"
#include "controller/failover/snapshot.h"
#include "controller/journal/sqlite.h"

namespace lifeboat {

// The embedded journal: one SQLite file, write-ahead log, synced at every commit. After trouble
// with the disk its handle is thrown away, the file opened anew and asked whether the last
// transaction is there (docs/decisions/011.md); every later call tries again. Thread-safe.
class SqliteJournal final : public Journal {
 public:
  struct Options {
    int64_t most_events = 100'000;  // older ones go, a few with each entry
    // Makes the detail of an event that tells of a decision. Pure.
    std::function<std::string(const Decision&)> keep = [](const Decision&) { return ""; };
  };

  // Creates file (mode 0600) and directory where they are missing, and raises the revision. `clock`
  // outlives the journal.
  //   FAILED_PRECONDITION  another controller has it open, a newer version or another program
  //                        wrote it
  //   DATA_LOSS            the file is damaged
  //   RESOURCE_EXHAUSTED, UNAVAILABLE  the disk is full or fails
  static absl::StatusOr<std::unique_ptr<SqliteJournal>> Open(const std::string& path,
                                                             const Clock& clock,
                                                             const Options& options);
  static absl::StatusOr<std::unique_ptr<SqliteJournal>> Open(const std::string& path,
                                                             const Clock& clock) {
    return Open(path, clock, Options());
  }

  absl::Status Record(const Entry& entry) override;
  absl::Status RecordAll(const std::vector<Entry>& entries) override;
  absl::StatusOr<std::vector<ServiceRecord>> Services() override;
  absl::StatusOr<std::vector<Event>> Events(const EventQuery& query) override;
  Epoch epoch() const override;
  absl::Status RaiseGeneration(uint64_t generation, const Event& why) override;
  absl::Status Check() override;

 private:
  SqliteJournal(std::string path, const Clock& clock, const Options& options, Descriptor lock)
      : path_(std::move(path)), clock_(clock), options_(options), lock_(std::move(lock)) {}

  // What follows wants mutex_.
  absl::Status Begin();  // the life of this process
  absl::Status EnsureConnected();
  absl::Status Connect();
  absl::Status CheckStillOurs() const;  // the file, after a reconnection
  void DropHandle();
  // Makes what `body` does one durable transaction.
  absl::Status Write(absl::FunctionRef<absl::Status()> body);
  absl::Status TryWrite(absl::FunctionRef<absl::Status()> body, bool& committing);
  absl::Status Settle(const absl::Status& failure);
  absl::Status AddEvents(const std::vector<Event>& events, int64_t& count) const;

  const std::string path_;
  const Clock& clock_;
  const Options options_;
  const Descriptor lock_;  // on "<path>.lock", for as long as we live

  mutable Mutex mutex_;
  Database database_ GUARDED_BY(mutex_);  // null after trouble, until the next call
  Epoch epoch_ GUARDED_BY(mutex_);
  int64_t entry_ GUARDED_BY(mutex_) = 0;   // number of the last transaction
  int64_t events_ GUARDED_BY(mutex_) = 0;  // in the file, about
};

}  // namespace lifeboat

#endif  // LIFEBOAT_CONTROLLER_JOURNAL_SQLITE_JOURNAL_H_
