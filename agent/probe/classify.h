#ifndef LIFEBOAT_AGENT_PROBE_CLASSIFY_H_
#define LIFEBOAT_AGENT_PROBE_CLASSIFY_H_

#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "agent/plan/probe_spec.h"
#include "agent/probe/observation.h"

namespace lifeboat::agent {

// How the transport ended, before anybody judges what was said over it.
enum class Transport {
  kComplete,     // a whole answer (HTTP), a connection (TCP), or as much of the body as is read
  kNoAddress,    // resolving gave nothing, or not in time
  kTimeout,      // the probe's time ran out
  kUnreachable,  // the network said that there is no way there
  kClosed,       // refused, reset, closed early, or something that is no HTTP
  kTls,          // the handshake or the certificate failed
  kLocal,        // this machine's own fault (descriptors, source address, CA file): no observation
};

// All that a verdict on one probe may rest on.
struct ProbeEnd {
  Transport transport = Transport::kComplete;
  std::string words;           // of the library or the kernel; untrusted
  bool connected = false;      // the TCP connection stood
  bool handshaken = false;     // TLS stood
  int status = 0;              // HTTP; 0 where none came
  std::string location;        // of a redirect; untrusted
  bool challenge = false;      // the answer calls itself a challenge (Cf-Mitigated)
  bool origin_marker = false;  // the header that only the origin sets was there
  bool body_found = false;     // expect_body occurred
  absl::Duration total;
};

struct Judgement {
  ProbeClass probe_class = ProbeClass::kOk;
  std::string detail;  // printable ASCII, at most 200 bytes; empty when OK
};

// What `end` means for a probe of `spec`. `end.transport` is not kLocal.
Judgement Classify(const ProbeSpec& spec, const ProbeEnd& end);

// `text` with what is not printable ASCII replaced, cut to 200 bytes: safe in a protobuf string and
// on a terminal.
std::string PrintableDetail(absl::string_view text);

}  // namespace lifeboat::agent

#endif  // LIFEBOAT_AGENT_PROBE_CLASSIFY_H_
