#include <optional>
#include <string>

#include "base/clock.h"
#include "base/log.h"
#include "base/program.h"
#include "base/signals.h"
#include "base/status.h"
#include "exitnode/connector_config.h"
#include "exitnode/connector_program.h"

namespace lifeboat::exitnode {
namespace {

int Check(const std::string& path) {
  return TakeConfig(ReadConnectorConfig(path)) ? 0 : kExitUsage;
}

int Run(const std::string& path) {
  const Signals signals;
  const SystemClock clock;
  StderrLog log;
  const std::optional<ConnectorConfig> config = TakeConfig(ReadConnectorConfig(path));
  if (!config) return kExitUsage;
  const auto connector = ConnectorProgram::Start(*config, clock, log);
  if (!connector.ok()) {
    log.Error("connector", "cannot start", {{"why", Words(connector.status())}});
    return kExitFailed;
  }
  signals.Wait([&log] {
    log.Warning("connector", "SIGHUP: a changed configuration counts after a restart");
  });
  log.Info("connector", "stops");
  return 0;
}

}  // namespace
}  // namespace lifeboat::exitnode

int main(int argc, char** argv) {
  using namespace lifeboat::exitnode;
  return lifeboat::RunProgram({"lifeboat-connector", Run, Check}, argc, argv);
}
