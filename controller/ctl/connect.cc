#include "controller/ctl/connect.h"

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "controller/ctl/settings.h"

namespace lifeboat::ctl {

ExitCode WithClient(const Context& context, const std::function<ExitCode(Client&)>& work) {
  const auto settings = LoadSettings(context.flags.config);
  if (!settings.ok()) return context.Fail(kUsage, Words(settings.status()));
  const auto client = Client::Make(*settings, context.clock, context.timeout);
  if (!client.ok()) return context.Fail(kNotPermitted, Words(client.status()));
  return work(**client);
}

ExitCode FailToAsk(const Context& context, const Client& client, const absl::Status& status) {
  if (!client.unreachable()) return context.Fail(status);
  const bool refused = absl::IsUnauthenticated(status) || absl::IsPermissionDenied(status);
  return context.Fail(refused ? kNotPermitted : kUnreachable,
                      absl::StrCat("no controller was reached\n  ", Words(status)));
}

}  // namespace lifeboat::ctl
