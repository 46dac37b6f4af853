#ifndef LIFEBOAT_CONTROLLER_JOURNAL_UNAVAILABLE_JOURNAL_H_
#define LIFEBOAT_CONTROLLER_JOURNAL_UNAVAILABLE_JOURNAL_H_

#include <utility>
#include <vector>

#include "controller/failover/journal.h"

namespace lifeboat {

// Stands in for a journal that could not be opened: every call says why, the epoch is 0.0. The
// controller still watches and explains, and acts on nothing. Thread-safe.
class UnavailableJournal final : public Journal {
 public:
  // `why` is not OK.
  explicit UnavailableJournal(absl::Status why) : why_(std::move(why)) {}

  absl::Status Record(const Entry&) override { return why_; }
  absl::StatusOr<std::vector<ServiceRecord>> Services() override { return why_; }
  absl::StatusOr<std::vector<Event>> Events(const EventQuery&) override { return why_; }
  Epoch epoch() const override { return Epoch{}; }
  absl::Status RaiseGeneration(uint64_t, const Event&) override { return why_; }
  absl::Status Check() override { return why_; }

 private:
  const absl::Status why_;
};

}  // namespace lifeboat

#endif  // LIFEBOAT_CONTROLLER_JOURNAL_UNAVAILABLE_JOURNAL_H_
