// What it costs to judge: `bazel run //tests/bench:judgement_bench`. 20 vantages report on 1,000
// services with three paths each, on one core; each observation goes through the vantage's filter,
// then its path is tallied and its service's failure attributed: anew with each observation, and
// where its standing has changed. Allocations are counted.
#include <benchmark/benchmark.h>

#include <array>
#include <cstdlib>
#include <new>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "controller/health/vantage_health.h"
#include "controller/quorum/attribution.h"
#include "controller/quorum/quorum.h"

namespace {

uint64_t allocations = 0;  // of this process, which has one thread

}  // namespace

void* operator new(size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }

namespace lifeboat {
namespace {

constexpr int kServices = 1000;
constexpr int kPaths = 3;
constexpr int kVantages = 20;
constexpr int kPanel = 5;
constexpr absl::Duration kInterval = absl::Seconds(2);

std::vector<TargetRole> Roles() {
  std::vector<TargetRole> roles;
  for (int service = 0; service < kServices; ++service) {
    for (int path = 0; path < kPaths; ++path) {
      TargetRole role;
      role.service = absl::StrCat("service-", service);
      role.path = path == 0 ? Path::Edge() : Path::Exit(absl::StrCat("exit-", path));
      role.interval = kInterval;
      role.timeout = absl::Milliseconds(1500);
      roles.push_back(role);
    }
  }
  for (int i = 0; i < kPanel; ++i) {
    TargetRole role;
    role.kind = TargetRole::Kind::kPanel;
    role.interval = kInterval;
    role.timeout = absl::Milliseconds(1500);
    roles.push_back(role);
  }
  return roles;
}

std::vector<Vantage> Fleet() {
  std::vector<Vantage> fleet;
  for (int i = 0; i < kVantages; ++i) {
    fleet.push_back({.name = absl::StrCat("v", i),
                     .weight = 1.0 + i % 3,
                     .asn = static_cast<uint32_t>(64500 + i % 12),
                     .country = absl::StrCat("C", i % 8),
                     .continent = ""});
  }
  return fleet;
}

// Everything that is known of all services, as it is kept between observations.
class World {
 public:
  explicit World(bool always) : always_(always), electorate_(QuorumPolicy{}, Fleet()) {
    const std::vector<TargetRole> roles = Roles();
    vantages_.reserve(kVantages);  // they point into themselves
    for (int i = 0; i < kVantages; ++i) {
      vantages_.emplace_back(roles);
      vantages_.back().Connect(1);
      vantages_.back().Pong(now_, now_, absl::Hours(1));
    }
    for (Service& service : services_) {
      service.exits.resize(kPaths - 1);
      for (ExitFacts& exit : service.exits) exit.tunnel_up = true;
    }
  }

  // One round of one vantage: all its targets, the panel first. `bad` of a thousand probes fail.
  void Round(int vantage, int bad, int64_t& observed) {
    VantageHealth& health = vantages_[vantage];
    for (int i = 0; i < kPanel; ++i) {
      Take(health, kServices * kPaths + 1 + i, ProbeClass::kOk);
    }
    for (int service = 0; service < kServices; ++service) {
      for (int path = 0; path < kPaths; ++path) {
        random_ = random_ * 6364136223846793005u + 1442695040888963407u;
        const bool fails = static_cast<int>((random_ >> 33) % 1000) < bad;
        const uint32_t target = 1 + service * kPaths + path;
        Take(health, target, fails ? ProbeClass::kHttpEdge : ProbeClass::kOk);
        Judge(services_[service], path, vantage, health.StandingAt(target, now_));
        ++observed;
      }
    }
  }
  void Advance() { now_ = now_ + kInterval; }
  int64_t judged_down() const { return judged_down_; }

 private:
  struct Service {
    std::array<std::array<Standing, kVantages>, kPaths> standings;
    std::array<Tally, kPaths> tallies;
    std::vector<ExitFacts> exits;
    Cause cause;
  };

  void Take(VantageHealth& health, uint32_t target, ProbeClass seen) {
    seen_.probe_class = seen;
    seen_.ended = now_ - start_ + absl::Hours(1);
    bool changed = false;
    benchmark::DoNotOptimize(health.Take(target, seen_, now_, changed));
  }

  void Judge(Service& service, int path, int vantage, const Standing& standing) {
    if (!always_ && service.standings[path][vantage] == standing) return;
    service.standings[path][vantage] = standing;
    service.tallies[path] = Count(electorate_, service.standings[path]);
    if (path > 0) service.exits[path - 1].tally = service.tallies[path];
    service.cause = Attribute(electorate_.policy(), service.tallies[0], service.exits);
    judged_down_ += service.tallies[0].verdict == Verdict::kDown;
  }

  const bool always_;
  const Instant start_ = Instant::SinceBoot(absl::Hours(2));
  Instant now_ = start_;
  Electorate electorate_;
  std::vector<VantageHealth> vantages_;
  std::vector<Service> services_ = std::vector<Service>(kServices);
  Seen seen_{.http_status = 200, .latency = absl::Milliseconds(40), .address = "192.0.2.80"};
  uint64_t random_ = 1;
  int64_t judged_down_ = 0;
};

// The arguments: how many of a thousand probes fail; whether every observation is tallied.
void BM_JudgeObservation(benchmark::State& state) {
  World world(state.range(1) != 0);
  int64_t observed = 0;
  const auto all_report = [&] {
    for (int vantage = 0; vantage < kVantages; ++vantage) {
      world.Round(vantage, static_cast<int>(state.range(0)), observed);
    }
    world.Advance();
  };
  for (int i = 0; i < 8; ++i) all_report();  // filters fill
  observed = 0;
  const uint64_t before = allocations;
  for (auto _ : state) all_report();
  const uint64_t allocated = allocations - before;
  const auto each = static_cast<double>(observed);
  state.counters["per_observation"] =
      benchmark::Counter(each, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
  state.counters["allocations"] = static_cast<double>(allocated);
  state.counters["down"] = static_cast<double>(world.judged_down());
  state.SetItemsProcessed(observed);
}
BENCHMARK(BM_JudgeObservation)
    ->ArgNames({"bad", "always"})
    ->ArgsProduct({{0, 10, 600}, {0, 1}})
    ->Unit(benchmark::kMillisecond);

// The tally of one path's votes alone.
void BM_Count(benchmark::State& state) {
  const Electorate electorate(QuorumPolicy{}, Fleet());
  std::vector<Standing> standings(kVantages);
  for (int i = 0; i < kVantages; ++i) {
    standings[i].kind = i % 3 == 0 ? VoteKind::kDown : VoteKind::kUp;
    standings[i].by_name = i % 3 == 0 ? ProbeClass::kHttpEdge : ProbeClass::kOk;
  }
  for (auto _ : state) benchmark::DoNotOptimize(Count(electorate, standings));
}
BENCHMARK(BM_Count);

}  // namespace
}  // namespace lifeboat

BENCHMARK_MAIN();
