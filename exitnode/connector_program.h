#ifndef LIFEBOAT_EXITNODE_CONNECTOR_PROGRAM_H_
#define LIFEBOAT_EXITNODE_CONNECTOR_PROGRAM_H_

#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/random/random.h"
#include "absl/status/statusor.h"
#include "asio/io_context.hpp"
#include "asio/steady_timer.hpp"
#include "base/clock.h"
#include "base/http_server.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/mutex.h"
#include "exitnode/connector/connector.h"
#include "exitnode/connector/echo_server.h"
#include "exitnode/connector_config.h"

namespace lifeboat::exitnode {

// The whole of a connector: one thread for all its tunnels and echoes, and a page of figures. Runs
// from Start until it is destroyed, which cuts every stream.
class ConnectorProgram {
 public:
  // Fails where an address cannot be had. `clock` and `log` outlive the result.
  static absl::StatusOr<std::unique_ptr<ConnectorProgram>> Start(const ConnectorConfig& config,
                                                                 const Clock& clock, Log& log);
  ~ConnectorProgram();

  // Why it is not well, in words; "" when it is. Thread-safe.
  std::string NotLive() const;
  std::string NotReady() const;
  uint16_t http_port() const { return http_ == nullptr ? 0 : http_->port(); }

 private:
  struct Echo {
    std::string service;
    std::unique_ptr<EchoServer> server;
  };

  ConnectorProgram(const ConnectorConfig& config, const Clock& clock, Log& log);
  void KeepFigures();
  absl::Status StartEchoes(const ConnectorConfig& config);
  void Show(const LinkReport& link);
  void Show(const Echo& echo);

  const Clock& clock_;
  Log& log_;
  absl::BitGen random_;
  prometheus::Registry registry_;
  asio::io_context io_{1};
  std::optional<Connector> connector_;
  std::vector<Echo> echoes_;
  asio::steady_timer figures_{io_};

  mutable Mutex mutex_;
  Instant turned_ GUARDED_BY(mutex_);  // when the thread last looked at its figures
  int links_up_ GUARDED_BY(mutex_) = 0;
  std::unique_ptr<HttpServer> http_;
  std::thread thread_;
};

}  // namespace lifeboat::exitnode

#endif  // LIFEBOAT_EXITNODE_CONNECTOR_PROGRAM_H_
