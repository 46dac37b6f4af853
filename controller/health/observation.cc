#include "controller/health/observation.h"

#include <optional>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/address.h"

namespace lifeboat {
namespace {

namespace pb = lifeboat::v1;

constexpr size_t kLongestDetail = 1000;

std::optional<ProbeClass> ClassFromProto(pb::ProbeClass probe_class) {
  switch (probe_class) {
    case pb::PROBE_CLASS_OK:
      return ProbeClass::kOk;
    case pb::PROBE_CLASS_SLOW:
      return ProbeClass::kSlow;
    case pb::PROBE_CLASS_HTTP_EDGE:
      return ProbeClass::kHttpEdge;
    case pb::PROBE_CLASS_HTTP_ORIGIN:
      return ProbeClass::kHttpOrigin;
    case pb::PROBE_CLASS_REFUSED:
      return ProbeClass::kRefused;
    case pb::PROBE_CLASS_TIMEOUT_CONNECT:
      return ProbeClass::kTimeoutConnect;
    case pb::PROBE_CLASS_TIMEOUT_READ:
      return ProbeClass::kTimeoutRead;
    case pb::PROBE_CLASS_RESET:
      return ProbeClass::kReset;
    case pb::PROBE_CLASS_TLS:
      return ProbeClass::kTls;
    case pb::PROBE_CLASS_DNS:
      return ProbeClass::kDns;
    case pb::PROBE_CLASS_BAD_BODY:
      return ProbeClass::kBadBody;
    default:
      return std::nullopt;
  }
}

bool NeedsStatus(ProbeClass probe_class) {
  return probe_class == ProbeClass::kHttpEdge || probe_class == ProbeClass::kHttpOrigin ||
         probe_class == ProbeClass::kRefused;
}

}  // namespace

absl::StatusOr<Seen> FromProto(const pb::Observation& observation) {
  const std::optional<ProbeClass> probe_class = ClassFromProto(observation.class_());
  if (!probe_class) {
    return absl::InvalidArgumentError(
        absl::StrCat("class ", observation.class_(), " is no class of a probe"));
  }
  if (observation.ended_boottime_us() < 0) {
    return absl::InvalidArgumentError("it ended before its agent's machine was booted");
  }
  const uint32_t status = observation.http_status();
  if ((status != 0 && (status < 100 || status > 599)) ||
      (status == 0 && NeedsStatus(*probe_class))) {
    return absl::InvalidArgumentError(
        absl::StrCat("class ", ProbeClassName(*probe_class), " with HTTP status ", status));
  }
  if (observation.detail().size() > kLongestDetail) {
    return absl::InvalidArgumentError("its detail is longer than 1,000 bytes");
  }
  Seen seen;
  seen.probe_class = *probe_class;
  seen.http_status = static_cast<int>(status);
  seen.latency = absl::Microseconds(observation.total_us());
  seen.ended = absl::Microseconds(observation.ended_boottime_us());
  seen.detail = observation.detail();
  if (!observation.address().empty()) {
    const auto address = IpAddress::FromBytes(observation.address());
    if (!address.ok()) return address.status();
    seen.address = address->ToString();
  }
  if (observation.certificate_not_after() != 0) {
    seen.certificate_not_after = absl::FromUnixSeconds(observation.certificate_not_after());
  }
  return seen;
}

}  // namespace lifeboat
