#ifndef LIFEBOAT_CONTROLLER_SERVICE_SETTINGS_H_
#define LIFEBOAT_CONTROLLER_SERVICE_SETTINGS_H_

#include "controller/config/config.h"
#include "controller/failover/sight.h"

namespace lifeboat {

// What the failover core must know of a service that `config` configures.
ServiceSettings ServiceSettingsOf(const config::Config& config, const config::Service& service);

}  // namespace lifeboat

#endif  // LIFEBOAT_CONTROLLER_SERVICE_SETTINGS_H_
