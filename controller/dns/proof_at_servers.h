#ifndef LIFEBOAT_CONTROLLER_DNS_PROOF_AT_SERVERS_H_
#define LIFEBOAT_CONTROLLER_DNS_PROOF_AT_SERVERS_H_

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "controller/dns/authoritative_servers.h"
#include "controller/dns/dns_client.h"
#include "controller/failover/lever.h"

namespace lifeboat {

struct ServerToProve {
  AuthoritativeServer server;
  bool silent_before = false;  // it was silent since before the move began: it cannot block
};

// Asks every server for the A, AAAA and CNAME at `hostname` (absolute), each on its own and again
// and again, quickly at first, until all that can block serve exactly `records` or `limit` has
// passed. CNAMEs are not followed. A server that was silent before still counts once it speaks.
Proof ProveAtServers(const DnsClient& client, const std::vector<ServerToProve>& servers,
                     const std::string& hostname, const Records& records, absl::Duration limit);

}  // namespace lifeboat

#endif  // LIFEBOAT_CONTROLLER_DNS_PROOF_AT_SERVERS_H_
