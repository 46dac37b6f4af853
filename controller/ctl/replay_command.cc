#include <memory>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "controller/ctl/command.h"
#include "controller/ctl/json_text.h"
#include "controller/replay/replay.h"

namespace lifeboat::ctl {
namespace {

struct ReplayFlags {
  std::vector<std::string> scenarios;
  std::string policy;
  std::string lever = "both";
  int seeds = 1;
  int first_seed = 1;
  bool json = false;
};

// Runs one scenario under one lever mode; prints it. Returns whether all was as expected.
bool RunAll(const Context& context, const ReplayFlags& flags, const Scenario& scenario,
            const ReplayPolicy& policy, LeverMode mode) {
  std::vector<ReplayRun> runs;
  std::string failures;
  for (int i = 0; i < flags.seeds; ++i) {
    const auto seed = static_cast<uint64_t>(flags.first_seed + i);
    runs.push_back(Replay(scenario, policy, mode, seed));
    for (const std::string& failure : runs.back().failures) {
      absl::StrAppend(&failures, "  seed ", seed, ": ", failure, "\n");
    }
  }
  if (flags.json || context.json()) {
    context.out << ToJson({{"scenario", JsonValue(scenario.said.title())},
                           {"lever", JsonValue(std::string(LeverModeName(mode)))},
                           {"seeds", JsonValue(static_cast<double>(flags.seeds))},
                           {"ok", JsonValue(failures.empty())},
                           {"failures", JsonValue(failures)},
                           {"timeline", JsonValue(TimelineText(runs.front()))},
                           {"sheet", JsonValue(SheetText(runs))}});
    return failures.empty();
  }
  context.out << (failures.empty() ? "✔ " : "✖ ") << scenario.said.title() << " · lever "
              << LeverModeName(mode) << " · policy " << policy.name << " · " << flags.seeds
              << (flags.seeds == 1 ? " seed\n" : " seeds\n");
  if (flags.seeds == 1 || !failures.empty()) context.out << TimelineText(runs.front());
  context.out << SheetText(runs);
  if (!failures.empty()) context.out << "  Not as expected:\n" << failures;
  context.out << "\n";
  return failures.empty();
}

ExitCode ReplayScenarios(const Context& context, const ReplayFlags& flags) {
  bool as_expected = true;
  for (const std::string& path : flags.scenarios) {
    const auto scenario = ReadScenario(path);
    if (!scenario.ok()) return context.Fail(kUsage, Words(scenario.status()));
    if (!scenario->value) {
      context.err << scenario->findings;
      return kUsage;
    }
    ReplayPolicy policy = DefaultReplayPolicy();
    if (!flags.policy.empty()) {
      const auto read = ReadReplayPolicy(flags.policy, *scenario->value);
      if (!read.ok()) return context.Fail(kUsage, Words(read.status()));
      if (!read->value) {
        context.err << read->findings;
        return kUsage;
      }
      policy = *read->value;
    }
    for (const LeverMode mode : {LeverMode::kIndep, LeverMode::kEdge}) {
      if (flags.lever != "both" && flags.lever != LeverModeName(mode)) continue;
      as_expected &= RunAll(context, flags, *scenario->value, policy, mode);
    }
  }
  return as_expected ? kDone : kFailed;
}

}  // namespace

std::vector<Command> ReplayCommands() {
  return {{"", "replay", "play an outage against a policy on virtual time, touching nothing",
           [](CLI::App& app) -> Action {
             const auto flags = std::make_shared<ReplayFlags>();
             app.add_option("SCENARIO", flags->scenarios, "scenario files (docs/replay.md)")
                 ->required();
             app.add_option("--policy", flags->policy, "file with a service's keys that judge");
             app.add_option("--lever", flags->lever, "indep, edge or both")
                 ->check(CLI::IsMember({"indep", "edge", "both"}));
             app.add_option("--seeds", flags->seeds, "so many runs, each with another seed")
                 ->check(CLI::Range(1, 100000));
             app.add_option("--seed", flags->first_seed, "the first seed")
                 ->check(CLI::Range(0, 1000000000));
             app.add_flag("--json", flags->json, "the same for programs");
             return [flags](const Context& context) { return ReplayScenarios(context, *flags); };
           }}};
}

}  // namespace lifeboat::ctl
