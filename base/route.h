#ifndef LIFEBOAT_BASE_ROUTE_H_
#define LIFEBOAT_BASE_ROUTE_H_

#include <functional>
#include <optional>

#include "absl/status/status.h"
#include "base/address.h"

namespace lifeboat {

// Whether this host has a way to `to`, from `source` where one is given. FAILED_PRECONDITION: it
// has none, be it for want of a route or of the whole address family; what cannot be asked says
// nothing of who would have answered. Sends nothing. Thread-safe.
absl::Status RouteTo(const IpAddress& to, const std::optional<IpAddress>& source = std::nullopt);

// The same, where a test has other routes than its host.
using RouteCheck =
    std::function<absl::Status(const IpAddress& to, const std::optional<IpAddress>& source)>;

}  // namespace lifeboat

#endif  // LIFEBOAT_BASE_ROUTE_H_
