#ifndef LIFEBOAT_CONTROLLER_ADMIN_PAGES_H_
#define LIFEBOAT_CONTROLLER_ADMIN_PAGES_H_

#include <map>
#include <string>

#include "base/clock.h"
#include "base/http_server.h"
#include "base/metrics.h"
#include "controller/failover/controls.h"

namespace lifeboat {

// What a controller answers over HTTP: / as a page or, asked for text/plain, as the command line's
// table; /api/v1/state as JSON; /metrics, with figures made from the state; /livez and /readyz.
// References outlive the routes.
std::map<std::string, HttpRoute> PageRoutes(Controls& controls, const Clock& clock,
                                            prometheus::Registry& registry);

}  // namespace lifeboat

#endif  // LIFEBOAT_CONTROLLER_ADMIN_PAGES_H_
