#include "controller/controller.h"

#include <openssl/rand.h>

#include <cstdlib>
#include <map>
#include <random>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/echo.h"
#include "base/grpc_tls.h"
#include "base/status.h"
#include "base/tls.h"
#include "controller/admin/kept_decision.h"
#include "controller/admin/pages.h"
#include "controller/journal/sqlite_journal.h"
#include "controller/journal/unavailable_journal.h"
#include "controller/wiring.h"

namespace lifeboat {
namespace {

constexpr absl::Duration kDrain = absl::Seconds(1);

// Cryptographic: an agent that could foresee a seed could ask for its echo while the path lives.
EchoBytes RandomSeed() {
  EchoBytes seed;
  if (RAND_bytes(seed.data(), static_cast<int>(seed.size())) != 1) std::abort();
  return seed;
}

TlsFiles FilesOf(const config::Config& config) {
  return {.ca = config.ca_file, .certificate = config.certificate_file, .key = config.key_file};
}

}  // namespace

absl::StatusOr<std::unique_ptr<Controller>> Controller::Start(
    const config::Config& config, const Clock& clock, Log& log,
    std::function<void(const std::string&)> fault_point) {
  std::unique_ptr<Controller> controller(new Controller(clock, log));
  ASSIGN_OR_RETURN(const LoadedIdentity loaded, LoadIdentity(FilesOf(config), clock.WallNow()));
  if (loaded.identity.role != Role::kController) {
    return absl::InvalidArgumentError(
        absl::StrCat(config.certificate_file, " is ", loaded.identity.Uri(),
                     " and wants the role controller; issue one with: lifeboatctl pki issue "
                     "controller NAME"));
  }
  controller->name_ = loaded.identity.name;
  controller->trust_domain_ = loaded.identity.trust_domain;
  controller->OpenJournal(config.sqlite_path);
  RETURN_IF_ERROR(controller->MakeLevers(config));
  controller->StartLoop(config, std::move(fault_point));
  RETURN_IF_ERROR(controller->Serve(config));
  return controller;
}

Controller::~Controller() {
  if (grpc_ != nullptr) grpc_->Shutdown(kDrain);
  // Pages and services ask the loop; it goes after them.
  http_.reset();
  admin_service_.reset();
  clock_steps_.reset();
}

void Controller::OpenJournal(const std::string& path) {
  SqliteJournal::Options options;
  options.keep = [](const Decision& decision) { return admin::Keep(decision); };
  auto journal = SqliteJournal::Open(path, clock_, options);
  if (journal.ok()) {
    journal_ = *std::move(journal);
    log_.Info("journal", "opened", {{"path", path}, {"epoch", journal_->epoch().ToString()}});
    return;
  }
  log_.Error("journal", "cannot be opened: this controller watches, and acts on nothing",
             {{"why", Words(journal.status())}});
  journal_ = std::make_unique<UnavailableJournal>(journal.status());
}

absl::Status Controller::MakeLevers(const config::Config& config) {
  for (const config::Lever& lever : config.levers) {
    auto made = Rfc2136Lever::Make(lever, config.resolvers, clock_);
    if (!made.ok()) return Annotate(made.status(), absl::StrCat("lever ", lever.name));
    levers_.push_back(*std::move(made));
  }
  return absl::OkStatus();
}

void Controller::StartLoop(const config::Config& config,
                           std::function<void(const std::string&)> fault_point) {
  // Streams begin only once the server runs, and by then there is a loop to wake.
  const auto wake = [this] {
    if (loop_ != nullptr) loop_->Wake();
  };
  ProbePlan plan = PlanProbes(config);
  std::vector<Vantage> vantages;
  std::map<std::string, v1::Assignments> assignments;
  for (const config::VantageSettings& vantage : config.vantages) {
    vantages.push_back(vantage.vantage);
    assignments[vantage.vantage.name] = AssignmentsFor(plan, vantage);
  }
  health_ = std::make_unique<HealthBoard>(std::move(vantages), plan.roles, wake);
  observations_ = std::make_unique<ObservationFile>(ObservationPath(config.sqlite_path), clock_);
  recorder_ = std::make_unique<ObservationWriter>(
      plan.roles, *observations_, clock_, ObservationWriter::Options(),
      [this](const std::string& trouble, uint64_t lost) { TellOfRecorder(trouble, lost); });
  exits_ = std::make_unique<ExitBoard>(
      ExitServicesOf(config), [this] { return journal_->epoch(); }, clock_, wake);
  fetcher_ = std::make_unique<CurlFetcher>(FetchSpecsOf(config), RandomSeed);
  LoopSettings settings = LoopSettingsOf(config);
  settings.controller = name_;
  settings.fault_point = std::move(fault_point);
  for (const auto& lever : levers_) {
    settings.levers.push_back({.lever = lever.get(), .kind = "rfc2136"});
  }
  loop_ = std::make_unique<FailoverLoop>(std::move(settings), *health_, *exits_, *fetcher_,
                                         *journal_, clock_, std::random_device()());
  clock_steps_ = std::make_unique<ClockSteps>(clock_, [this](absl::Duration step) {
    const std::string words =
        absl::StrCat("the wall clock was set by ", absl::FormatDuration(step), " at ",
                     absl::FormatTime(absl::RFC3339_sec, clock_.WallNow(), absl::UTCTimeZone()),
                     "; no decision rests on it");
    log_.Warning("clock", words);
    loop_->ClockStepped(words);
  });
  agent_service_ =
      std::make_unique<AgentService>(trust_domain_, std::move(assignments), plan.echoes, RandomSeed,
                                     *health_, *recorder_, clock_, log_);
  exit_service_ = std::make_unique<ExitNodeService>(trust_domain_, *exits_, log_);
}

// Decisions go on: what is lost is only what could have been judged again later.
void Controller::TellOfRecorder(const std::string& trouble, uint64_t lost) {
  if (trouble.empty()) {
    log_.Info("observations", "are kept again", {{"lost", lost}});
  } else {
    log_.Warning("observations", "cannot be kept: they wait in memory, and then the oldest go",
                 {{"why", trouble}});
  }
}

absl::Status Controller::Serve(const config::Config& config) {
  admin_service_ =
      std::make_unique<AdminService>(*loop_, trust_domain_, config.operators, clock_, log_);
  if (!config.http_listen.empty()) {
    ASSIGN_OR_RETURN(HttpServerOptions options, ParseHttpListen(config.http_listen));
    ASSIGN_OR_RETURN(http_,
                     HttpServer::Start(std::move(options), PageRoutes(*loop_, clock_, registry_)));
  }
  GrpcServerOptions options;
  options.accept.listen = config.grpc_listen;
  ASSIGN_OR_RETURN(options.credentials, ServerCredentials(FilesOf(config), clock_, log_));
  ASSIGN_OR_RETURN(
      grpc_, GrpcServer::Start(std::move(options),
                               {agent_service_.get(), exit_service_.get(), admin_service_.get()},
                               clock_, log_, registry_));
  log_.Info("controller", "serves",
            {{"name", name_}, {"grpc", grpc_->local().ToString()}, {"http", config.http_listen}});
  return absl::OkStatus();
}

}  // namespace lifeboat
