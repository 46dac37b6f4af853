#include "controller/admin/wire.h"

#include <algorithm>

#include "controller/admin/words.h"

namespace lifeboat::admin {
namespace {

const absl::Duration kLongest = absl::Seconds(315'576'000'000);
const absl::Time kEarliest = absl::FromUnixSeconds(-62'135'596'800);  // 0001-01-01
const absl::Time kLatest = absl::FromUnixSeconds(253'402'300'799);    // 9999-12-31

}  // namespace

google::protobuf::Duration ToProto(absl::Duration duration) {
  duration = std::clamp(duration, -kLongest, kLongest);
  absl::Duration rest;
  google::protobuf::Duration proto;
  proto.set_seconds(absl::IDivDuration(duration, absl::Seconds(1), &rest));
  proto.set_nanos(static_cast<int32_t>(absl::ToInt64Nanoseconds(rest)));
  return proto;
}

google::protobuf::Timestamp ToProto(absl::Time time) {
  time = std::clamp(time, kEarliest, kLatest);
  google::protobuf::Timestamp proto;
  proto.set_seconds(absl::ToUnixSeconds(time));
  proto.set_nanos(static_cast<int32_t>(
      absl::ToInt64Nanoseconds(time - absl::FromUnixSeconds(proto.seconds()))));
  return proto;
}

absl::Duration FromProto(const google::protobuf::Duration& duration) {
  return absl::Seconds(duration.seconds()) + absl::Nanoseconds(duration.nanos());
}

absl::Time FromProto(const google::protobuf::Timestamp& time) {
  return absl::FromUnixSeconds(time.seconds()) + absl::Nanoseconds(time.nanos());
}

v1::Epoch ToProto(const Epoch& epoch) {
  v1::Epoch proto;
  proto.set_generation(epoch.generation);
  proto.set_revision(epoch.revision);
  return proto;
}

v1::ServicePhase ToProto(Phase phase) {
  switch (phase) {
    case Phase::kWarming:
      return v1::SERVICE_PHASE_WARMING;
    case Phase::kServingEdge:
      return v1::SERVICE_PHASE_SERVING_EDGE;
    case Phase::kIntent:
      return v1::SERVICE_PHASE_INTENT;
    case Phase::kApplying:
      return v1::SERVICE_PHASE_APPLYING;
    case Phase::kServingExit:
      return v1::SERVICE_PHASE_SERVING_EXIT;
    case Phase::kFailingBack:
      return v1::SERVICE_PHASE_FAILING_BACK;
    case Phase::kAmnesia:
      return v1::SERVICE_PHASE_AMNESIA;
  }
  return v1::SERVICE_PHASE_UNSPECIFIED;
}

v1::VerdictKind ToProto(Verdict verdict) {
  switch (verdict) {
    case Verdict::kUp:
      return v1::VERDICT_KIND_UP;
    case Verdict::kDegraded:
      return v1::VERDICT_KIND_DEGRADED;
    case Verdict::kDown:
      return v1::VERDICT_KIND_DOWN;
    case Verdict::kUndecided:
      return v1::VERDICT_KIND_UNDECIDED;
    case Verdict::kBlind:
      return v1::VERDICT_KIND_BLIND;
  }
  return v1::VERDICT_KIND_UNSPECIFIED;
}

v1::VoteKind ToProto(VoteKind kind) {
  switch (kind) {
    case VoteKind::kUp:
      return v1::VOTE_KIND_UP;
    case VoteKind::kDegraded:
      return v1::VOTE_KIND_DEGRADED;
    case VoteKind::kDown:
      return v1::VOTE_KIND_DOWN;
    case VoteKind::kOscillating:
      return v1::VOTE_KIND_OSCILLATING;
    case VoteKind::kAbstain:
      return v1::VOTE_KIND_ABSTAIN;
  }
  return v1::VOTE_KIND_UNSPECIFIED;
}

v1::ProbeClass ToProto(ProbeClass probe_class) {
  // Both lists are in the contract's order, which begins with UNSPECIFIED.
  return static_cast<v1::ProbeClass>(static_cast<int>(probe_class) + 1);
}

v1::EventView ToProto(const Event& event) {
  v1::EventView proto;
  proto.set_id(event.id);
  *proto.mutable_at() = ToProto(event.at);
  proto.set_service(Printable(event.service));
  proto.set_kind(Printable(event.kind));
  proto.set_alarm(event.alarm);
  proto.set_text(Printable(event.text));
  proto.set_explained(!event.detail.empty());
  return proto;
}

}  // namespace lifeboat::admin
