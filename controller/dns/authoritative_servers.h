#ifndef LIFEBOAT_CONTROLLER_DNS_AUTHORITATIVE_SERVERS_H_
#define LIFEBOAT_CONTROLLER_DNS_AUTHORITATIVE_SERVERS_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "base/address.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "controller/dns/dns_client.h"

namespace lifeboat {

// One address at which the world asks for a zone.
struct AuthoritativeServer {
  std::string name;  // "ns1.example.net."; empty where the configuration gives the address alone
  Endpoint endpoint;
  std::string ToString() const;  // "ns1.example.net. 192.0.2.53:53"
};

// Who serves a zone, and which of them are silent since when. Thread-safe; only Refresh blocks, and
// holds up nobody meanwhile.
class AuthoritativeServers {
 public:
  struct Options {
    std::string zone;  // absolute
    Endpoint primary;
    std::vector<Endpoint> fixed;  // never looked up; empty: every NS of the zone, by its addresses
    std::vector<Endpoint> resolvers;  // for addresses that the primary does not know
    absl::Duration timeout;           // of one question; at most 1 s is used
    uint16_t port = 53;               // of the servers that are looked up
  };
  // `client` and `clock` outlive it.
  AuthoritativeServers(Options options, const DnsClient& client, const Clock& clock);

  // Looks the servers up anew, where they are not fixed, and asks each for the SOA. What cannot be
  // found any more is kept as it was. UNAVAILABLE: not one server is known.
  absl::Status Refresh();

  std::vector<AuthoritativeServer> list() const;
  // NS names for which no address was ever found.
  std::vector<std::string> without_address() const;
  // Since when a server answers nothing at all; nullopt: it answered when last asked, or cannot be
  // asked from here.
  std::optional<Instant> SilentSince(const Endpoint& server) const;

 private:
  using Addresses = std::map<std::string, std::vector<IpAddress>>;  // by name

  absl::Status LookUp();
  void AskAddresses(const std::vector<DnsQuestion>& questions, const Addresses& known,
                    Addresses& addresses) const;
  void AskForLife();

  Options options_;  // constant after construction
  const DnsClient& client_;
  const Clock& clock_;
  mutable Mutex mutex_;  // never held while somebody is asked
  Addresses known_ GUARDED_BY(mutex_);
  std::vector<AuthoritativeServer> list_ GUARDED_BY(mutex_);
  std::vector<std::string> without_address_ GUARDED_BY(mutex_);
  std::map<Endpoint, Instant> silent_since_ GUARDED_BY(mutex_);
};

}  // namespace lifeboat

#endif  // LIFEBOAT_CONTROLLER_DNS_AUTHORITATIVE_SERVERS_H_
