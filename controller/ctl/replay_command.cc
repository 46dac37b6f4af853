#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "CLI/CLI.hpp"
#include "base/status.h"
#include "controller/ctl/command.h"
#include "controller/ctl/rejudge_command.h"
#include "controller/ctl/replay_report.h"
#include "controller/replay/replay.h"

namespace lifeboat::ctl {
namespace {

struct ReplayFlags {
  std::vector<std::string> scenarios;
  std::string policy;
  std::string service;  // of the policy, where that is a controller's configuration
  std::string lever = "both";
  int seeds = 1;
  int first_seed = 1;
  bool json = false;
};

// Runs one scenario under one lever mode; prints it. Returns whether all was as expected.
bool RunAll(const Context& context, const ReplayFlags& flags, const Scenario& scenario,
            const ReplayPolicy& policy, LeverMode mode) {
  std::vector<ReplayRun> runs;
  const Instant began = context.clock.Now();
  for (int i = 0; i < flags.seeds; ++i) {
    runs.push_back(Replay(scenario, policy, mode, static_cast<uint64_t>(flags.first_seed + i)));
  }
  const ReplayReport report(scenario, policy, std::move(runs), context.clock.Now() - began);
  context.out << (flags.json || context.json() ? report.Json() : report.Text());
  return report.ok();
}

// Everything is read before the first scenario is played: a mistake in the last file shows at once.
ExitCode ReplayScenarios(const Context& context, const ReplayFlags& flags) {
  std::vector<std::pair<Scenario, ReplayPolicy>> all;
  for (const std::string& path : flags.scenarios) {
    auto scenario = ReadScenario(path);
    if (!scenario.ok()) return context.Fail(kUsage, Words(scenario.status()));
    if (!scenario->value) {
      context.err << PrintableLines(scenario->findings);
      return kUsage;
    }
    auto policy = ReadReplayPolicy(flags.policy, *scenario->value, flags.service);
    if (!policy.ok()) return context.Fail(kUsage, Words(policy.status()));
    if (!policy->value) {
      context.err << PrintableLines(policy->findings);
      return kUsage;
    }
    all.emplace_back(*std::move(scenario->value), *std::move(policy->value));
  }
  bool as_expected = true;
  for (const auto& [scenario, policy] : all) {
    for (const LeverMode mode : {LeverMode::kIndep, LeverMode::kEdge}) {
      if (flags.lever != "both" && flags.lever != LeverModeName(mode)) continue;
      as_expected &= RunAll(context, flags, scenario, policy, mode);
    }
  }
  return as_expected ? kDone : kFailed;
}

// Two commands in one: either an outage that somebody wrote down, or one that was recorded.
ExitCode ReplayEither(const Context& context, const ReplayFlags& flags, RejudgeFlags recorded) {
  if (flags.scenarios.empty() == recorded.journal.empty()) {
    return context.Fail(kUsage,
                        "give either SCENARIO files or --from-journal FILE: the former play an "
                        "outage that was written down, the latter judges what was recorded");
  }
  if (recorded.journal.empty() && flags.policy.empty() && !flags.service.empty()) {
    return context.Fail(kUsage, "--service goes with --from-journal, or with --policy FILE");
  }
  if (recorded.journal.empty()) return ReplayScenarios(context, flags);
  recorded.service = flags.service;
  recorded.policy = flags.policy;
  recorded.json = flags.json;
  return RejudgeJournal(context, recorded);
}

Action DeclareReplay(CLI::App& app) {
  const auto flags = std::make_shared<ReplayFlags>();
  const auto recorded = std::make_shared<RejudgeFlags>();
  app.add_option("SCENARIO", flags->scenarios, "scenario files (docs/replay.md)");
  CLI::Option* policy =
      app.add_option("--policy", flags->policy, "file with a service's keys that judge");
  app.add_flag("--json", flags->json, "the same for programs");
  CLI::Option* journal = app.add_option(
      "--from-journal", recorded->journal,
      "a controller's journal: judge again what was recorded; --config is the controller's");
  app.add_option("--service", flags->service,
                 "of the journal, this one alone; else that of --policy controller.yaml");
  app.add_option("--since", recorded->since, "of the journal: 2h, or a time")->needs(journal);
  app.add_option("--until", recorded->until, "of the journal, likewise")->needs(journal);
  app.add_option("--lever", flags->lever, "of a scenario: indep, edge or both")
      ->check(CLI::IsMember({"indep", "edge", "both"}))
      ->excludes(journal);
  app.add_option("--seeds", flags->seeds, "of a scenario: so many runs, each with another seed")
      ->check(CLI::Range(1, 100000))
      ->excludes(journal);
  app.add_option("--seed", flags->first_seed, "of a scenario: the first seed")
      ->check(CLI::Range(0, 1000000000))
      ->excludes(journal);
  return [flags, recorded, policy](const Context& context) {
    if (policy->count() > 0 && flags->policy.empty()) {
      return context.Fail(kUsage, "--policy wants a file");
    }
    return ReplayEither(context, *flags, *recorded);
  };
}

}  // namespace

std::vector<Command> ReplayCommands() {
  return {{"", "replay", "judge an outage, made up or recorded, by a policy; touches nothing",
           DeclareReplay}};
}

}  // namespace lifeboat::ctl
