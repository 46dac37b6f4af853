#include "tests/simulation/course.h"

#include <algorithm>

#include "controller/replay/virtual_controller.h"
#include "controller/replay/virtual_world.h"
#include "tests/simulation/invariants.h"
#include "tests/simulation/storm.h"
#include "tests/simulation/truth.h"

namespace lifeboat {
namespace {

// An intent is given up, a backoff has run out, drift is looked at again.
constexpr absl::Duration kSettles = absl::Minutes(20);
// No vantage calls a path DEGRADED or OSCILLATING any more.
constexpr absl::Duration kForgets = absl::Minutes(45);

absl::Duration LongestFailback(const WorldSettings& settings) {
  absl::Duration longest;
  for (const WorldSettings::Service& service : settings.services) {
    longest = std::max(longest, service.settings.clean_for);
  }
  return longest;
}

// Where DNS and journal differ in a way that only a person can settle, the alarm names the command.
void HeedAlarms(VirtualWorld& world) {
  bool differs = false;
  for (size_t i = 0; i < world.settings().services.size(); ++i) {
    differs |= !world.controller(0).Describe(i).dns.empty();
  }
  if (!differs) return;
  world.RaiseEpoch(0);
  world.RunFor(kSettles);
}

// Everybody goes home: the evidence is complete, people fail back, and exits go dark again.
void GoHome(VirtualWorld& world, Truth& truth) {
  world.RunFor(LongestFailback(world.settings()) + kForgets);
  for (size_t i = 0; i < world.settings().services.size(); ++i) {
    world.controller(0).Command(
        i,
        [](Failover& core, const Sight& sight) {
          return core.MoveToEdge(false, "all is well again", "person/anna", sight);
        },
        [&truth, i](const absl::Status& told) {
          truth.services[i].way_home = std::string(told.message());
        });
  }
  world.RunFor(world.settings().services.front().settings.exit_stays_open + kSettles);
}

}  // namespace

CourseResult RunCourse(const CourseOptions& options) {
  const Installation installation = options.ordinary ? OrdinaryInstallation(options.seed)
                                                     : DrawInstallation(options.seed, options.mix);
  const WorldSettings& settings = installation.settings;
  Truth truth(settings.services.size(), settings.exits.size(), settings.vantages.size());
  Storm storm(installation, truth);
  Invariants invariants(installation, truth, options.digests);
  invariants.Trace(options.trace);
  VirtualWorld world(settings, storm, invariants);
  invariants.Attach(world);
  storm.Plan(world, world.start() + options.days);
  world.RunFor(options.days);
  if (installation.mix != Mix::kCalm && !invariants.failed()) {
    storm.Calm();
    world.RunFor(kSettles);
    HeedAlarms(world);
    invariants.CheckRest();
    if (installation.mix == Mix::kStorm && !invariants.failed()) {
      GoHome(world, truth);
      invariants.CheckRest();
      invariants.CheckHome();
    }
  }
  const absl::Duration lived = world.now() - world.start();
  return {.violations = invariants.violations(),
          .service_days = absl::FDivDuration(lived, absl::Hours(24)) *
                          static_cast<double>(settings.services.size()),
          .moves = invariants.moves(),
          .moves_by_itself = invariants.moves_by_itself(),
          .observations = world.observations(),
          .digest = invariants.digest()};
}

}  // namespace lifeboat
