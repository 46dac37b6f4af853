#ifndef LIFEBOAT_BASE_LISTENER_H_
#define LIFEBOAT_BASE_LISTENER_H_

#include "absl/status/statusor.h"
#include "base/address.h"
#include "base/descriptor.h"

namespace lifeboat {

// A listening TCP socket, non-blocking, and where it is: with the port that the kernel chose.
struct Listener {
  Descriptor socket;
  Endpoint local;
};

// Listens at `at`; [::] means every address of both families. What is accepted has TCP_NODELAY and
// notices a dead peer within 15 s of unanswered data. FAILED_PRECONDITION names an address that is
// taken or not ours; PERMISSION_DENIED a port that we may not have.
absl::StatusOr<Listener> ListenTcp(const Endpoint& at);

}  // namespace lifeboat

#endif  // LIFEBOAT_BASE_LISTENER_H_
