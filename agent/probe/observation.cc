#include "agent/probe/observation.h"

namespace lifeboat::agent {

absl::string_view ClassName(ProbeClass probe_class) {
  switch (probe_class) {
    case ProbeClass::kOk:
      return "OK";
    case ProbeClass::kSlow:
      return "SLOW";
    case ProbeClass::kHttpEdge:
      return "HTTP_EDGE";
    case ProbeClass::kHttpOrigin:
      return "HTTP_ORIGIN";
    case ProbeClass::kRefused:
      return "REFUSED";
    case ProbeClass::kTimeoutConnect:
      return "TIMEOUT_CONNECT";
    case ProbeClass::kTimeoutRead:
      return "TIMEOUT_READ";
    case ProbeClass::kReset:
      return "RESET";
    case ProbeClass::kTls:
      return "TLS";
    case ProbeClass::kDns:
      return "DNS";
    case ProbeClass::kBadBody:
      return "BAD_BODY";
  }
  return "UNSPECIFIED";
}

}  // namespace lifeboat::agent
