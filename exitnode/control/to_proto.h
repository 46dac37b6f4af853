#ifndef LIFEBOAT_EXITNODE_CONTROL_TO_PROTO_H_
#define LIFEBOAT_EXITNODE_CONTROL_TO_PROTO_H_

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "exitnode/control/instruction.h"
#include "exitnode/tunnel/service_spec.h"
#include "proto/lifeboat/v1/exitnode.pb.h"

namespace lifeboat::exitnode {

// Checked: what comes of it passes Validate.
absl::StatusOr<Instruction> FromProto(const lifeboat::v1::ExitInstruction& instruction);
lifeboat::v1::ExitInstruction ToProto(const Instruction& instruction);
lifeboat::v1::Epoch ToProto(const Epoch& epoch);

// What `report` says, dated from `now`.
lifeboat::v1::ExitReport ToProto(const TunnelReport& report, Instant now);

}  // namespace lifeboat::exitnode

#endif  // LIFEBOAT_EXITNODE_CONTROL_TO_PROTO_H_
