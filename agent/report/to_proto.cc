#include "agent/report/to_proto.h"

#include <algorithm>
#include <limits>

namespace lifeboat::agent {
namespace {

namespace pb = lifeboat::v1;

uint32_t Micros(absl::Duration duration) {
  constexpr int64_t kMost = std::numeric_limits<uint32_t>::max();
  return static_cast<uint32_t>(std::clamp<int64_t>(absl::ToInt64Microseconds(duration), 0, kMost));
}

pb::ProbeClass ToProto(ProbeClass probe_class) {
  switch (probe_class) {
    case ProbeClass::kOk:
      return pb::PROBE_CLASS_OK;
    case ProbeClass::kSlow:
      return pb::PROBE_CLASS_SLOW;
    case ProbeClass::kHttpEdge:
      return pb::PROBE_CLASS_HTTP_EDGE;
    case ProbeClass::kHttpOrigin:
      return pb::PROBE_CLASS_HTTP_ORIGIN;
    case ProbeClass::kRefused:
      return pb::PROBE_CLASS_REFUSED;
    case ProbeClass::kTimeoutConnect:
      return pb::PROBE_CLASS_TIMEOUT_CONNECT;
    case ProbeClass::kTimeoutRead:
      return pb::PROBE_CLASS_TIMEOUT_READ;
    case ProbeClass::kReset:
      return pb::PROBE_CLASS_RESET;
    case ProbeClass::kTls:
      return pb::PROBE_CLASS_TLS;
    case ProbeClass::kDns:
      return pb::PROBE_CLASS_DNS;
    case ProbeClass::kBadBody:
      return pb::PROBE_CLASS_BAD_BODY;
  }
  return pb::PROBE_CLASS_UNSPECIFIED;
}

absl::string_view Bytes(const EchoBytes& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

void SetEcho(const EchoAnswer& answer, pb::EchoAnswer& message) {
  for (const EchoBytes& seed : answer.seeds) message.add_seeds(std::string(Bytes(seed)));
  message.set_counter(answer.counter);
  if (answer.mac) message.set_mac(std::string(Bytes(*answer.mac)));
}

}  // namespace

int64_t BootMicros(Instant instant) { return absl::ToInt64Microseconds(instant.since_boot()); }

pb::Observation ToProto(uint32_t target, const Observation& observation) {
  pb::Observation message;
  message.set_target(target);
  message.set_class_(ToProto(observation.probe_class));
  message.set_ended_boottime_us(BootMicros(observation.ended));
  message.set_total_us(Micros(observation.total));
  message.set_resolve_us(Micros(observation.resolve));
  message.set_connect_us(Micros(observation.connect));
  message.set_tls_us(Micros(observation.tls));
  message.set_first_byte_us(Micros(observation.first_byte));
  message.set_http_status(observation.http_status);
  if (observation.address) message.set_address(observation.address->ToBytes());
  message.set_detail(observation.detail);
  message.set_certificate_not_after(observation.certificate_not_after);
  if (observation.echo != nullptr) SetEcho(*observation.echo, *message.mutable_echo());
  return message;
}

pb::ObservationBatch ToProto(const ObservationQueue::Batch& batch) {
  pb::ObservationBatch message;
  message.set_number(batch.number);
  message.set_assignments_revision(batch.revision);
  for (const auto& entry : batch.entries) {
    *message.add_observations() = ToProto(entry.target, entry.observation);
  }
  return message;
}

}  // namespace lifeboat::agent
