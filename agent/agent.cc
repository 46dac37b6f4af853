#include "agent/agent.h"

#include <sys/resource.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "base/version.h"

namespace lifeboat::agent {
namespace {

constexpr absl::Duration LongestTurn() { return absl::Seconds(5); }

// A probe under way holds a descriptor: take as many as the system allows.
void RaiseDescriptorLimit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Agent>> Agent::Start(const AgentConfig& config, const Clock& clock,
                                                    Log& log) {
  ASSIGN_OR_RETURN(const LoadedIdentity loaded, LoadIdentity(config.identity, clock.WallNow()));
  const Identity& self = loaded.identity;
  if (self.role != Role::kAgent) {
    return absl::PermissionDeniedError(
        absl::StrCat(config.identity.certificate, " is ", self.Uri(),
                     ", not an agent's; issue one with `lifeboatctl pki issue agent NAME`"));
  }
  RaiseDescriptorLimit();
  auto agent = std::unique_ptr<Agent>(new Agent(config, clock, log));
  RETURN_IF_ERROR(agent->Serve(config.http));
  log.Info("agent", "started", {{"as", self.Uri()}, {"version", kVersion}});
  agent->Dial(config, self.trust_domain);
  agent->thread_ = std::thread([&agent = *agent] { agent.loop_.Run(); });
  return agent;
}

Agent::Agent(const AgentConfig& config, const Clock& clock, Log& log)
    : clock_(clock),
      log_(log),
      grpc_log_(log, clock),
      loop_(clock),
      multi_(loop_),
      prober_(loop_, multi_, clock, random_, *this, metrics_, log),
      knocker_(loop_, multi_, clock, random_, config.identity, metrics_, log),
      clock_steps_(clock, [this](absl::Duration step) {
        metrics_.clock_steps.Increment();
        log_.Warning("agent", "somebody set this machine's clock",
                     {{"by", absl::FormatDuration(step)}});
      }) {}

// The loop first: it pushes to the links, which then say their last words.
Agent::~Agent() {
  if (!thread_.joinable()) return;  // it never started
  loop_.Stop();
  thread_.join();
  links_.clear();
}

absl::Status Agent::Serve(const std::string& http) {
  if (http.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(HttpServerOptions options, ParseHttpListen(http));
  ASSIGN_OR_RETURN(
      http_, HttpServer::Start(std::move(options), HealthRoutes(
                                                       registry_, [this] { return NotLive(); },
                                                       [this] { return NotReady(); })));
  return absl::OkStatus();
}

void Agent::Dial(const AgentConfig& config, const std::string& trust_domain) {
  const auto run_id = absl::Uniform<uint64_t>(absl::IntervalClosed, random_, 1, ~uint64_t{0});
  for (const std::string& controller : config.controllers) {
    const auto subscriber = static_cast<SubscriberId>(links_.size());
    const auto on_assignment = [this, subscriber](const Assignment& assignment) {
      loop_.Post([this, subscriber, assignment] {
        knocker_.Assign(subscriber, assignment.knocks);  // first: doors open before we probe
        prober_.Assign(subscriber, assignment.revision, assignment.targets);
      });
    };
    const auto on_seed = [this, subscriber](const EchoBytes& seed) {
      loop_.Post([this, subscriber, seed] { prober_.TakeSeed(subscriber, seed); });
    };
    const auto vitals = [this] { return Vitals{prober_.lag_p99(), prober_.resolvers_dead()}; };
    link_randoms_.push_back(std::make_unique<absl::BitGen>());
    links_.push_back(std::make_unique<ControllerLink>(
        LinkOptions{.controller = controller,
                    .identity = config.identity,
                    .trust_domain = trust_domain,
                    .run_id = run_id,
                    .version = kVersion,
                    .queue_limit = config.queue_limit},
        clock_, *link_randoms_.back(), on_assignment, on_seed, vitals, metrics_, log_));
  }
}

std::string Agent::NotLive() const {
  const absl::Duration quiet = clock_.Now() - prober_.last_vitals();
  if (quiet <= LongestTurn()) return "";
  return absl::StrCat("the loop has not turned for ", absl::FormatDuration(quiet));
}

std::string Agent::NotReady() const {
  const bool any =
      std::any_of(links_.begin(), links_.end(), [](const auto& link) { return link->connected(); });
  return any ? "" : "no controller has spoken yet; see the log for why";
}

void Agent::OnObservation(const Subscription& to, const Observation& observation) {
  links_[to.subscriber]->Push(to.revision, to.number, observation);
}

}  // namespace lifeboat::agent
