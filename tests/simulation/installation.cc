#include "tests/simulation/installation.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/simulation/slow_tally.h"

namespace lifeboat {
namespace {

struct Place {
  const char* country;
  const char* continent;
};
constexpr std::array<Place, 7> kPlaces = {{{"DE", "EU"},
                                           {"US", "NA"},
                                           {"SG", "AS"},
                                           {"FR", "EU"},
                                           {"BR", "SA"},
                                           {"JP", "AS"},
                                           {"CA", "NA"}}};

template <typename Item, size_t kSize>
const Item& Pick(const std::array<Item, kSize>& items, Random& random) {
  return items[random.Below(kSize)];
}

std::vector<Vantage> DrawVantages(Random& random) {
  const size_t count = 3 + random.Below(5);
  const bool weighted = random.Chance(0.3);
  std::vector<Vantage> vantages;
  for (size_t i = 0; i < count; ++i) {
    const Place& place = kPlaces[i % kPlaces.size()];
    // Now and then two sit in one network.
    const bool shared = i > 0 && random.Chance(0.15);
    vantages.push_back({.name = absl::StrCat("v", i + 1),
                        .weight = weighted ? 1.0 + static_cast<double>(random.Below(3)) : 1.0,
                        .asn = shared ? vantages.back().asn : static_cast<uint32_t>(64500 + i),
                        .country = place.country,
                        .continent = place.continent});
  }
  return vantages;
}

QuorumPolicy DrawQuorum(const std::vector<Vantage>& vantages, Random& random) {
  static constexpr std::array<double, 4> kShares = {0.5, 0.5, 0.6, 0.75};
  static constexpr std::array<absl::Duration, 4> kHolds = {absl::Seconds(5), absl::Seconds(10),
                                                           absl::Seconds(10), absl::Seconds(30)};
  QuorumPolicy policy;
  policy.share = Pick(kShares, random);
  policy.min_voters = 3;
  if (vantages.size() > 4 && random.Chance(0.3)) policy.min_voters = 4;
  std::set<uint32_t> asns;
  for (const Vantage& vantage : vantages) asns.insert(vantage.asn);
  policy.min_asns = std::min<int>(random.Chance(0.3) ? 3 : 2, static_cast<int>(asns.size()));
  if (random.Chance(0.2)) policy.min_countries = 2;
  policy.hold = Pick(kHolds, random);
  if (vantages.size() >= 6 && random.Chance(0.25)) policy.regions = RegionPolicy{};
  return policy;
}

// A rule of each kind, and within how many rounds it says DOWN for certain.
int DrawFilter(Random& random, absl::Duration interval, HealthRule& rule) {
  switch (random.Below(7)) {
    case 0:
      rule.filter = KOfN{.k = 2, .n = 3, .recover = 3};
      return 3;
    case 1:
      rule.filter = KOfN{.k = 5, .n = 8, .recover = 5};
      return 6;
    case 2:
      rule.filter = Run{.fall = 3, .rise = 3};
      return 4;
    case 3:
      rule.filter = Run{.fall = 4, .rise = 2};
      return 5;
    case 4:
      rule.filter = Rate{.window = 10 * interval, .minimum = 5, .threshold = 0.5};
      return 8;
    case 5:
      rule.filter = Leaky{.half_life = 2.5 * interval, .trip = 0.6, .clear = 0.2};
      return 7;
    default:
      rule.filter = KOfN{};
      return 4;
  }
}

void AddRoles(const ServiceSettings& service, absl::Duration interval, absl::Duration timeout,
              Random* random, Installation& out) {
  TargetRole role{.kind = TargetRole::Kind::kVotes,
                  .service = service.name,
                  .path = Path::Edge(),
                  .interval = interval,
                  .timeout = timeout};
  const int rounds = random ? DrawFilter(*random, interval, role.rule) : 4;
  out.detection = std::max(out.detection, (rounds + 1) * interval * 1.06 + timeout);
  std::vector<TargetRole>& roles = out.settings.roles;
  roles.push_back(role);
  role.kind = TargetRole::Kind::kAttributes;
  roles.push_back(role);
  role.kind = TargetRole::Kind::kVotes;
  for (const ExitTarget& exit : service.exits) {
    role.path = Path::Exit(exit.name);
    roles.push_back(role);
  }
}

ServiceSettings MakeService(size_t number, size_t exits, const QuorumPolicy& quorum) {
  ServiceSettings service;
  service.name = absl::StrCat("web", number);
  service.hostname = absl::StrCat(service.name, ".example.net");
  service.ttl = absl::Seconds(60);
  service.edge_records = {
      {RecordType::kCname, absl::StrCat(service.hostname, ".cdn.cloudflare.net.")}};
  for (size_t i = 0; i < exits; ++i) {
    service.exits.push_back(
        {.name = absl::StrCat("x", i + 1),
         .records = {{RecordType::kA, absl::StrCat("203.0.113.", 10 * number + i)}}});
  }
  service.quorum = quorum;
  service.clean_for = absl::Hours(2);
  service.exit_stays_open = absl::Minutes(15);
  service.intent_expires_after = absl::Minutes(15);
  return service;
}

void AddPanel(size_t size, absl::Duration interval, std::vector<TargetRole>& roles) {
  for (size_t i = 0; i < size; ++i) {
    roles.push_back({.kind = TargetRole::Kind::kPanel,
                     .service = "",
                     .path = {},
                     .interval = interval,
                     .timeout = std::min<absl::Duration>(interval / 2, absl::Seconds(3))});
  }
}

std::set<size_t> DrawUnreliable(const Installation& installation, Random& random) {
  std::set<size_t> unreliable;
  const size_t count = installation.settings.vantages.size();
  const size_t first = random.Below(count);
  for (size_t i = 0; i < count; ++i) {
    std::set<size_t> more = unreliable;
    more.insert((first + i) % count);
    const bool safe = std::none_of(installation.settings.services.begin(),
                                   installation.settings.services.end(), [&](const auto& service) {
                                     return CanMove(service.settings.quorum,
                                                    installation.settings.vantages, more);
                                   });
    if (safe) unreliable = std::move(more);
  }
  return unreliable;
}

}  // namespace

absl::string_view MixName(Mix mix) {
  switch (mix) {
    case Mix::kCalm:
      return "calm";
    case Mix::kNoise:
      return "noise";
    case Mix::kClear:
      return "clear";
    case Mix::kStorm:
      return "storm";
  }
  return "?";
}

std::optional<Mix> ParseMix(absl::string_view name) {
  for (const Mix mix : {Mix::kCalm, Mix::kNoise, Mix::kClear, Mix::kStorm}) {
    if (MixName(mix) == name) return mix;
  }
  return std::nullopt;
}

bool CanMove(const QuorumPolicy& policy, const std::vector<Vantage>& vantages,
             const std::set<size_t>& liars) {
  const uint32_t all = uint32_t{1} << vantages.size();
  for (uint32_t honest = 0; honest < all; ++honest) {
    Ballots ballots;
    for (size_t i = 0; i < vantages.size(); ++i) {
      Ballot ballot{.vantage = vantages[i], .vote = {}};
      if (liars.contains(i)) {
        ballot.vote.kind = VoteKind::kDown;
      } else if ((honest >> i & 1) != 0) {
        ballot.vote.kind = VoteKind::kUp;
      }
      ballots.push_back(std::move(ballot));
    }
    if (SlowTally(policy, ballots) == Verdict::kDown) return true;
  }
  return false;
}

Installation DrawInstallation(uint64_t seed, Mix mix) {
  static constexpr std::array<absl::Duration, 6> kIntervals = {
      absl::Seconds(1), absl::Seconds(2),  absl::Seconds(2),
      absl::Seconds(5), absl::Seconds(10), absl::Seconds(30)};
  static constexpr std::array<absl::Duration, 3> kPanel = {absl::Seconds(5), absl::Seconds(10),
                                                           absl::Seconds(30)};
  Random random(seed * 0x9e3779b97f4a7c15u + 17);
  Installation out;
  out.mix = mix;
  WorldSettings& settings = out.settings;
  settings.seed = seed;
  settings.vantages = DrawVantages(random);
  const size_t exits = 1 + random.Below(3);
  for (size_t i = 0; i < exits; ++i) settings.exits.push_back(absl::StrCat("x", i + 1));
  settings.levers.push_back({.name = "own", .zone = "example.net"});
  if (random.Chance(0.4)) settings.levers.push_back({.name = "api", .zone = "example.net"});
  const size_t services = random.Chance(0.7) ? 1 : 2 + random.Below(2);
  for (size_t i = 0; i < services; ++i) {
    ServiceSettings service = MakeService(i + 1, exits, DrawQuorum(settings.vantages, random));
    // Hours of evidence would make every seed a day long.
    service.clean_for = absl::Minutes(10 + 10 * static_cast<int>(random.Below(3)));
    service.intent_expires_after = absl::Minutes(random.Chance(0.5) ? 2 : 15);
    service.edge_name_in_lever_zone = random.Chance(0.5);
    const absl::Duration interval = Pick(kIntervals, random);
    const absl::Duration timeout = std::min<absl::Duration>(interval * 0.75, absl::Seconds(5));
    AddRoles(service, interval, timeout, &random, out);
    WorldSettings::Service plan{.settings = std::move(service), .levers = {}};
    for (const auto& lever : settings.levers) plan.levers.push_back(lever.name);
    settings.services.push_back(std::move(plan));
  }
  AddPanel(2 + random.Below(4), Pick(kPanel, random), settings.roles);
  settings.servers_per_zone = 1 + static_cast<int>(random.Below(4));
  settings.servers_behind = random.Between(absl::Milliseconds(20), absl::Seconds(8));
  settings.wall_at_start = absl::FromUnixSeconds(1'790'000'000 + static_cast<int64_t>(seed));
  out.unreliable = DrawUnreliable(out, random);
  return out;
}

Installation OrdinaryInstallation(uint64_t seed) {
  Installation out;
  WorldSettings& settings = out.settings;
  settings.seed = seed;
  for (size_t i = 0; i < 6; ++i) {
    settings.vantages.push_back({.name = absl::StrCat("v", i + 1),
                                 .weight = 1,
                                 .asn = static_cast<uint32_t>(64500 + i),
                                 .country = kPlaces[i].country,
                                 .continent = kPlaces[i].continent});
  }
  settings.exits = {"x1"};
  settings.levers = {{.name = "own", .zone = "example.net"}};
  ServiceSettings service = MakeService(1, 1, QuorumPolicy{});
  AddRoles(service, absl::Seconds(2), absl::Milliseconds(1500), nullptr, out);
  settings.services.push_back({.settings = std::move(service), .levers = {"own"}});
  AddPanel(2, absl::Seconds(10), settings.roles);
  settings.wall_at_start = absl::FromUnixSeconds(1'790'000'000);
  return out;
}

}  // namespace lifeboat
