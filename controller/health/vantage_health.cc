#include "controller/health/vantage_health.h"

#include <algorithm>
#include <functional>

#include "absl/container/inlined_vector.h"
#include "absl/strings/str_cat.h"

namespace lifeboat {
namespace {

// A probe that ended this far in our future, beyond what a ping's way back may hide, was dated by a
// clock that is not what it says.
constexpr absl::Duration kSkewTolerance = absl::Seconds(1);
constexpr absl::Duration kSkewRemembered = absl::Minutes(1);
// An agent whose probes start later than this sees its own starvation, not the path.
constexpr absl::Duration kMostLag = absl::Milliseconds(500);
// An agent that stood still for longer than this does not report what was under way.
constexpr absl::Duration kLongestPause = absl::Seconds(1);
// In a row, after a bad one, before the pinned leg is said to answer.
constexpr int kPinnedGoodAgain = 3;

Result ResultOf(ProbeClass probe_class) {
  if (probe_class == ProbeClass::kOk) return Result::kGood;
  return probe_class == ProbeClass::kSlow ? Result::kSlow : Result::kBad;
}

// Whether class and status go together, by what the target takes for good.
bool StatusFits(const TargetRole& role, const Seen& seen) {
  if (role.expect_status.empty()) return seen.http_status == 0;
  if (seen.http_status == 0) return !IsGood(seen.probe_class);
  const bool expected = std::any_of(
      role.expect_status.begin(), role.expect_status.end(), [&](const std::pair<int, int>& range) {
        return range.first <= seen.http_status && seen.http_status <= range.second;
      });
  switch (seen.probe_class) {
    case ProbeClass::kOk:
    case ProbeClass::kSlow:
    case ProbeClass::kBadBody:
      return expected;
    case ProbeClass::kHttpEdge:
    case ProbeClass::kHttpOrigin:
    case ProbeClass::kRefused:
      return !expected;
    default:
      return true;  // it ended before its status could be judged
  }
}

}  // namespace

VoteKind VantageHealth::Watch::KindAt(Instant now) const {
  const Health health = filter.health();
  if (health == Health::kUnknown) return VoteKind::kAbstain;
  if (health == Health::kDown) return VoteKind::kDown;
  if (oscillation.Oscillating(now)) return VoteKind::kOscillating;
  return degradation.degraded() ? VoteKind::kDegraded : VoteKind::kUp;
}

VantageHealth::VantageHealth(std::vector<TargetRole> roles)
    : roles_(std::move(roles)), targets_(roles_.size()) {
  for (const TargetRole& role : roles_) {
    if (role.kind == TargetRole::Kind::kPanel) {
      panel_.push_back({.interval = role.interval, .fresh_for = role.fresh_for()});
    }
    if (role.kind == TargetRole::Kind::kVotes) {
      watches_.emplace(std::pair(role.service, role.path), Watch(role));
    }
  }
  if (panel_.empty()) panel_good_until_ = Instant::SinceBoot(absl::InfiniteDuration());
  size_t panel = 0;
  for (size_t i = 0; i < roles_.size(); ++i) {
    Target& target = targets_[i];
    target.fresh_for = roles_[i].fresh_for();
    target.votes = roles_[i].kind == TargetRole::Kind::kVotes;
    if (roles_[i].kind == TargetRole::Kind::kPanel) {
      target.panel = &panel_[panel++];
      continue;
    }
    const auto watch = watches_.find(std::pair(roles_[i].service, roles_[i].path));
    if (watch != watches_.end()) target.watch = &watch->second;
  }
  // They are in the order of their services.
  for (auto first = watches_.begin(); first != watches_.end();) {
    const std::string& service = first->first.first;
    const auto end = std::find_if(first, watches_.end(), [&service](const auto& entry) {
      return entry.first.first != service;
    });
    for (auto one = first; one != end; ++one) {
      for (auto other = first; other != end; ++other) {
        if (one != other) one->second.siblings.push_back(&other->second);
      }
    }
    first = end;
  }
}

uint64_t VantageHealth::Connect(uint64_t run) {
  connected_ = true;
  outdated_ = false;
  offset_.Forget();
  if (run != run_) last_batch_ = 0;
  run_ = run;
  return ++stream_;
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

absl::Status VantageHealth::Check(uint32_t target, const Seen& seen) const {
  if (target == 0 || target > roles_.size()) {
    return absl::InvalidArgumentError(absl::StrCat("target ", target, " was never assigned"));
  }
  if (seen.latency > targets_[target - 1].fresh_for + kLongestPause) {
    return absl::InvalidArgumentError(
        absl::StrCat("a probe of ", absl::FormatDuration(seen.latency), " with a timeout of ",
                     absl::FormatDuration(roles_[target - 1].timeout)));
  }
  if (StatusFits(roles_[target - 1], seen)) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("class ", ProbeClassName(seen.probe_class),
                                                 " with HTTP status ", seen.http_status));
}

bool VantageHealth::Take(uint32_t number, const Seen& seen, Instant now, bool& changed) {
  if (number == 0 || number > targets_.size()) return false;
  Target& target = targets_[number - 1];
  ++observations_;
  Watch* watch = target.watch;
  if (!offset_.known()) {
    ++late_;
    if (watch != nullptr) watch->late_at = now;
    return true;
  }
  const Instant ended = offset_.Ours(seen.ended);
  if (ended - now > kSkewTolerance + offset_.error()) {
    skewed_at_ = now;
    ++late_;
    return true;
  }
  if (now - ended > target.fresh_for || ended <= target.last_ended) {
    ++late_;
    if (watch != nullptr) watch->late_at = now;
    return true;
  }
  target.last_ended = ended;
  if (!seen.proven) {
    if (watch != nullptr) watch->unproven_at = now;
    return true;
  }
  if (target.panel != nullptr) {
    TakePanel(*target.panel, IsGood(seen.probe_class), ended);
  } else if (watch != nullptr && target.votes) {
    TakeVoting(*watch, seen, ended, now, changed);
  } else if (watch != nullptr) {
    TakePinned(*watch, seen, ended);
    watch->pinned_fresh_for = target.fresh_for;
  }
  return true;
}

// In place, for its words may have room already.
void VantageHealth::Keep(const Seen& seen, Instant ended, std::optional<Evidence>& evidence) {
  Evidence& kept = evidence ? *evidence : evidence.emplace();
  kept.probe_class = seen.probe_class;
  kept.echo = seen.echo;
  kept.http_status = seen.http_status;
  kept.latency = seen.latency;
  kept.at = ended;
  kept.address = seen.address;
  kept.detail = seen.detail;
  kept.certificate_not_after = seen.certificate_not_after;
}

// One good answer among bad ones is that of a failing edge; of a failing name all are good.
void VantageHealth::TakePinned(Watch& watch, const Seen& seen, Instant ended) {
  watch.pinned_good = IsGood(seen.probe_class) ? watch.pinned_good + 1 : 0;
  const bool bad_lately = watch.pinned && !IsGood(watch.pinned->probe_class);
  if (bad_lately && watch.pinned_good > 0 && watch.pinned_good < kPinnedGoodAgain) return;
  Keep(seen, ended, watch.pinned);
}

// Who was silent, or refused, for as long as makes a vote stale votes again by what it sees from
// now on: what came before says nothing of the time between.
void VantageHealth::ForgetAcrossGap(Watch& watch, Instant at) {
  const std::optional<Instant> before = std::exchange(watch.filtered_at, at);
  if (!before || at - *before <= watch.fresh_for) return;
  watch.filter = Filter(watch.role->rule.filter);
  watch.bad_since.reset();
}

void VantageHealth::PushInto(Watch& watch, const Seen& seen, Instant ended) {
  ForgetAcrossGap(watch, ended);
  const Result result = ResultOf(seen.probe_class);
  const bool down = watch.filter.Push(result, ended) == Health::kDown;
  watch.degradation.Push(result, seen.latency, ended);
  if (down) watch.degradation.ForgetFailures(ended);
  if (watch.filter.warm()) watch.oscillation.Push(down, ended);
  if (result != Result::kBad) {
    watch.bad_since.reset();
  } else if (!watch.bad_since) {
    watch.bad_since = ended;
  }
}

void VantageHealth::TakeVoting(Watch& watch, const Seen& seen, Instant ended, Instant now,
                               bool& changed) {
  const bool refused = seen.probe_class == ProbeClass::kRefused;
  const bool was_warm = watch.filter.warm();
  changed |= refused != watch.refused;
  watch.refused = refused;
  if (!refused && !Ails(now)) PushInto(watch, seen, ended);
  const VoteKind before = std::exchange(watch.kind, watch.KindAt(ended));
  changed |= watch.kind != before || watch.filter.warm() != was_warm;
  Keep(seen, ended, watch.newest);
}

void VantageHealth::TakePanel(PanelTarget& target, bool good, Instant ended) {
  target.seen_at = ended;
  target.good = good;
  if (good) target.good_at = ended;
  const auto failing = std::count_if(panel_.begin(), panel_.end(), [](const PanelTarget& known) {
    return known.seen_at && !known.good;
  });
  panel_fails_ = 2 * failing > panel_size();
  absl::InlinedVector<Instant, 8> good_until;
  for (const PanelTarget& known : panel_) {
    if (known.good) good_until.push_back(*known.seen_at + known.fresh_for);
  }
  const size_t half = (panel_.size() + 1) / 2;
  panel_good_until_ = Instant::SinceBoot(-absl::InfiniteDuration());
  if (good_until.size() < half) return;
  const auto last = good_until.begin() + static_cast<std::ptrdiff_t>(half) - 1;
  std::nth_element(good_until.begin(), last, good_until.end(), std::greater<>());
  panel_good_until_ = *last;
}

Abstention VantageHealth::Ailment(Instant now) const {
  if (skewed_at_ && now - *skewed_at_ < kSkewRemembered) return Abstention::kSkewed;
  if (lag_ > kMostLag) return Abstention::kStalled;
  if (resolvers_dead_) return Abstention::kResolverDead;
  return Abstention::kNone;
}

// A panel of which nothing is known yet is no bad one here: its answers come while filters fill.
bool VantageHealth::Ails(Instant now) const {
  return panel_fails_ || Ailment(now) != Abstention::kNone;
}

int VantageHealth::PanelGood(Instant now) const {
  return static_cast<int>(
      std::count_if(panel_.begin(), panel_.end(), [now](const PanelTarget& target) {
        return target.good && target.seen_at && now - *target.seen_at <= target.fresh_for;
      }));
}

Abstention VantageHealth::Condition(Instant now) const {
  if (const Abstention ailment = Ailment(now); ailment != Abstention::kNone) return ailment;
  if (outdated_) return Abstention::kStaleConfiguration;
  return now > panel_good_until_ ? Abstention::kPanelBad : Abstention::kNone;
}

Abstention VantageHealth::Condition(Instant now, std::string& why) const {
  const Abstention condition = Condition(now);
  if (condition == Abstention::kSkewed) why = "it dates probes into the future";
  if (condition == Abstention::kStalled) {
    why = absl::StrCat("its probes start ", absl::FormatDuration(lag_), " late");
  }
  if (condition == Abstention::kResolverDead) why = "none of its resolvers answers";
  if (condition == Abstention::kStaleConfiguration) {
    why = "it still probes by older assignments than those it was sent";
  }
  if (condition == Abstention::kPanelBad) {
    why = absl::StrCat(PanelGood(now), " of ", panel_size(), " control targets answer");
  }
  return condition;
}

// How much of the panel has answered since `since`: a path that went bad together with everything
// else says something of the vantage only.
int VantageHealth::PanelGoodSince(const Watch& watch) const {
  // Where every path of the service is bad for it, what the panel said before is worth nothing. An
  // edge that fails alone need not wait for the panel's next answer.
  const bool alone = watch.siblings.empty() ||
                     std::any_of(watch.siblings.begin(), watch.siblings.end(),
                                 [](const Watch* sibling) { return !sibling->bad_since; });
  return static_cast<int>(
      std::count_if(panel_.begin(), panel_.end(), [&](const PanelTarget& target) {
        const absl::Duration before = alone ? target.interval : absl::ZeroDuration();
        return target.good_at && *target.good_at >= *watch.bad_since - before;
      }));
}

// Why it does not vote on one path. Words are for Explain: most of the time nobody asks.
Abstention VantageHealth::SilenceOn(const Watch& watch, Instant now) const {
  const absl::Duration fresh_for = watch.fresh_for;
  if (!watch.newest || now - watch.newest->at > fresh_for) {
    if (!connected_) return Abstention::kDisconnected;
    if (outdated_) return Abstention::kStaleConfiguration;
    if (watch.late_at && now - *watch.late_at <= fresh_for) return Abstention::kLate;
    return watch.newest ? Abstention::kStale : Abstention::kWarming;
  }
  const Abstention condition = Condition(now);
  if (condition != Abstention::kNone) return condition;
  if (watch.refused) return Abstention::kRefused;
  // What the filter holds is from before an ailment that has just ended.
  const bool old = watch.filtered_at && now - *watch.filtered_at > fresh_for;
  if (!watch.filter.warm() || old) return Abstention::kWarming;
  const bool down = watch.filter.health() == Health::kDown;
  if (down && watch.bad_since && 2 * PanelGoodSince(watch) < panel_size()) {
    return Abstention::kPanelBad;
  }
  return Abstention::kNone;
}

std::string VantageHealth::Explain(const Watch& watch, Abstention abstention, Instant now) const {
  const bool silent =
      abstention == Abstention::kStale || (abstention == Abstention::kWarming && !watch.newest);
  if (silent && watch.unproven_at && now - *watch.unproven_at <= watch.fresh_for) {
    return "its good answers prove nothing: none has an echo of a fresh seed";
  }
  switch (abstention) {
    case Abstention::kLate:
      return offset_.known() ? "what arrives is a backlog"
                             : "it has answered no ping yet: when it saw that is not known";
    case Abstention::kStale:
      return absl::StrCat(
          "nothing fresh for ",
          absl::FormatDuration(absl::Trunc(now - watch.newest->at, absl::Milliseconds(100))));
    case Abstention::kRefused:
      return watch.newest->detail;
    case Abstention::kWarming:
      if (!watch.newest) return "no result yet";
      return watch.filter.warm() ? "what it saw while it ailed does not count"
                                 : watch.filter.Words();
    default:
      break;
  }
  std::string why;
  const Abstention condition = Condition(now, why);
  if (abstention == Abstention::kPanelBad && condition != abstention) {
    return absl::StrCat(PanelGoodSince(watch), " of ", panel_size(),
                        " control targets have answered since the path went bad");
  }
  return abstention == condition ? why : "";
}

Vote VantageHealth::VoteOn(const std::string& service, const Path& path, Instant now) const {
  Vote vote;
  const auto found = watches_.find(std::pair<const std::string&, const Path&>(service, path));
  if (found == watches_.end()) {
    vote.abstention = Abstention::kWarming;
    vote.why = "not assigned";
    return vote;
  }
  const Watch& watch = found->second;
  vote.by_name = watch.newest;
  vote.abstention = SilenceOn(watch, now);
  if (vote.abstention != Abstention::kNone) {
    vote.why = Explain(watch, vote.abstention, now);
    return vote;
  }
  vote.kind = watch.KindAt(now);
  if (watch.pinned && now - watch.pinned->at <= watch.pinned_fresh_for) vote.pinned = watch.pinned;
  return vote;
}

Standing VantageHealth::StandingAt(uint32_t number, Instant now) const {
  Standing standing;
  if (number == 0 || number > targets_.size()) return standing;
  if (targets_[number - 1].watch == nullptr) return standing;
  const Watch& watch = *targets_[number - 1].watch;
  if (watch.newest) standing.by_name = watch.newest->probe_class;
  standing.abstention = SilenceOn(watch, now);
  if (standing.abstention != Abstention::kNone) return standing;
  standing.kind = watch.KindAt(now);
  if (watch.pinned && now - watch.pinned->at <= watch.pinned_fresh_for) {
    standing.pinned = watch.pinned->probe_class;
  }
  return standing;
}

}  // namespace lifeboat
