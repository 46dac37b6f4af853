#ifndef LIFEBOAT_AGENT_PROBE_SOCKET_ERRORS_H_
#define LIFEBOAT_AGENT_PROBE_SOCKET_ERRORS_H_

#include "agent/probe/classify.h"

namespace lifeboat::agent {

// What an errno of socket, bind or connect means for a probe: the peer's word (kClosed), the
// network's (kUnreachable, kTimeout), or this machine's own trouble (kLocal).
Transport TransportOfErrno(int error);

}  // namespace lifeboat::agent

#endif  // LIFEBOAT_AGENT_PROBE_SOCKET_ERRORS_H_
