#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <functional>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/log.h"
#include "base/program.h"
#include "base/signals.h"
#include "base/status.h"
#include "controller/config/config_reader.h"
#include "controller/controller.h"

namespace lifeboat {
namespace {

// For the tests that end the process between any two steps of a move: LIFEBOAT_CRASH_AT names the
// step, such as "recorded:PULLING". Without it nothing happens.
std::function<void(const std::string&)> FaultPoint() {
  const char* crash_at = std::getenv("LIFEBOAT_CRASH_AT");
  return [step = std::string(crash_at == nullptr ? "" : crash_at)](const std::string& passed) {
    if (passed == step) kill(getpid(), SIGKILL);
  };
}

int RunController(const std::string& path) {
  const Signals signals;
  const SystemClock clock;
  StderrLog log;
  const std::optional<config::Config> config = TakeConfig(config::ReadConfigFile(path));
  if (!config) return kExitUsage;
  const auto controller = Controller::Start(*config, clock, log, FaultPoint());
  if (!controller.ok()) {
    log.Error("controller", "cannot start", {{"why", Words(controller.status())}});
    return kExitFailed;
  }
  signals.Wait([&log] {
    log.Warning("controller", "SIGHUP: a changed configuration counts after a restart");
  });
  log.Info("controller", "stops");
  return 0;
}

int Check(const std::string& path) {
  return TakeConfig(config::ReadConfigFile(path)) ? 0 : kExitUsage;
}

}  // namespace
}  // namespace lifeboat

int main(int argc, char** argv) {
  return lifeboat::RunProgram(
      {.name = "lifeboat-controller", .run = lifeboat::RunController, .check = lifeboat::Check},
      argc, argv);
}
