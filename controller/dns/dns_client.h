#ifndef LIFEBOAT_CONTROLLER_DNS_DNS_CLIENT_H_
#define LIFEBOAT_CONTROLLER_DNS_DNS_CLIENT_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/address.h"
#include "controller/dns/dns_exchange.h"
#include "controller/dns/dns_message.h"

namespace lifeboat {

struct DnsQuestion {
  Endpoint server;
  std::string name;
  RrType type = RrType::kA;
  bool recursion_desired = false;
};

// Speaks DNS to servers of one's choice, blocking. IDs come from the system's random source.
// Thread-safe.
class DnsClient {
 public:
  // `source`: see DnsExchange.
  explicit DnsClient(std::optional<IpAddress> source = std::nullopt) : source_(source) {}

  // Sends `message`, ID and all, exactly once: by UDP, or by TCP where it is long.
  //   FAILED_PRECONDITION, UNAVAILABLE  the server did not get it
  //   DEADLINE_EXCEEDED, UNKNOWN        it may have
  absl::StatusOr<std::string> SendOnce(const Endpoint& server, const std::string& message,
                                       absl::Duration timeout) const;

  // Asks all at the same time; the answers are in the order of the questions, after at most
  // `timeout`. A question is repeated by UDP and then by TCP; TCP too where an answer is cut short.
  //   FAILED_PRECONDITION  no route to that server     UNAVAILABLE, UNKNOWN  it refuses
  //   DEADLINE_EXCEEDED    silent                       DATA_LOSS             it answers garbage
  std::vector<absl::StatusOr<DnsAnswer>> AskAll(const std::vector<DnsQuestion>& questions,
                                                absl::Duration timeout) const;
  absl::StatusOr<DnsAnswer> Ask(const DnsQuestion& question, absl::Duration timeout) const;

  // Begins one attempt, for callers who poll by themselves. INVALID_ARGUMENT: the name is none.
  absl::StatusOr<std::unique_ptr<DnsExchange>> Begin(const DnsQuestion& question,
                                                     DnsTransport transport) const;

 private:
  const std::optional<IpAddress> source_;
};

// From the system's random source.
uint16_t RandomMessageId();

// Waits until something happens to one of `exchanges` that is not done, or `limit` has passed, and
// lets them act.
void PollOnce(const std::vector<DnsExchange*>& exchanges, absl::Duration limit);

}  // namespace lifeboat

#endif  // LIFEBOAT_CONTROLLER_DNS_DNS_CLIENT_H_
