#include "exitnode/connector_program.h"

#include <sys/resource.h>

#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "asio/post.hpp"
#include "base/status.h"
#include "base/version.h"
#include "exitnode/totals.h"

namespace lifeboat::exitnode {
namespace {

constexpr std::chrono::seconds kFiguresEvery(1);
constexpr absl::Duration LongestSilence() { return absl::Seconds(10); }
// Descriptors for what is no stream: control channels, logs, figures.
constexpr rlim_t kOtherDescriptors = 256;

// A stream holds two descriptors: as many as the system allows. An eighth of them is for datagrams.
int ChannelCap() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 256;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  const rlim_t others = std::min(kOtherDescriptors, limit.rlim_cur / 4);
  return static_cast<int>(std::min<rlim_t>((limit.rlim_cur - others) / 2, 1'000'000));
}

}  // namespace

absl::StatusOr<std::unique_ptr<ConnectorProgram>> ConnectorProgram::Start(
    const ConnectorConfig& config, const Clock& clock, Log& log) {
  auto program = std::unique_ptr<ConnectorProgram>(new ConnectorProgram(config, clock, log));
  ASSIGN_OR_RETURN(program->http_, StartHealthServer(
                                       config.http, program->registry_,
                                       [&program = *program] { return program.NotLive(); },
                                       [&program = *program] { return program.NotReady(); }));
  RETURN_IF_ERROR(program->StartEchoes(config));
  log.Info("connector", "started",
           {{"version", kVersion},
            {"exits", config.exits.size()},
            {"services", config.services.size()},
            {"transport", "tcp (clear)"}});
  asio::post(program->io_, [&program = *program] {
    program.connector_->Start();
    program.KeepFigures();
  });
  program->thread_ = std::thread([io = &program->io_] { io->run(); });
  return program;
}

ConnectorProgram::ConnectorProgram(const ConnectorConfig& config, const Clock& clock, Log& log)
    : clock_(clock), log_(log), turned_(clock.Now()) {
  ConnectorOptions options;
  options.exits = config.exits;
  options.services = config.services;
  const int cap = ChannelCap();
  options.most_channels = cap - cap / 8;
  options.most_flows = cap / 4;  // of one descriptor each
  connector_.emplace(io_, options, clock, log, random_);
}

absl::Status ConnectorProgram::StartEchoes(const ConnectorConfig& config) {
  for (const ConnectorEcho& echo : config.echoes) {
    for (const EchoListener& listener : echo.listeners) {
      ASSIGN_OR_RETURN(auto server, EchoServer::Start(io_, echo.key, listener, log_));
      echoes_.push_back({echo.service, std::move(server)});
    }
  }
  return absl::OkStatus();
}

ConnectorProgram::~ConnectorProgram() {
  http_.reset();
  io_.stop();
  if (thread_.joinable()) thread_.join();
}

// On the connector's thread, again and again.
void ConnectorProgram::KeepFigures() {
  int up = 0;
  for (const LinkReport& link : connector_->Report()) {
    up += link.up;
    Show(link);
  }
  for (const Echo& echo : echoes_) Show(echo);
  {
    MutexLock lock(mutex_);
    turned_ = clock_.Now();
    links_up_ = up;
  }
  figures_.expires_after(kFiguresEvery);
  figures_.async_wait([this](const asio::error_code& error) {
    if (!error) KeepFigures();
  });
}

void ConnectorProgram::Show(const LinkReport& link) {
  const prometheus::Labels labels = {{"exit", link.exit}, {"service", link.service}};
  Gauge(registry_, "lifeboat_connector_tunnel_up", "1 while the control channel stands.", labels)
      .Set(link.up);
  Gauge(registry_, "lifeboat_connector_waiting_channels", "Data channels that wait for a visitor.",
        labels)
      .Set(link.waiting);
  Gauge(registry_, "lifeboat_connector_streams", "Visitors carried now.", labels).Set(link.streams);
  SetTotal(Counter(registry_, "lifeboat_connector_streams_total", "Visitors carried.", labels),
           link.streams_total);
  SetTotal(Counter(registry_, "lifeboat_connector_target_failures_total",
                   "Visitors whom the target did not take.", labels),
           link.target_failures_total);
  SetTotal(Counter(registry_, "lifeboat_connector_channels_ignored_total",
                   "Requests for data channels over the limit.", labels),
           link.channels_ignored_total);
  SetTotal(Counter(registry_, "lifeboat_connector_datagrams_dropped_total",
                   "Datagrams that were passed on neither way.", labels),
           link.datagrams_dropped_total);
  SetTotal(Counter(registry_, "lifeboat_connector_bytes_in_total", "Visitor to target.", labels),
           link.bytes_in_total);
  SetTotal(Counter(registry_, "lifeboat_connector_bytes_out_total", "Target to visitor.", labels),
           link.bytes_out_total);
}

void ConnectorProgram::Show(const Echo& echo) {
  const prometheus::Labels labels = {{"service", echo.service}, {"path", echo.server->path()}};
  const EchoCounts& counts = echo.server->counts();
  SetTotal(Counter(registry_, "lifeboat_connector_echoes_total", "Nonces answered.", labels),
           counts.answered);
  SetTotal(Counter(registry_, "lifeboat_connector_echoes_refused_total",
                   "Requests to an echo listener that were none, slow ones among them.", labels),
           counts.refused);
  SetTotal(Counter(registry_, "lifeboat_connector_echoes_turned_away_total",
                   "Connections to an echo listener over its limit.", labels),
           counts.turned_away);
}

std::string ConnectorProgram::NotLive() const {
  MutexLock lock(mutex_);
  const absl::Duration quiet = clock_.Now() - turned_;
  if (quiet <= LongestSilence()) return "";
  return absl::StrCat("the thread has not turned for ", absl::FormatDuration(quiet));
}

std::string ConnectorProgram::NotReady() const {
  MutexLock lock(mutex_);
  return links_up_ > 0 ? "" : "no exit node has let a service in yet; see the log for why";
}

}  // namespace lifeboat::exitnode
