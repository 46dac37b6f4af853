#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/signals.h"
#include "base/status.h"
#include "base/version.h"
#include "controller/config/config_reader.h"
#include "controller/controller.h"

// lifeboat-controller --config FILE | check FILE | version
namespace lifeboat {
namespace {

constexpr int kFailed = 1;
constexpr int kUsage = 2;

int Usage() {
  std::cerr << "usage: lifeboat-controller --config FILE | check FILE | version\n";
  return kUsage;
}

// Prints what is wrong with the file, if anything is.
std::optional<config::Config> Read(const std::string& path) {
  absl::StatusOr<config::ConfigFile> file = config::ReadConfigFile(path);
  if (!file.ok()) {
    std::cerr << Words(file.status()) << "\n";
    return std::nullopt;
  }
  std::cerr << file->findings;
  return std::move(file->config);
}

// For the tests that end the process between any two steps of a move: LIFEBOAT_CRASH_AT names the
// step, such as "recorded:PULLING". Without it nothing happens.
std::function<void(const std::string&)> FaultPoint() {
  const char* crash_at = std::getenv("LIFEBOAT_CRASH_AT");
  return [step = std::string(crash_at == nullptr ? "" : crash_at)](const std::string& passed) {
    if (passed == step) kill(getpid(), SIGKILL);
  };
}

int Run(const std::string& path) {
  const Signals signals;
  const SystemClock clock;
  StderrLog log;
  const std::optional<config::Config> config = Read(path);
  if (!config) return kUsage;
  const auto controller = Controller::Start(*config, clock, log, FaultPoint());
  if (!controller.ok()) {
    log.Error("controller", "cannot start", {{"why", Words(controller.status())}});
    return kFailed;
  }
  signals.Wait([&log] {
    log.Warning("controller", "SIGHUP: a changed configuration counts after a restart");
  });
  log.Info("controller", "stops");
  return 0;
}

int Main(const std::vector<std::string>& arguments) {
  if (arguments.size() == 1 && arguments[0] == "version") {
    std::cout << "lifeboat-controller " << kVersion << "\n";
    return 0;
  }
  if (arguments.size() != 2) return Usage();
  if (arguments[0] == "--config") return Run(arguments[1]);
  if (arguments[0] == "check") return Read(arguments[1]) ? 0 : kUsage;
  return Usage();
}

}  // namespace
}  // namespace lifeboat

int main(int argc, char** argv) {
  return lifeboat::Main(std::vector<std::string>(argv + 1, argv + argc));
}
