#include "exitnode/exit_node.h"

#include <sys/resource.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "base/version.h"

namespace lifeboat::exitnode {
namespace {

constexpr absl::Duration FiguresEvery() { return absl::Seconds(1); }
constexpr absl::Duration LongestSilence() { return absl::Seconds(10); }

// A visitor holds two descriptors: take as many as the system allows. Returns how many that are.
uint64_t RaiseDescriptorLimit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur;
}

absl::Status DemandExitNode(const Identity& self, const std::string& certificate) {
  if (self.role == Role::kExitNode) return absl::OkStatus();
  return absl::PermissionDeniedError(
      absl::StrCat(certificate, " is ", self.Uri(),
                   ", not an exit node's; issue one with `lifeboatctl pki issue exitnode NAME`"));
}

}  // namespace

absl::StatusOr<std::unique_ptr<ExitNode>> ExitNode::Start(const ExitConfig& config,
                                                          const Clock& clock, Log& log) {
  ASSIGN_OR_RETURN(const LoadedIdentity loaded, LoadIdentity(config.identity, clock.WallNow()));
  RETURN_IF_ERROR(DemandExitNode(loaded.identity, config.identity.certificate));
  auto node = std::unique_ptr<ExitNode>(new ExitNode(clock, log));
  RETURN_IF_ERROR(node->StartPlane(config));
  RETURN_IF_ERROR(node->StartKnock(config));
  ASSIGN_OR_RETURN(node->http_,
                   StartHealthServer(
                       config.http, node->registry_, [&node = *node] { return node.NotLive(); },
                       [&node = *node] { return node.NotReady(); }));
  log.Info("exitnode", "started",
           {{"as", loaded.identity.Uri()},
            {"version", kVersion},
            {"tunnel", node->tunnel().ToString()},
            {"transport", "tcp (clear)"},
            {"knock", node->knock().ToString()}});
  node->Dial(config, loaded.identity.trust_domain);
  node->figures_ = std::thread([&node = *node] { node.KeepFigures(); });
  return node;
}

ExitNode::ExitNode(const Clock& clock, Log& log)
    : clock_(clock), log_(log), grpc_log_(log, clock), answered_(clock.Now()) {}

// Those who ask first, those who answer last.
ExitNode::~ExitNode() {
  http_.reset();
  {
    MutexLock lock(mutex_);
    stopping_ = true;
    stop_.NotifyAll();
  }
  if (figures_.joinable()) figures_.join();
  std::vector<std::unique_ptr<ControllerLink>> links;
  {
    MutexLock lock(links_mutex_);
    links.swap(links_);
  }
  links.clear();
  knock_io_.stop();
  if (knock_thread_.joinable()) knock_thread_.join();
  tunnel_.reset();  // its thread still tells of changes
}

absl::Status ExitNode::StartPlane(const ExitConfig& config) {
  TunnelOptions options;
  options.services.visitor_addresses = config.visitor_addresses;
  const uint64_t descriptors = RaiseDescriptorLimit();
  options.services.most_visitors = VisitorCap(descriptors);
  metrics_.visitor_cap.Set(options.services.most_visitors);
  log_.Info("exitnode", "the limit on descriptors sets the cap on visitors",
            {{"descriptors", descriptors}, {"visitors", options.services.most_visitors}});
  ASSIGN_OR_RETURN(
      tunnel_, TunnelThread::Start(config.tunnel, options, clock_, log_, [this] { OnChange(); }));
  control_.emplace(InstructionStore(config.state_directory), kVersion, *tunnel_, clock_, log_);
  control_->Begin();
  return absl::OkStatus();
}

absl::Status ExitNode::StartKnock(const ExitConfig& config) {
  ASSIGN_OR_RETURN(
      knock_,
      KnockServer::Start(knock_io_, KnockOptions{.listen = config.knock, .files = config.identity},
                         *tunnel_, clock_, log_));
  knock_thread_ = std::thread([this] { knock_io_.run(); });
  return absl::OkStatus();
}

void ExitNode::Dial(const ExitConfig& config, const std::string& trust_domain) {
  MutexLock lock(links_mutex_);
  for (const std::string& controller : config.controllers) {
    randoms_.push_back(std::make_unique<absl::BitGen>());
    links_.push_back(std::make_unique<ControllerLink>(
        LinkOptions{
            .controller = controller, .identity = config.identity, .trust_domain = trust_domain},
        *control_, clock_, *randoms_.back(), log_));
  }
}

// On the tunnel's thread.
void ExitNode::OnChange() {
  MutexLock lock(links_mutex_);
  for (const auto& link : links_) link->OnChange();
}

void ExitNode::KeepFigures() {
  while (true) {
    const absl::StatusOr<TunnelReport> report = tunnel_->Report();
    if (report.ok()) metrics_.Show(*report);
    metrics_.Show(knock_->counts());
    metrics_.Show(control_->epoch().value_or(Epoch{}));
    {
      MutexLock lock(links_mutex_);
      for (const auto& link : links_) {
        metrics_.Connected(link->controller()).Set(link->connected());
      }
    }
    MutexLock lock(mutex_);
    if (report.ok()) answered_ = clock_.Now();
    if (!stopping_) stop_.WaitFor(mutex_, FiguresEvery());
    if (stopping_) return;
  }
}

std::string ExitNode::NotLive() const {
  MutexLock lock(mutex_);
  const absl::Duration quiet = clock_.Now() - answered_;
  if (quiet <= LongestSilence()) return "";
  return absl::StrCat("the tunnel's thread has not answered for ", absl::FormatDuration(quiet));
}

std::string ExitNode::NotReady() const {
  if (control_->epoch().has_value()) return "";
  return "no instruction yet: no controller has said what to serve; see the log for why";
}

}  // namespace lifeboat::exitnode
