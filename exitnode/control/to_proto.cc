#include "exitnode/control/to_proto.h"

#include <algorithm>
#include <limits>

#include "absl/strings/str_cat.h"
#include "base/status.h"

namespace lifeboat::exitnode {
namespace {

namespace pb = lifeboat::v1;

// What the tunnel runs over, until its transport is encrypted.
constexpr char kTransport[] = "tcp (clear)";

google::protobuf::Duration ToProto(absl::Duration duration) {
  google::protobuf::Duration proto;
  const absl::Duration since = std::max(duration, absl::ZeroDuration());
  absl::Duration rest;
  proto.set_seconds(absl::IDivDuration(since, absl::Seconds(1), &rest));
  proto.set_nanos(static_cast<int32_t>(absl::ToInt64Nanoseconds(rest)));
  return proto;
}

pb::UpstreamOutcome ToProto(UpstreamOutcome outcome) {
  switch (outcome) {
    case UpstreamOutcome::kNone:
      return pb::UPSTREAM_OUTCOME_UNSPECIFIED;
    case UpstreamOutcome::kAnswered:
      return pb::UPSTREAM_OUTCOME_ANSWERED;
    case UpstreamOutcome::kRefused:
      return pb::UPSTREAM_OUTCOME_REFUSED;
    case UpstreamOutcome::kNoChannel:
      return pb::UPSTREAM_OUTCOME_NO_CHANNEL;
  }
  return pb::UPSTREAM_OUTCOME_UNSPECIFIED;
}

pb::ExitServiceReport ToProto(const ServiceReport& report, Instant now) {
  pb::ExitServiceReport proto;
  proto.set_name(report.name);
  proto.set_open(report.open);
  proto.set_listening(report.listening);
  proto.set_trouble(report.trouble);
  proto.set_tunnel_up(report.tunnel_up);
  *proto.mutable_tunnel_since() = ToProto(now - report.tunnel_since);
  proto.set_upstream(ToProto(report.upstream.last));
  if (report.upstream.last != UpstreamOutcome::kNone) {
    *proto.mutable_upstream_age() = ToProto(now - report.upstream.at);
  }
  proto.set_visitors(report.visitors);
  proto.set_visitors_total(report.visitors_total);
  proto.set_bytes_in_total(report.bytes_in_total);
  proto.set_bytes_out_total(report.bytes_out_total);
  proto.set_pooled_channels(report.pooled_channels);
  return proto;
}

absl::StatusOr<std::vector<uint16_t>> Ports(const google::protobuf::RepeatedField<uint32_t>& proto,
                                            const std::string& service) {
  std::vector<uint16_t> ports;
  for (const uint32_t port : proto) {
    if (port > std::numeric_limits<uint16_t>::max()) {
      return absl::InvalidArgumentError(
          absl::StrCat("service \"", service, "\" has a visitor port of ", port));
    }
    ports.push_back(static_cast<uint16_t>(port));
  }
  return ports;
}

absl::StatusOr<ServiceSpec> FromProto(const pb::ExitService& service) {
  ServiceSpec spec{.name = service.name(), .token = service.token(), .open = service.open()};
  ASSIGN_OR_RETURN(spec.tcp_ports, Ports(service.tcp_ports(), service.name()));
  ASSIGN_OR_RETURN(spec.udp_ports, Ports(service.udp_ports(), service.name()));
  return spec;
}

}  // namespace

absl::StatusOr<Instruction> FromProto(const pb::ExitInstruction& proto) {
  Instruction instruction{
      .epoch = {proto.epoch().generation(), proto.epoch().revision()},
      .sequence = proto.sequence(),
  };
  for (const pb::ExitService& service : proto.services()) {
    ASSIGN_OR_RETURN(ServiceSpec spec, FromProto(service));
    instruction.services.push_back(std::move(spec));
  }
  RETURN_IF_ERROR(Validate(instruction));
  return instruction;
}

pb::Epoch ToProto(const Epoch& epoch) {
  pb::Epoch proto;
  proto.set_generation(epoch.generation);
  proto.set_revision(epoch.revision);
  return proto;
}

pb::ExitInstruction ToProto(const Instruction& instruction) {
  pb::ExitInstruction proto;
  *proto.mutable_epoch() = ToProto(instruction.epoch);
  proto.set_sequence(instruction.sequence);
  for (const ServiceSpec& spec : instruction.services) {
    pb::ExitService& service = *proto.add_services();
    service.set_name(spec.name);
    service.set_token(spec.token);
    for (const uint16_t port : spec.tcp_ports) service.add_tcp_ports(port);
    for (const uint16_t port : spec.udp_ports) service.add_udp_ports(port);
    service.set_open(spec.open);
  }
  return proto;
}

pb::ExitReport ToProto(const TunnelReport& report, Instant now) {
  pb::ExitReport proto;
  for (const ServiceReport& service : report.services) {
    *proto.add_services() = ToProto(service, now);
  }
  proto.set_handshakes_refused_total(report.handshakes.refused_total());
  proto.set_knocked(report.allowed_addresses);
  proto.set_tunnel_transport(kTransport);
  return proto;
}

}  // namespace lifeboat::exitnode
