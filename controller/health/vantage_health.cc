#include "controller/health/vantage_health.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace lifeboat {
namespace {

// A probe that ended this far in our future was dated by a clock that is not what it says.
constexpr absl::Duration kSkewTolerance = absl::Seconds(1);
constexpr absl::Duration kSkewRemembered = absl::Minutes(1);
// An agent whose probes start later than this sees its own starvation, not the path.
constexpr absl::Duration kMostLag = absl::Milliseconds(500);

Result ResultOf(ProbeClass probe_class) {
  if (probe_class == ProbeClass::kOk) return Result::kGood;
  return probe_class == ProbeClass::kSlow ? Result::kSlow : Result::kBad;
}

VoteKind KindOf(Health health) {
  switch (health) {
    case Health::kUp:
      return VoteKind::kUp;
    case Health::kDegraded:
      return VoteKind::kDegraded;
    case Health::kDown:
      return VoteKind::kDown;
    case Health::kUnknown:
      return VoteKind::kAbstain;
  }
  return VoteKind::kAbstain;
}

}  // namespace

VantageHealth::VantageHealth(std::vector<TargetRole> roles)
    : roles_(std::move(roles)),
      watch_of_(roles_.size()),
      panel_of_(roles_.size()),
      last_ended_(roles_.size()) {
  for (const TargetRole& role : roles_) {
    if (role.kind == TargetRole::Kind::kPanel) panel_.push_back(PanelTarget{.role = role});
    if (role.kind == TargetRole::Kind::kVotes) {
      watches_.emplace(std::pair(role.service, role.path), Watch(role));
    }
  }
  size_t panel = 0;
  for (size_t i = 0; i < roles_.size(); ++i) {
    if (roles_[i].kind == TargetRole::Kind::kPanel) {
      panel_of_[i] = &panel_[panel++];
      continue;
    }
    const auto watch = watches_.find({roles_[i].service, roles_[i].path});
    if (watch != watches_.end()) watch_of_[i] = &watch->second;
  }
}

void VantageHealth::Connect(absl::Duration agent_since_boot, uint64_t run, Instant now) {
  connected_ = true;
  offset_.Guess(agent_since_boot, now);
  if (run == run_) return;
  run_ = run;
  last_batch_ = 0;
}

bool VantageHealth::TakeBatch(uint64_t number) {
  if (number <= last_batch_) return false;
  last_batch_ = number;
  return true;
}

void VantageHealth::TakeCondition(absl::Duration lag, bool resolvers_dead, uint64_t dropped) {
  lag_ = lag;
  resolvers_dead_ = resolvers_dead;
  dropped_ = dropped;
}

bool VantageHealth::Take(uint32_t target, const Seen& seen, Instant now, bool& changed) {
  if (target == 0 || target > roles_.size()) return false;
  const size_t index = target - 1;
  const TargetRole& role = roles_[index];
  ++observations_;
  const Instant ended = offset_.Ours(seen.ended);
  if (ended - now > kSkewTolerance) {
    skewed_at_ = now;
    ++late_;
    return true;
  }
  Watch* watch = watch_of_[index];
  if (now - ended > role.fresh_for() || ended <= last_ended_[index]) {
    ++late_;
    if (watch != nullptr) watch->late_at = now;
    return true;
  }
  last_ended_[index] = ended;
  Evidence evidence{.probe_class = seen.probe_class,
                    .http_status = seen.http_status,
                    .latency = seen.latency,
                    .at = ended,
                    .address = seen.address,
                    .detail = seen.detail,
                    .certificate_not_after = seen.certificate_not_after};
  if (PanelTarget* panel = panel_of_[index]) {
    panel->seen_at = ended;
    panel->good = IsGood(seen.probe_class);
    if (panel->good) panel->good_at = ended;
  } else if (watch != nullptr && role.kind == TargetRole::Kind::kAttributes) {
    watch->pinned = std::move(evidence);
    watch->pinned_fresh_for = role.fresh_for();
  } else if (watch != nullptr) {
    TakeVoting(*watch, std::move(evidence), changed);
  }
  return true;
}

void VantageHealth::TakeVoting(Watch& watch, Evidence evidence, bool& changed) {
  const bool refused = evidence.probe_class == ProbeClass::kRefused;
  const Health before = watch.filter.health();
  changed |= refused != watch.refused;
  watch.refused = refused;
  if (!refused) {
    const Result result = ResultOf(evidence.probe_class);
    watch.filter.Push(result);
    if (result != Result::kBad) {
      watch.bad_since.reset();
    } else if (!watch.bad_since) {
      watch.bad_since = evidence.at;
    }
  }
  changed |= watch.filter.health() != before;
  watch.newest = std::move(evidence);
}

int VantageHealth::PanelGood(Instant now) const {
  return static_cast<int>(
      std::count_if(panel_.begin(), panel_.end(), [now](const PanelTarget& target) {
        return target.good && target.seen_at && now - *target.seen_at <= target.role.fresh_for();
      }));
}

Abstention VantageHealth::Condition(Instant now, std::string& why) const {
  if (skewed_at_ && now - *skewed_at_ < kSkewRemembered) {
    why = "it dates probes into the future";
    return Abstention::kSkewed;
  }
  if (lag_ > kMostLag) {
    why = absl::StrCat("its probes start ", absl::FormatDuration(lag_), " late");
    return Abstention::kStalled;
  }
  if (resolvers_dead_) {
    why = "none of its resolvers answers";
    return Abstention::kResolverDead;
  }
  const int good = PanelGood(now);
  if (2 * good < panel_size()) {
    why = absl::StrCat(good, " of ", panel_size(), " control targets answer");
    return Abstention::kPanelBad;
  }
  return Abstention::kNone;
}

// Whether half of the panel has answered since `since`: a path that went bad together with
// everything else says something of the vantage only.
bool VantageHealth::PanelSpeaksFor(Instant since, std::string& why) const {
  const auto spoke =
      std::count_if(panel_.begin(), panel_.end(), [since](const PanelTarget& target) {
        return target.good_at && *target.good_at >= since - target.role.interval;
      });
  if (2 * spoke >= panel_size()) return true;
  why = absl::StrCat(spoke, " of ", panel_size(),
                     " control targets have answered since the path went bad");
  return false;
}

Vote VantageHealth::Abstain(const Watch* watch, Abstention abstention, std::string why) const {
  Vote vote;
  vote.kind = VoteKind::kAbstain;
  vote.abstention = abstention;
  vote.why = std::move(why);
  if (watch != nullptr) vote.by_name = watch->newest;
  return vote;
}

Vote VantageHealth::VoteOn(const std::string& service, const Path& path, Instant now) const {
  const auto found = watches_.find({service, path});
  if (found == watches_.end()) return Abstain(nullptr, Abstention::kWarming, "not assigned");
  const Watch& watch = found->second;
  const absl::Duration fresh_for = watch.role.fresh_for();
  if (!watch.newest || now - watch.newest->at > fresh_for) {
    if (!connected_) return Abstain(&watch, Abstention::kDisconnected, "");
    if (watch.late_at && now - *watch.late_at <= fresh_for) {
      return Abstain(&watch, Abstention::kLate, "what arrives is a backlog");
    }
    if (!watch.newest) return Abstain(&watch, Abstention::kWarming, "no result yet");
    return Abstain(
        &watch, Abstention::kStale,
        absl::StrCat("nothing fresh for ", absl::FormatDuration(absl::Trunc(
                                               now - watch.newest->at, absl::Milliseconds(100)))));
  }
  std::string why;
  const Abstention condition = Condition(now, why);
  if (condition != Abstention::kNone) return Abstain(&watch, condition, std::move(why));
  if (watch.refused) return Abstain(&watch, Abstention::kRefused, watch.newest->detail);
  if (!watch.filter.warm()) {
    return Abstain(&watch, Abstention::kWarming,
                   absl::StrCat(watch.filter.held(), " of ", watch.role.filter.n, " results"));
  }
  Vote vote;
  vote.kind = KindOf(watch.filter.health());
  vote.abstention = Abstention::kNone;
  vote.by_name = watch.newest;
  if (watch.pinned && now - watch.pinned->at <= watch.pinned_fresh_for) vote.pinned = watch.pinned;
  if (vote.kind == VoteKind::kDown && watch.bad_since && !PanelSpeaksFor(*watch.bad_since, why)) {
    return Abstain(&watch, Abstention::kPanelBad, std::move(why));
  }
  return vote;
}

}  // namespace lifeboat
