#include "controller/replay/virtual_world.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "controller/replay/virtual_controller.h"
#include "gtest/gtest.h"

namespace lifeboat {
namespace {

constexpr size_t kEdgeTarget = 0;
constexpr size_t kExitTarget = 1;

WorldSettings SmallWorld() {
  WorldSettings settings;
  const uint32_t asns[] = {64500, 64501, 64502, 64500};
  for (size_t i = 0; i < 4; ++i) {
    settings.vantages.push_back(
        {.name = absl::StrCat("v", i), .asn = asns[i], .country = "DE", .continent = "EU"});
  }
  const auto role = [](TargetRole::Kind kind, Path path) {
    TargetRole made;
    made.kind = kind;
    made.service = kind == TargetRole::Kind::kPanel ? "" : "web";
    made.path = std::move(path);
    made.interval = absl::Seconds(2);
    made.timeout = absl::Milliseconds(1500);
    return made;
  };
  settings.roles = {role(TargetRole::Kind::kVotes, Path::Edge()),
                    role(TargetRole::Kind::kVotes, Path::Exit("nyc")),
                    role(TargetRole::Kind::kPanel, {}), role(TargetRole::Kind::kPanel, {})};
  ServiceSettings service;
  service.name = "web";
  service.hostname = "app.example.net";
  service.ttl = absl::Seconds(60);
  service.edge_records = {{RecordType::kCname, "app.edge.test."}};
  service.exits = {{.name = "nyc", .records = {{RecordType::kA, "192.0.2.9"}}}};
  service.clean_for = absl::Hours(2);
  service.exit_stays_open = absl::Minutes(15);
  service.intent_expires_after = absl::Minutes(15);
  settings.services = {{.settings = service, .levers = {"own"}}};
  settings.exits = {"nyc"};
  settings.levers = {{.name = "own", .zone = "example.net"}};
  return settings;
}

// The edge fails at `fails_at` everywhere; the rest is as the tests set it.
class Storm final : public Nature {
 public:
  void Probe(size_t, size_t target, const TargetRole&, Instant now, Random& random,
             Seen& seen) override {
    if (target == kEdgeTarget && now >= fails_at && now < ends_at && random.Chance(p_err)) {
      seen.probe_class = ProbeClass::kHttpEdge;
      seen.http_status = 502;
    }
    if (target == kExitTarget && world != nullptr && !world->exit(0).Serves()) {
      seen.probe_class = ProbeClass::kTimeoutConnect;
    }
  }
  CallFate Call(size_t, size_t, Instant, Random&) override { return call; }
  bool DiesAt(size_t, const std::string& point, Random&) override { return point == dies_at; }

  VirtualWorld* world = nullptr;
  Instant fails_at = Instant::SinceBoot(absl::InfiniteDuration());
  Instant ends_at = Instant::SinceBoot(absl::InfiniteDuration());
  double p_err = 1;
  CallFate call;
  std::string dies_at;
};

class Log final : public Witness {
 public:
  void Told(size_t controller, const Event& event) override {
    absl::StrAppend(&text, controller, " ", absl::FormatTime("%H:%M:%E3S", event.at, {}), " ",
                    event.kind, " ", event.text, "\n");
  }
  int Times(absl::string_view words) const {
    int times = 0;
    for (size_t at = text.find(std::string(words)); at != std::string::npos;
         at = text.find(std::string(words), at + 1)) {
      ++times;
    }
    return times;
  }
  std::string text;
};

const Records kExitRecords = {{RecordType::kA, "192.0.2.9"}};

TEST(VirtualWorldTest, MovesOnceWhenTheEdgeFailsAndStaysThere) {
  Storm storm;
  Log log;
  VirtualWorld world(SmallWorld(), storm, log);
  storm.world = &world;
  world.RunFor(absl::Minutes(5));
  EXPECT_EQ(log.Times("intent to move"), 0) << log.text;
  storm.fails_at = world.now();
  storm.ends_at = world.now() + absl::Minutes(20);
  world.RunFor(absl::Seconds(25));
  EXPECT_EQ(world.InDns(0), kExitRecords) << log.text;
  EXPECT_TRUE(world.exit(0).open.contains("web"));
  world.RunFor(absl::Hours(3));
  EXPECT_EQ(world.InDns(0), kExitRecords);
  EXPECT_EQ(log.Times(" done "), 1) << log.text;
  EXPECT_EQ(log.Times("the way back is open"), 1) << log.text;
}

TEST(VirtualWorldTest, SaysTheSameForTheSameSeedAndAnotherThingForAnother) {
  const auto run = [](uint64_t seed) {
    WorldSettings settings = SmallWorld();
    settings.seed = seed;
    Storm storm;
    Log log;
    VirtualWorld world(settings, storm, log);
    storm.world = &world;
    storm.fails_at = world.now() + absl::Minutes(5);
    storm.p_err = 0.8;
    world.RunFor(absl::Minutes(10));
    return log.text;
  };
  EXPECT_EQ(run(7), run(7));
  EXPECT_NE(run(7), run(8));
}

TEST(VirtualWorldTest, WaitsForALeverThatIsDead) {
  Storm storm;
  Log log;
  VirtualWorld world(SmallWorld(), storm, log);
  storm.world = &world;
  world.RunFor(absl::Minutes(5));
  storm.call.arrives = false;
  storm.fails_at = world.now();
  world.RunFor(absl::Minutes(10));
  EXPECT_NE(world.InDns(0), kExitRecords);
  EXPECT_EQ(log.Times("lever own is DOWN"), 1) << log.text;
  storm.call.arrives = true;
  world.RunFor(absl::Minutes(1));
  EXPECT_EQ(world.InDns(0), kExitRecords) << log.text;
}

TEST(VirtualWorldTest, ResumesAfterACrashBetweenPullAndProof) {
  Storm storm;
  Log log;
  VirtualWorld world(SmallWorld(), storm, log);
  storm.world = &world;
  world.RunFor(absl::Minutes(5));
  storm.dies_at = "done:PULLING";
  storm.fails_at = world.now();
  world.RunFor(absl::Minutes(1));
  ASSERT_FALSE(world.controller(0).alive());
  EXPECT_EQ(world.InDns(0), kExitRecords) << log.text;
  storm.dies_at.clear();
  world.Restart(0);
  world.RunFor(absl::Minutes(1));
  EXPECT_EQ(log.Times(" done "), 1) << log.text;
  EXPECT_EQ(log.Times("intent to move"), 1) << log.text;
}

TEST(VirtualWorldTest, CountsNoBacklogOfAnAgentThatWasCutOff) {
  Storm storm;
  Log log;
  VirtualWorld world(SmallWorld(), storm, log);
  storm.world = &world;
  world.RunFor(absl::Minutes(5));
  for (size_t i = 0; i < 3; ++i) world.SetUplink(i, false);
  world.RunFor(absl::Minutes(5));
  for (size_t i = 0; i < 3; ++i) world.SetUplink(i, true);
  world.RunFor(absl::Minutes(5));
  EXPECT_EQ(log.Times("intent to move"), 0) << log.text;
  EXPECT_GT(world.controller(0).health(0).late(), 100u);
}

}  // namespace
}  // namespace lifeboat
