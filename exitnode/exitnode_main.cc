#include <iostream>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/log.h"
#include "base/program.h"
#include "base/signals.h"
#include "base/status.h"
#include "base/tls.h"
#include "exitnode/exit_config.h"
#include "exitnode/exit_node.h"

namespace lifeboat::exitnode {
namespace {

int Check(const std::string& path) {
  const std::optional<ExitConfig> config = TakeConfig(ReadExitConfig(path));
  if (!config) return kExitUsage;
  const auto identity = LoadIdentity(config->identity, SystemClock().WallNow());
  if (identity.ok()) return 0;
  std::cerr << Words(identity.status()) << "\n";
  return kExitUsage;
}

int Run(const std::string& path) {
  const Signals signals;
  const SystemClock clock;
  StderrLog log;
  const std::optional<ExitConfig> config = TakeConfig(ReadExitConfig(path));
  if (!config) return kExitUsage;
  const auto node = ExitNode::Start(*config, clock, log);
  if (!node.ok()) {
    log.Error("exitnode", "cannot start", {{"why", Words(node.status())}});
    return kExitFailed;
  }
  signals.Wait([&log] {
    log.Warning("exitnode", "SIGHUP: a changed configuration counts after a restart");
  });
  log.Info("exitnode", "stops");
  return 0;
}

}  // namespace
}  // namespace lifeboat::exitnode

int main(int argc, char** argv) {
  using namespace lifeboat::exitnode;
  return lifeboat::RunProgram({"lifeboat-exitnode", Run, Check}, argc, argv);
}
