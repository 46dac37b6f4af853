#include "controller/replay/virtual_zone.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace lifeboat {
namespace {

constexpr size_t kVersionsKept = 32;

}  // namespace

VirtualZone::VirtualZone(std::string apex, int servers, absl::Duration behind)
    : apex_(std::move(apex)) {
  for (int i = 1; i <= servers; ++i) {
    servers_.push_back({.name = absl::StrCat("ns", i, ".", apex_, "."), .behind = behind});
  }
}

const World& VirtualZone::Get(const std::string& hostname) const {
  static const World kNothing;
  const auto found = versions_.find(hostname);
  return found == versions_.end() ? kNothing : found->second.back().world;
}

void VirtualZone::Set(const std::string& hostname, World world, Instant now) {
  std::vector<Version>& versions = versions_[hostname];
  versions.push_back({now, std::move(world)});
  if (versions.size() > kVersionsKept) versions.erase(versions.begin());
}

bool VirtualZone::Apply(const Change& change, Instant now) {
  const World& world = Get(change.hostname);
  if (world.records != change.expect || world.ownership != change.expect_ownership) return false;
  Set(change.hostname, {.records = change.records, .ownership = change.ownership}, now);
  return true;
}

const Records& VirtualZone::ServedBy(size_t server, const std::string& hostname,
                                     Instant now) const {
  static const Records kNothing;
  const auto found = versions_.find(hostname);
  if (found == versions_.end()) return kNothing;
  const Server& secondary = servers_[server];
  const std::vector<Version>& versions = found->second;
  for (size_t i = versions.size(); i-- > 1;) {
    const Instant follows = versions[i].since + secondary.behind;
    const bool stuck = follows >= secondary.stuck_since && now < secondary.stuck_until;
    if (now >= follows && !stuck) return versions[i].world.records;
  }
  return versions.front().world.records;
}

Proof VirtualZone::Ask(const std::string& hostname, const Records& records, Instant now) const {
  Proof proof;
  bool stale = false;
  for (size_t i = 0; i < servers_.size(); ++i) {
    ServerAnswer answer{.server = servers_[i].name, .state = servers_[i].state, .detail = ""};
    if (answer.state == ServerState::kProven) {
      const Records& serves = ServedBy(i, hostname, now);
      answer.detail = RecordsToString(serves);
      if (serves != records) answer.state = ServerState::kStale;
    }
    stale |= answer.state == ServerState::kStale;
    proof.proven |= answer.state == ServerState::kProven;
    proof.servers.push_back(std::move(answer));
  }
  proof.proven &= !stale;
  return proof;
}

}  // namespace lifeboat
