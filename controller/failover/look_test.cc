#include "controller/failover/look.h"

#include <gtest/gtest.h>

#include <random>

#include "absl/random/bit_gen_ref.h"
#include "controller/quorum/testing/ballots.h"

namespace lifeboat {
namespace {

class FakeVotes final : public VoteSource {
 public:
  Ballots BallotsOn(const std::string&, const Path& path, Instant) const override {
    return ParseBallots(path.is_edge() ? edge : "UUUU");
  }
  std::vector<VantageSnapshot> Vantages(Instant) const override { return {}; }

  std::string edge = "DUUU";
};

TEST(LookTest, LetsADownWeighHalfOnThePathOnWhichItsVantageIsDoubted) {
  std::mt19937_64 random(1);
  ServiceSettings settings;
  settings.name = "web";
  settings.exits = {{.name = "nyc", .records = {}}};
  settings.quorum.share = 0.5;
  Failover core(settings, ServiceRecord{.service = "web"}, absl::BitGenRef(random));
  FakeVotes votes;
  Instant now = Instant::SinceBoot(absl::Hours(1));
  const auto look = [&] {
    return Look(settings, votes, {}, core.dissents(),
                {.now = now, .wall = absl::UnixEpoch(), .epoch = Epoch(), .exits = {}});
  };
  for (int second = 0; second <= 61 * 60; ++second, now = now + absl::Seconds(1)) core.See(look());

  Sight sight = look();
  EXPECT_TRUE(sight.paths[0].ballots[0].vote.doubted);
  EXPECT_FALSE(sight.paths[1].ballots[0].vote.doubted);
  EXPECT_EQ(sight.edge().tally.weight_down, 0.5);
  votes.edge = "DDUU";  // would be DOWN if all were believed
  EXPECT_EQ(look().edge().tally.verdict, Verdict::kUp);
  votes.edge = "DDDU";
  EXPECT_EQ(look().edge().tally.verdict, Verdict::kDown);
}

}  // namespace
}  // namespace lifeboat
