#ifndef LIFEBOAT_AGENT_PROBE_OBSERVATION_H_
#define LIFEBOAT_AGENT_PROBE_OBSERVATION_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/address.h"
#include "base/clock.h"
#include "base/echo.h"

namespace lifeboat::agent {

// How one probe ended; the meanings are those of the contract (types.proto).
enum class ProbeClass {
  kOk,
  kSlow,
  kHttpEdge,
  kHttpOrigin,
  kRefused,
  kTimeoutConnect,
  kTimeoutRead,
  kReset,
  kTls,
  kDns,
  kBadBody,
};

inline constexpr size_t kProbeClasses = static_cast<size_t>(ProbeClass::kBadBody) + 1;

// "OK", "HTTP_EDGE", …: as in the contract, for logs and metric labels.
absl::string_view ClassName(ProbeClass probe_class);

// What came back for the nonce that `seeds` and `counter` make.
struct EchoAnswer {
  std::vector<EchoBytes> seeds;
  uint64_t counter = 0;
  std::optional<EchoBytes> mac;  // nothing: no such answer came
};

// What one probe saw. Phases that were not reached are zero.
struct Observation {
  ProbeClass probe_class = ProbeClass::kOk;
  Instant ended;
  absl::Duration total;  // from the probe's start
  absl::Duration resolve;
  absl::Duration connect;
  absl::Duration tls;
  absl::Duration first_byte;  // from request sent
  int http_status = 0;
  std::optional<IpAddress> address;   // of the peer
  std::string detail;                 // printable ASCII, at most 200 bytes; empty when OK
  int64_t certificate_not_after = 0;  // Unix seconds; 0 if no certificate was seen
  // Null where the target asks for none, no seed was held, or no answer preceded it. Shared by all
  // controllers that asked for the probe.
  std::shared_ptr<const EchoAnswer> echo;
};

}  // namespace lifeboat::agent

#endif  // LIFEBOAT_AGENT_PROBE_OBSERVATION_H_
