#ifndef LIFEBOAT_CONTROLLER_ADMIN_WIRE_H_
#define LIFEBOAT_CONTROLLER_ADMIN_WIRE_H_

#include "absl/time/time.h"
#include "controller/failover/epoch.h"
#include "controller/failover/move.h"
#include "controller/failover/snapshot.h"
#include "controller/quorum/quorum.h"
#include "controller/quorum/vote.h"
#include "google/protobuf/duration.pb.h"
#include "google/protobuf/timestamp.pb.h"
#include "proto/lifeboat/v1/admin.pb.h"

// Domain values in wire form.
namespace lifeboat::admin {

// What protobuf can say: at most 10,000 years either way.
google::protobuf::Duration ToProto(absl::Duration duration);
google::protobuf::Timestamp ToProto(absl::Time time);
absl::Duration FromProto(const google::protobuf::Duration& duration);
absl::Time FromProto(const google::protobuf::Timestamp& time);

v1::Epoch ToProto(const Epoch& epoch);
v1::ServicePhase ToProto(Phase phase);
v1::VerdictKind ToProto(Verdict verdict);
v1::VoteKind ToProto(VoteKind kind);
v1::ProbeClass ToProto(ProbeClass probe_class);
v1::EventView ToProto(const Event& event);

}  // namespace lifeboat::admin

#endif  // LIFEBOAT_CONTROLLER_ADMIN_WIRE_H_
