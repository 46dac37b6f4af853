// What an agent may send, as its stream decodes it, up to the vote. Messages come one a
// half-second, each after its length in two bytes. No crash, no vote without a full account, and
// the short way to a vote says the same as the long one.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "controller/health/observation.h"
#include "controller/health/vantage_health.h"
#include "proto/lifeboat/v1/agent.pb.h"

namespace lifeboat {
namespace {

namespace pb = lifeboat::v1;

constexpr uint64_t kRevision = 7;

// The edge by HTTP, by name and pinned; an exit by TCP; one panel target.
std::vector<TargetRole> Roles() {
  using Kind = TargetRole::Kind;
  std::vector<TargetRole> roles;
  for (const Kind kind : {Kind::kVotes, Kind::kAttributes, Kind::kVotes, Kind::kPanel}) {
    roles.push_back({.kind = kind,
                     .service = kind == Kind::kPanel ? "" : "web",
                     .path = roles.size() == 2 ? Path::Exit("nyc") : Path::Edge(),
                     .rule = {},
                     .interval = absl::Seconds(2),
                     .timeout = absl::Milliseconds(1500)});
    if (roles.size() != 3) roles.back().expect_status = {{200, 299}};
  }
  return roles;
}

class Listener {
 public:
  void Take(const pb::AgentMessage& message) {
    now_ = now_ + absl::Milliseconds(500);
    if (message.has_hello()) {
      const uint64_t before = health_.Connect(message.hello().run_id());
      if (!health_.IsPresent(before)) std::abort();
    }
    if (message.has_pong() && message.pong().boottime_us() >= 0) {
      health_.Pong(now_ - absl::Milliseconds(20), now_,
                   absl::Microseconds(message.pong().boottime_us()));
    }
    if (message.has_batch()) TakeBatch(message.batch());
    if (CheckVote(1, Path::Edge()) || CheckVote(3, Path::Exit("nyc"))) std::abort();
    std::string why;
    if (health_.Condition(now_, why) != health_.Condition(now_)) std::abort();
  }

 private:
  void TakeBatch(const pb::ObservationBatch& batch) {
    if (!health_.TakeBatch(batch.number())) return;
    health_.TakeCondition(absl::Microseconds(batch.lag_us()), batch.resolvers_dead(),
                          batch.dropped_total());
    health_.TakeRevision(batch.assignments_revision() == kRevision);
    if (batch.assignments_revision() != kRevision) return;
    for (const pb::Observation& observation : batch.observations()) TakeOne(observation);
  }

  void TakeOne(const pb::Observation& observation) {
    const auto seen = FromProto(observation);
    if (!seen.ok() || !health_.Check(observation.target(), *seen).ok()) {
      return health_.CountRefused();
    }
    bool changed = false;
    if (!health_.Take(observation.target(), *seen, now_, changed)) std::abort();
    if (seen->probe_class == ProbeClass::kHttpEdge && seen->http_status == 200) std::abort();
  }

  // True: what is said of the path is at odds with itself.
  bool CheckVote(uint32_t target, const Path& path) const {
    const Vote vote = health_.VoteOn("web", path, now_);
    const bool abstains = vote.kind == VoteKind::kAbstain;
    return abstains != (vote.abstention != Abstention::kNone) ||
           !(StandingOf(vote) == health_.StandingAt(target, now_));
  }

  Instant now_ = Instant::SinceBoot(absl::Hours(1));
  VantageHealth health_{Roles()};
};

}  // namespace
}  // namespace lifeboat

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  lifeboat::Listener listener;
  while (size >= 2) {
    const size_t length = (size_t{data[0]} << 8) | data[1];
    data += 2;
    size -= 2;
    if (length > size) break;
    lifeboat::v1::AgentMessage message;
    if (message.ParseFromArray(data, static_cast<int>(length))) listener.Take(message);
    data += length;
    size -= length;
  }
  return 0;
}
