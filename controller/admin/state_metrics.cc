#include "controller/admin/state_metrics.h"

#include <string>

namespace lifeboat::admin {
namespace {

using prometheus::Labels;

void Set(prometheus::Registry& registry, const std::string& name, const std::string& help,
         const Labels& labels, double value) {
  Gauge(registry, "lifeboat_controller_" + name, help, labels).Set(value);
}

void SetPath(const ServiceSnapshot& service, const PathSnapshot& path,
             prometheus::Registry& registry) {
  const Labels labels = {{"service", service.name}, {"path", path.path.ToString()}};
  for (const Verdict verdict :
       {Verdict::kUp, Verdict::kDegraded, Verdict::kDown, Verdict::kUndecided, Verdict::kBlind}) {
    Labels with_verdict = labels;
    with_verdict["verdict"] = std::string(VerdictName(verdict));
    Set(registry, "path_verdict", "1 for the verdict that the quorum holds of a path.",
        with_verdict, verdict == path.tally.verdict);
  }
  Set(registry, "path_voters", "Vantages that vote on a path.", labels, path.tally.voters);
  Set(registry, "path_down_voters", "Vantages that vote DOWN on a path.", labels,
      path.tally.down_voters);
}

void SetService(const ServiceSnapshot& service, prometheus::Registry& registry) {
  const Labels labels = {{"service", service.name}};
  for (const Phase phase : {Phase::kWarming, Phase::kServingEdge, Phase::kIntent, Phase::kApplying,
                            Phase::kServingExit, Phase::kFailingBack, Phase::kAmnesia}) {
    Set(registry, "service_phase", "1 for the phase in which a service is.",
        {{"service", service.name}, {"phase", std::string(PhaseName(phase))}},
        phase == service.phase);
  }
  Set(registry, "service_on_exit", "1 while an exit node serves.", labels,
      !service.serves.is_edge());
  Set(registry, "service_armed", "1 if the service would move by itself now.", labels,
      service.armed);
  Set(registry, "service_paused", "1 while a person has paused it.", labels, service.paused);
  for (const PathSnapshot& path : service.paths) SetPath(service, path, registry);
}

void SetFleet(const Snapshot& snapshot, prometheus::Registry& registry) {
  for (const VantageSnapshot& vantage : snapshot.vantages) {
    const Labels labels = {{"vantage", vantage.vantage.name}};
    Set(registry, "agent_connected", "1 while an agent's stream is up.", labels, vantage.connected);
    Set(registry, "agent_lag_seconds", "p99 of how late an agent's probes start.", labels,
        absl::ToDoubleSeconds(vantage.lag));
    Set(registry, "agent_observations", "Observations taken since the start.", labels,
        static_cast<double>(vantage.observations));
    Set(registry, "agent_late_observations", "Of these, too old to count.", labels,
        static_cast<double>(vantage.late));
    Set(registry, "agent_refused_observations", "Not taken, because they make no sense.", labels,
        static_cast<double>(vantage.refused));
    Set(registry, "agent_dropped_observations", "Lost to an agent's full queue.", labels,
        static_cast<double>(vantage.dropped));
  }
  for (const ExitSnapshot& exit : snapshot.exits) {
    Set(registry, "exit_connected", "1 while an exit node's stream is up.", {{"exit", exit.name}},
        exit.status.connected);
    for (const ServiceSnapshot& service : snapshot.services) {
      const auto status = exit.status.services.find(service.name);
      const bool known = status != exit.status.services.end();
      const Labels labels = {{"exit", exit.name}, {"service", service.name}};
      Set(registry, "exit_open", "1 while a service is open to the public there.", labels,
          known && status->second.open);
      Set(registry, "exit_tunnel_up", "1 while its tunnel is up there.", labels,
          known && exit.status.connected && status->second.tunnel_up);
      Set(registry, "exit_visitors", "Visitors connected there now.", labels,
          known ? status->second.visitors : 0);
    }
  }
  for (const LeverSnapshot& lever : snapshot.levers) {
    for (const LeverState state :
         {LeverState::kUnchecked, LeverState::kOk, LeverState::kErr, LeverState::kDown,
          LeverState::kFrozen, LeverState::kUnauthorized}) {
      Set(registry, "lever_state", "1 for the state in which a lever is.",
          {{"lever", lever.name}, {"state", std::string(LeverStateName(state))}},
          state == lever.health.state);
    }
  }
}

}  // namespace

void SetStateMetrics(const Snapshot& snapshot, prometheus::Registry& registry) {
  Set(registry, "journal_ok", "1 while decisions can be recorded.", {}, snapshot.journal.empty());
  Set(registry, "amnesia", "1 while the world knows more than the journal.", {},
      !snapshot.amnesia.empty());
  Set(registry, "epoch_generation", "Generation of the epoch.", {},
      static_cast<double>(snapshot.epoch.generation));
  Set(registry, "epoch_revision", "Revision of the epoch.", {},
      static_cast<double>(snapshot.epoch.revision));
  for (const ServiceSnapshot& service : snapshot.services) SetService(service, registry);
  SetFleet(snapshot, registry);
}

}  // namespace lifeboat::admin
