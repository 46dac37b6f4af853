#ifndef LIFEBOAT_EXITNODE_CONNECTOR_ECHO_REQUEST_H_
#define LIFEBOAT_EXITNODE_CONNECTOR_ECHO_REQUEST_H_

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"
#include "base/echo.h"

// What is asked of an echo listener, just enough of HTTP/1.1 (RFC 9112):
// `GET <anything>?nonce=<64 hex digits>`, one request a connection. Whoever ends TLS at the origin
// has chosen the path; here it does not matter.
namespace lifeboat::exitnode {

inline constexpr size_t kMostEchoRequestBytes = 16 << 10;  // of a request's head; proxies add to it

struct EchoRequest {
  int status = 400;   // 200, or why there is no echo: 400, 404, 405 or 413
  EchoBytes nonce{};  // where status is 200
};

// `head` runs to the empty line and includes it.
EchoRequest ParseEchoRequest(absl::string_view head);

// A whole answer, after which the connection closes: no cache may keep it.
std::string EchoResponse(int status, absl::string_view body);

}  // namespace lifeboat::exitnode

#endif  // LIFEBOAT_EXITNODE_CONNECTOR_ECHO_REQUEST_H_
