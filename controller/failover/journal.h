#ifndef LIFEBOAT_CONTROLLER_FAILOVER_JOURNAL_H_
#define LIFEBOAT_CONTROLLER_FAILOVER_JOURNAL_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "controller/failover/epoch.h"
#include "controller/failover/move.h"

namespace lifeboat {

// What is written in one transaction.
struct Entry {
  std::vector<Event> events;
  std::optional<ServiceRecord> record;  // replaces what stood for that service
};

struct EventQuery {
  std::string service;   // empty: all
  std::string after_id;  // only younger ones; empty: from the beginning
  absl::Time since = absl::InfinitePast();
  std::string id_end;  // only those whose id begins or ends so; empty: any
  bool brief = false;  // of each detail its first character will do
  int limit = 1000;    // the youngest `limit` of those that match, oldest first
};

// Whether an id is `id_end`, or begins or ends so.
inline bool HasEnd(absl::string_view id, absl::string_view id_end) {
  return absl::StartsWith(id, id_end) || absl::EndsWith(id, id_end);
}

// What was decided, why, and what is in force. Thread-safe.
class Journal {
 public:
  virtual ~Journal() = default;

  // OK: durable, whole. Otherwise nothing of it is to be relied on, and the caller acts on nothing:
  //   RESOURCE_EXHAUSTED  the disk is full      DATA_LOSS  the journal is damaged
  //   UNAVAILABLE         other trouble with the disk; may pass
  //   UNKNOWN             the commit's outcome could not be found out
  virtual absl::Status Record(const Entry& entry) = 0;
  // Several entries of several services; OK: all are durable. Otherwise, of none of them anything
  // is to be relied on. By default one after another; in one transaction where the journal can.
  virtual absl::Status RecordAll(const std::vector<Entry>& entries) {
    for (const Entry& entry : entries) {
      if (absl::Status recorded = Record(entry); !recorded.ok()) return recorded;
    }
    return absl::OkStatus();
  }
  virtual absl::StatusOr<std::vector<ServiceRecord>> Services() = 0;
  virtual absl::StatusOr<std::vector<Event>> Events(const EventQuery& query) = 0;
  // Of this process: the revision was raised when the journal was opened.
  virtual Epoch epoch() const = 0;
  // Makes the generation `generation`, durably; it must be above the present one.
  virtual absl::Status RaiseGeneration(uint64_t generation, const Event& why) = 0;
  // Whether the journal can be written now: OK, or the reason why nothing is acted on. Tries it.
  virtual absl::Status Check() = 0;
};

}  // namespace lifeboat

#endif  // LIFEBOAT_CONTROLLER_FAILOVER_JOURNAL_H_
