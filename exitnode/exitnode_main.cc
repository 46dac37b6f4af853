#include <iostream>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/signals.h"
#include "base/status.h"
#include "base/tls.h"
#include "base/version.h"
#include "exitnode/exit_config.h"
#include "exitnode/exit_node.h"

// lifeboat-exitnode --config FILE | check FILE | version
namespace lifeboat::exitnode {
namespace {

constexpr int kFailed = 1;
constexpr int kUsage = 2;

int Usage() {
  std::cerr << "usage: lifeboat-exitnode --config FILE | check FILE | version\n";
  return kUsage;
}

// Prints what is wrong with the file, if anything is.
std::optional<ExitConfig> Read(const std::string& path) {
  absl::StatusOr<ExitConfigFile> file = ReadExitConfig(path);
  if (!file.ok()) {
    std::cerr << Words(file.status()) << "\n";
    return std::nullopt;
  }
  std::cerr << file->findings;
  return std::move(file->config);
}

// As Run would judge it: the identity's files too.
int Check(const std::string& path) {
  const std::optional<ExitConfig> config = Read(path);
  if (!config) return kUsage;
  const auto identity = LoadIdentity(config->identity, SystemClock().WallNow());
  if (identity.ok()) return 0;
  std::cerr << Words(identity.status()) << "\n";
  return kUsage;
}

int Run(const std::string& path) {
  const Signals signals;
  const SystemClock clock;
  StderrLog log;
  const std::optional<ExitConfig> config = Read(path);
  if (!config) return kUsage;
  const auto node = ExitNode::Start(*config, clock, log);
  if (!node.ok()) {
    log.Error("exitnode", "cannot start", {{"why", Words(node.status())}});
    return kFailed;
  }
  signals.Wait([&log] {
    log.Warning("exitnode", "SIGHUP: a changed configuration counts after a restart");
  });
  log.Info("exitnode", "stops");
  return 0;
}

int Main(const std::vector<std::string>& arguments) {
  if (arguments.size() == 1 && arguments[0] == "version") {
    std::cout << "lifeboat-exitnode " << kVersion << "\n";
    return 0;
  }
  if (arguments.size() != 2) return Usage();
  if (arguments[0] == "--config") return Run(arguments[1]);
  if (arguments[0] == "check") return Check(arguments[1]);
  return Usage();
}

}  // namespace
}  // namespace lifeboat::exitnode

int main(int argc, char** argv) {
  return lifeboat::exitnode::Main(std::vector<std::string>(argv + 1, argv + argc));
}
