#ifndef LIFEBOAT_CONTROLLER_WIRING_H_
#define LIFEBOAT_CONTROLLER_WIRING_H_

#include <map>
#include <string>
#include <vector>

#include "controller/config/config.h"
#include "controller/exits/exit_board.h"
#include "controller/exits/public_fetch.h"
#include "controller/failover/failover_loop.h"

// What each component must know of the configuration, in the component's own terms.
namespace lifeboat {

// Without `controller`, `levers` and `fault_point`, which are not the configuration's to say.
LoopSettings LoopSettingsOf(const config::Config& config);
std::map<std::string, std::vector<ExitServiceSpec>> ExitServicesOf(const config::Config& config);
std::map<std::string, FetchSpec> FetchSpecsOf(const config::Config& config);

}  // namespace lifeboat

#endif  // LIFEBOAT_CONTROLLER_WIRING_H_
