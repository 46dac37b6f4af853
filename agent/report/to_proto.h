#ifndef LIFEBOAT_AGENT_REPORT_TO_PROTO_H_
#define LIFEBOAT_AGENT_REPORT_TO_PROTO_H_

#include <cstdint>

#include "agent/probe/observation.h"
#include "agent/report/observation_queue.h"
#include "base/clock.h"
#include "proto/lifeboat/v1/agent.pb.h"

namespace lifeboat::agent {

// CLOCK_BOOTTIME in microseconds, as the contract dates things.
int64_t BootMicros(Instant instant);

v1::Observation ToProto(uint32_t target, const Observation& observation);
// Without what is not the batch's own: drops, lag, resolvers.
v1::ObservationBatch ToProto(const ObservationQueue::Batch& batch);

}  // namespace lifeboat::agent

#endif  // LIFEBOAT_AGENT_REPORT_TO_PROTO_H_
