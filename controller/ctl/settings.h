#ifndef LIFEBOAT_CONTROLLER_CTL_SETTINGS_H_
#define LIFEBOAT_CONTROLLER_CTL_SETTINGS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/tls.h"

namespace lifeboat::ctl {

// Who we are, and where the controllers are.
struct Settings {
  TlsFiles identity;
  std::vector<std::string> controllers;  // "host:port", tried in turn
};

// From `path`, or where that is empty from $LIFEBOAT_CTL or ~/.config/lifeboat/ctl.yaml. The error
// is INVALID_ARGUMENT and says all that is wrong, with lines.
absl::StatusOr<Settings> LoadSettings(const std::string& path);

}  // namespace lifeboat::ctl

#endif  // LIFEBOAT_CONTROLLER_CTL_SETTINGS_H_
