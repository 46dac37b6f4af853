#include <iostream>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/signals.h"
#include "base/status.h"
#include "base/version.h"
#include "exitnode/connector_config.h"
#include "exitnode/connector_program.h"

// lifeboat-connector --config FILE | check FILE | version
namespace lifeboat::exitnode {
namespace {

constexpr int kFailed = 1;
constexpr int kUsage = 2;

int Usage() {
  std::cerr << "usage: lifeboat-connector --config FILE | check FILE | version\n";
  return kUsage;
}

// Prints what is wrong with the file, if anything is.
std::optional<ConnectorConfig> Read(const std::string& path) {
  absl::StatusOr<ConnectorConfigFile> file = ReadConnectorConfig(path);
  if (!file.ok()) {
    std::cerr << Words(file.status()) << "\n";
    return std::nullopt;
  }
  std::cerr << file->findings;
  return std::move(file->config);
}

int Run(const std::string& path) {
  const Signals signals;
  const SystemClock clock;
  StderrLog log;
  const std::optional<ConnectorConfig> config = Read(path);
  if (!config) return kUsage;
  const auto program = ConnectorProgram::Start(*config, clock, log);
  if (!program.ok()) {
    log.Error("connector", "cannot start", {{"why", Words(program.status())}});
    return kFailed;
  }
  signals.Wait([&log] {
    log.Warning("connector", "SIGHUP: a changed configuration counts after a restart");
  });
  log.Info("connector", "stops");
  return 0;
}

int Main(const std::vector<std::string>& arguments) {
  if (arguments.size() == 1 && arguments[0] == "version") {
    std::cout << "lifeboat-connector " << kVersion << "\n";
    return 0;
  }
  if (arguments.size() != 2) return Usage();
  if (arguments[0] == "--config") return Run(arguments[1]);
  if (arguments[0] == "check") return Read(arguments[1]) ? 0 : kUsage;
  return Usage();
}

}  // namespace
}  // namespace lifeboat::exitnode

int main(int argc, char** argv) {
  return lifeboat::exitnode::Main(std::vector<std::string>(argv + 1, argv + argc));
}
