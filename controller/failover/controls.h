#ifndef LIFEBOAT_CONTROLLER_FAILOVER_CONTROLS_H_
#define LIFEBOAT_CONTROLLER_FAILOVER_CONTROLS_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "controller/failover/journal.h"
#include "controller/failover/snapshot.h"

namespace lifeboat {

// What people may see and ask of a running controller. Thread-safe. `who` is the identity of the
// caller, "person/anna"; `reason` is theirs, and goes to the journal.
class Controls {
 public:
  virtual ~Controls() = default;

  virtual std::shared_ptr<const Snapshot> Current() const = 0;
  // Blocks until there is a snapshot with another sequence than `seen`, or `limit` has passed.
  virtual std::shared_ptr<const Snapshot> AwaitNewer(uint64_t seen, absl::Duration limit) const = 0;
  virtual absl::StatusOr<std::vector<Event>> Events(const EventQuery& query) = 0;

  // Begin a move and return its id once it is in the journal; the move itself goes on behind.
  //   NOT_FOUND            no such service or exit
  //   FAILED_PRECONDITION  a rule refuses it: the message is the rule's reason, or what is missing
  //   ALREADY_EXISTS       a move of this service is under way: the message names it
  //   UNAVAILABLE          the journal cannot record it
  virtual absl::StatusOr<std::string> Failover(const std::string& service, const std::string& exit,
                                               const std::string& reason,
                                               const std::string& who) = 0;
  virtual absl::StatusOr<std::string> Failback(const std::string& service, bool force,
                                               const std::string& reason,
                                               const std::string& who) = 0;
  // Idempotent. Pausing lets a move that has pulled its lever finish, and holds any other.
  virtual absl::Status Pause(const std::string& service, bool paused, const std::string& reason,
                             const std::string& who) = 0;
  // The same of every service at once, also of those that a later configuration brings. Idempotent;
  // a service that is paused itself stays so.
  //   UNAVAILABLE          the journal cannot record it: nothing has changed
  virtual absl::Status PauseAll(bool paused, const std::string& reason, const std::string& who) = 0;
  // A person has seen the last move that the service made by itself: it may make another.
  // Idempotent. NOT_FOUND and UNAVAILABLE as above. With the id of a `move` this one alone is
  // meant:
  //   FAILED_PRECONDITION  it is not the one that waits
  virtual absl::Status Acknowledge(const std::string& service, const std::string& move,
                                   const std::string& reason, const std::string& who) = 0;
  // Raises the generation above every epoch that the world has shown, and takes for true what DNS
  // says is in force. Returns the new epoch.
  virtual absl::StatusOr<Epoch> RaiseEpoch(const std::string& reason, const std::string& who) = 0;
};

}  // namespace lifeboat

#endif  // LIFEBOAT_CONTROLLER_FAILOVER_CONTROLS_H_
