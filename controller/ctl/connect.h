#ifndef LIFEBOAT_CONTROLLER_CTL_CONNECT_H_
#define LIFEBOAT_CONTROLLER_CTL_CONNECT_H_

#include <functional>

#include "absl/status/status.h"
#include "controller/ctl/client.h"
#include "controller/ctl/command.h"

namespace lifeboat::ctl {

// Does `work` with a client as the flags and the configuration say; says why where there is none.
ExitCode WithClient(const Context& context, const std::function<ExitCode(Client&)>& work);

// Says why a question to `client` failed, and returns the code that belongs to it.
ExitCode FailToAsk(const Context& context, const Client& client, const absl::Status& status);

}  // namespace lifeboat::ctl

#endif  // LIFEBOAT_CONTROLLER_CTL_CONNECT_H_
