#ifndef LIFEBOAT_CONTROLLER_DNS_PROOF_AT_SERVERS_H_
#define LIFEBOAT_CONTROLLER_DNS_PROOF_AT_SERVERS_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/time/time.h"
#include "controller/dns/authoritative_servers.h"
#include "controller/dns/dns_client.h"
#include "controller/failover/lever.h"

namespace lifeboat {

struct ServerToProve {
  AuthoritativeServer server;
  bool silent_before = false;  // it was silent since before the move began: it cannot block
};

// A hostname (absolute), what shall stand there, and who shall serve it.
struct NameToProve {
  std::string hostname;
  Records records;
  std::vector<ServerToProve> servers;
};

// Asks every server for the A, AAAA and CNAME at each hostname, each on its own and again and
// again, quickly at first, until all that can block serve exactly its records or `limit` has passed
// for all. CNAMEs are not followed. A server that was silent before still counts once it speaks. A
// server is asked for a few names at a time. `told` is called once for each name, with its index,
// as soon as its outcome is known.
void ProveAllAtServers(const DnsClient& client, const std::vector<NameToProve>& names,
                       absl::Duration limit, absl::FunctionRef<void(size_t, Proof)> told);

// The same for one hostname.
Proof ProveAtServers(const DnsClient& client, const std::vector<ServerToProve>& servers,
                     const std::string& hostname, const Records& records, absl::Duration limit);

}  // namespace lifeboat

#endif  // LIFEBOAT_CONTROLLER_DNS_PROOF_AT_SERVERS_H_
