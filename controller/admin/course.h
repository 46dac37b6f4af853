#ifndef LIFEBOAT_CONTROLLER_ADMIN_COURSE_H_
#define LIFEBOAT_CONTROLLER_ADMIN_COURSE_H_

#include <string>
#include <vector>

#include "controller/failover/snapshot.h"

// What happens to a service next, when, and why not yet: in the words that the command
// line and the pages share.
namespace lifeboat::admin {

// The NEXT column: "INTENT in 4 s (hold 6 s of 10 s)"; "–" for nothing.
std::string NextWords(const ServiceSnapshot& service);
// The service's part of a headline, after its name: "is failing at its edge; it moves to exit/nyc
// in 4 s".
std::string HeadlineWords(const ServiceSnapshot& service);
// Sentences: what serves, and what happens next.
std::vector<std::string> Summary(const ServiceSnapshot& service);
}  // namespace lifeboat::admin

#endif  // LIFEBOAT_CONTROLLER_ADMIN_COURSE_H_
