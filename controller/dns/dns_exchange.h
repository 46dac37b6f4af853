#ifndef LIFEBOAT_CONTROLLER_DNS_DNS_EXCHANGE_H_
#define LIFEBOAT_CONTROLLER_DNS_DNS_EXCHANGE_H_

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/address.h"
#include "base/descriptor.h"

namespace lifeboat {

enum class DnsTransport { kUdp, kTcp };

// One DNS message under way to one server, and its reply: sent once, on a socket of its own with a
// port of the kernel's choice. Never blocks: whoever owns it polls `fd()` for `events()` and calls
// `OnReady`. Replies from elsewhere, with another ID or to another question are not noticed.
class DnsExchange {
 public:
  // Sends at once where it can. `source`: the address to send from, where it is of the server's
  // family; an unset one is the kernel's choice.
  DnsExchange(const Endpoint& server, std::string message, DnsTransport transport,
              const std::optional<IpAddress>& source);
  DnsExchange(const DnsExchange&) = delete;
  DnsExchange& operator=(const DnsExchange&) = delete;

  int fd() const { return socket_.get(); }
  short events() const;  // POLLIN or POLLOUT
  void OnReady();

  bool done() const { return result_.has_value(); }
  // Once done, the reply, or
  //   FAILED_PRECONDITION  no route to that address from here: never sent
  //   UNAVAILABLE          the server got no whole message: refused, or not sent
  //   UNKNOWN              it may have got it; the connection broke
  const absl::StatusOr<std::string>& result() const { return *result_; }
  // Whether the server may have got the message.
  bool may_have_arrived() const { return may_have_arrived_; }
  const Endpoint& server() const { return server_; }

 private:
  absl::Status Open(const std::optional<IpAddress>& source);
  void Write();
  void ReadDatagram();
  void ReadStream();
  void Fail(int error, absl::string_view doing);
  void Finish(absl::StatusOr<std::string> result);

  const Endpoint server_;
  const DnsTransport transport_;
  const std::string message_;
  Descriptor socket_;
  std::string to_write_;  // what is still to be sent, with TCP's length
  std::string received_;  // of the TCP stream
  bool may_have_arrived_ = false;
  std::optional<absl::StatusOr<std::string>> result_;
};

}  // namespace lifeboat

#endif  // LIFEBOAT_CONTROLLER_DNS_DNS_EXCHANGE_H_
