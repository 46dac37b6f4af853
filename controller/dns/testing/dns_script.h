#ifndef LIFEBOAT_CONTROLLER_DNS_TESTING_DNS_SCRIPT_H_
#define LIFEBOAT_CONTROLLER_DNS_TESTING_DNS_SCRIPT_H_

#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/string_view.h"
#include "base/address.h"

namespace lifeboat {

// A DNS server that says what the test wants, by UDP and TCP on one port of the kernel's choice.
class DnsScript {
 public:
  // What to send back for a message, in order; may be nothing. Called on the server's own thread.
  using Handler = std::function<std::vector<std::string>(absl::string_view message, bool tcp)>;

  explicit DnsScript(Handler handler, const std::string& address = "127.0.0.1", uint16_t port = 0);
  ~DnsScript();
  DnsScript(const DnsScript&) = delete;
  DnsScript& operator=(const DnsScript&) = delete;

  const Endpoint& endpoint() const { return endpoint_; }

 private:
  void Run();
  void ServeDatagram();
  void ServeStream();

  const Handler handler_;
  Endpoint endpoint_;
  int udp_ = -1;
  int tcp_ = -1;
  int stop_[2] = {-1, -1};  // a pipe
  std::thread thread_;
};

struct ReplyOptions {
  int rcode = 0;
  bool authoritative = true;
  bool truncated = false;
};
// A reply to `question` with these records (zone-file lines) as its answer.
std::string ReplyTo(absl::string_view question, const std::vector<std::string>& records,
                    const ReplyOptions& options = {});

// A handler that serves these records (zone-file lines) with authority, and nothing else.
DnsScript::Handler ServeRecords(std::vector<std::string> records);

}  // namespace lifeboat

#endif  // LIFEBOAT_CONTROLLER_DNS_TESTING_DNS_SCRIPT_H_
