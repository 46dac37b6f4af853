#ifndef LIFEBOAT_CONTROLLER_CTL_MOVE_WATCH_H_
#define LIFEBOAT_CONTROLLER_CTL_MOVE_WATCH_H_

#include <string>

#include "absl/time/time.h"
#include "controller/ctl/client.h"
#include "controller/ctl/command.h"

namespace lifeboat::ctl {

// Tells how move `id` of `service` goes on, until it has come to its end or `limit` has passed:
// then says what is missing, and leaves it to go on by itself.
ExitCode AwaitMove(const Context& context, Client& client, const std::string& service,
                   const std::string& id, absl::Duration limit);

}  // namespace lifeboat::ctl

#endif  // LIFEBOAT_CONTROLLER_CTL_MOVE_WATCH_H_
