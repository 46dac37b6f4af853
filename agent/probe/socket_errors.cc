#include "agent/probe/socket_errors.h"

#include <cerrno>

namespace lifeboat::agent {

Transport TransportOfErrno(int error) {
  switch (error) {
    case ECONNREFUSED:
    case ECONNRESET:
    case ECONNABORTED:
    case EPIPE:
      return Transport::kClosed;
    case ETIMEDOUT:
      return Transport::kTimeout;
    // Also when a router far away says so because a whole provider's routes were withdrawn. Whether
    // it is this very host that has no way there, only its routing table tells.
    case ENETUNREACH:
    case EHOSTUNREACH:
    case ENETDOWN:
    case EHOSTDOWN:
    case ENONET:
    case ENOPROTOOPT:
    case EPROTO:
      return Transport::kUnreachable;
    default:
      return Transport::kLocal;  // descriptors, memory, source address or ports, firewall
  }
}

}  // namespace lifeboat::agent
