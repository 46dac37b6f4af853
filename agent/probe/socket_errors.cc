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
    // Also when withdrawn routes of a whole provider are the cause, so never "local"; a machine
    // without any network shows in its panel.
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
