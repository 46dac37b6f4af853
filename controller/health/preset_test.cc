#include "controller/health/preset.h"

#include <gtest/gtest.h>

#include <string>

#include "controller/health/degradation.h"

namespace lifeboat {
namespace {

// One character per health that follows each of `results` (x bad, o good): U up, d degraded, D
// down, ? unknown.
std::string HealthsAfter(absl::string_view name, const std::string& results, absl::Duration every) {
  const HealthRule rule = Preset(name).value();
  Filter filter(rule.filter);
  DegradationWatch degradation(rule.degradation);
  std::string healths;
  Instant at = Instant::SinceBoot(absl::Hours(1));
  for (const char c : results) {
    at = at + every;
    const Result result = c == 'x' ? Result::kBad : Result::kGood;
    const Health health = filter.Push(result, at);
    degradation.Push(result, absl::Milliseconds(100), at);
    healths += health == Health::kUnknown ? '?'
               : health == Health::kDown  ? 'D'
               : degradation.degraded()   ? 'd'
                                          : 'U';
  }
  return healths;
}

TEST(PresetTest, StandsAtTheExactBoundariesOfTheOthers) {
  const struct {
    const char* preset;
    absl::Duration every;
    std::string results, want;
  } kCases[] = {
      {"route53", absl::Seconds(30), "oooxxoxxx", "??UUUUUUD"},
      {"route53", absl::Seconds(10), "xxxooxooo", "??DDDDDDU"},
      {"cloudflare-lb", absl::Seconds(60), "oooxxoxxxo", "UUUUUUUUDU"},
      {"envoy-consecutive", absl::Seconds(2), "oooooxxxxoxxxxx", "????UUUUUUUUUUD"},
      {"sentinel", absl::Seconds(10), "oxxxx", "UUUUD"},
      {"sentinel", absl::Seconds(15), "oxxo", "UUUU"},
      {"cf-wan-tunnel", absl::Seconds(1), "oooxox", "??UUUd"},
      {"cf-wan-tunnel", absl::Seconds(1), "oooxx" + std::string(30, 'o'),
       "??UUd" + std::string(29, 'd') + "U"},
      {"cf-wan-tunnel", absl::Seconds(1), "oooxxxooxooo", "??UUdDDDDDDd"},
      {"cf-wan-tunnel", absl::Seconds(150), "oooxox", "??UUUd"},  // exactly five minutes apart
      {"cf-wan-tunnel", absl::Seconds(151), "oooxox", "??UUUU"},
      {"cloudflared-conn", absl::Seconds(2), "oooox", "???Ud"},
      {"cloudflared-conn", absl::Seconds(2), "ooooxxx", "???Uddd"},
      {"cloudflared-conn", absl::Seconds(2), "ooooxxxx", "???UdddD"},
      {"cloudflared-conn", absl::Seconds(2), "xxxxoooo", "???DdddU"},
  };
  for (const auto& [preset, every, results, want] : kCases) {
    EXPECT_EQ(HealthsAfter(preset, results, every), want) << preset << " " << results;
  }
}

// 0.1 % is a bound of its own where more than 1,000 probes are sent in five minutes.
TEST(PresetTest, CfWanTunnelWantsOneFailureInAThousand) {
  for (const auto& [between, want] : {std::pair(900, true), std::pair(1200, false)}) {
    const HealthRule rule = *Preset("cf-wan-tunnel");
    DegradationWatch watch(rule.degradation);
    Instant at = Instant::SinceBoot(absl::Hours(1));
    bool degraded = false;
    for (int i = 1; i <= 3 * between; ++i) {
      at = at + absl::Milliseconds(50);
      watch.Push(i % between == 0 ? Result::kBad : Result::kGood, absl::ZeroDuration(), at);
      degraded = degraded || watch.degraded();
    }
    EXPECT_EQ(degraded, want) << "one failure in " << between;
  }
}

TEST(PresetTest, CountsConnectionsAsCloudflaredIsTold) {
  EXPECT_EQ(HealthOfConnections(5), Health::kUp);
  EXPECT_EQ(HealthOfConnections(4), Health::kUp);
  EXPECT_EQ(HealthOfConnections(3), Health::kDegraded);
  EXPECT_EQ(HealthOfConnections(1), Health::kDegraded);
  EXPECT_EQ(HealthOfConnections(0), Health::kDown);
  EXPECT_EQ(HealthOfConnections(-1), Health::kDown);
}

TEST(PresetTest, KnowsItsNamesAndNoOthers) {
  for (const std::string& name : PresetNames()) EXPECT_TRUE(Preset(name).has_value()) << name;
  EXPECT_EQ(PresetNames().size(), 6u);
  EXPECT_FALSE(Preset("route-53").has_value());
}

}  // namespace
}  // namespace lifeboat
