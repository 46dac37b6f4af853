#ifndef LIFEBOAT_EXITNODE_GUARD_KNOCK_REQUEST_H_
#define LIFEBOAT_EXITNODE_GUARD_KNOCK_REQUEST_H_

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"

// The knock is just enough HTTP/1.1 (RFC 9112) that any client can be the one who knocks:
// `POST /knock` opens the door for the address it comes from, `DELETE /knock` withdraws that. One
// request a connection.
namespace lifeboat::exitnode {

inline constexpr size_t kMostKnockBytes = 4096;  // of a request's head

enum class KnockRequest {
  kOpen,
  kWithdraw,
  kMalformed,    // not a request of HTTP/1.x
  kElsewhere,    // another path
  kOtherMethod,  // another method on /knock
  kHasBody,      // a knock says nothing
};

// `head` runs to the empty line and includes it.
KnockRequest ParseKnock(absl::string_view head);

// A whole answer, after which the connection closes. `why` is for people: one line.
std::string HttpAnswer(int status, absl::string_view why);

// The status for a request that is not a knock: 400, 404, 405 or 413.
int RefusalStatus(KnockRequest request);

}  // namespace lifeboat::exitnode

#endif  // LIFEBOAT_EXITNODE_GUARD_KNOCK_REQUEST_H_
