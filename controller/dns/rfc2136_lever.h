#ifndef LIFEBOAT_CONTROLLER_DNS_RFC2136_LEVER_H_
#define LIFEBOAT_CONTROLLER_DNS_RFC2136_LEVER_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "base/address.h"
#include "base/clock.h"
#include "controller/config/config.h"
#include "controller/dns/authoritative_servers.h"
#include "controller/dns/dns_client.h"
#include "controller/dns/proof_at_servers.h"
#include "controller/dns/tsig.h"
#include "controller/dns/update_message.h"
#include "controller/failover/lever.h"

namespace lifeboat {

// Moves names on the user's own authoritative servers, by dynamic update (RFC 2136) signed with
// TSIG. An update is sent exactly once: what its answer leaves open is for Read to settle. Several
// hostnames share one update, which the server makes whole or not at all; what it will not make
// whole is sent again in halves, down to the hostname that is in the way.
class Rfc2136Lever final : public Lever {
 public:
  // `resolvers` find the addresses of name servers that the primary does not know; `clock` outlives
  // the lever. INVALID_ARGUMENT: key, zone or source address are none. Asks nobody. `server_port`:
  // of the servers that are looked up.
  static absl::StatusOr<std::unique_ptr<Rfc2136Lever>> Make(const config::Lever& config,
                                                            std::vector<Endpoint> resolvers,
                                                            const Clock& clock,
                                                            uint16_t server_port = 53);

  const std::string& name() const override { return name_; }
  const std::string& zone() const override { return zone_; }
  absl::StatusOr<World> Read(const std::string& hostname) override;
  std::vector<absl::StatusOr<World>> ReadAll(const std::vector<std::string>& hostnames) override;
  PullResult Pull(const Change& change) override;
  std::vector<PullResult> PullAll(const std::vector<Change>& changes) override;
  Proof Prove(const std::string& hostname, const Records& records, absl::Duration limit) override;
  void ProveAll(const std::vector<ToProve>& names, absl::Duration limit,
                absl::FunctionRef<void(size_t, Proof)> told) override;
  LeverHealth Check() override;

 private:
  // What became of one update.
  struct Sent {
    PullResult result;
    bool answered = false;   // something came back
    bool authentic = false;  // and was signed by the primary
  };
  // One change of several, and where its result goes.
  struct Pulled {
    const Change* change;
    PullResult* result;
  };
  using Group = absl::Span<const Pulled>;
  // When the move of a hostname to these records began.
  struct Begun {
    Records records;
    Instant at;
  };

  Rfc2136Lever(const config::Lever& config, TsigSecret key, std::string apex,
               std::optional<IpAddress> source, AuthoritativeServers::Options servers,
               const Clock& clock);

  std::string Who() const;  // "192.0.2.53:53 (zone example.net, key lifeboat.)"
  absl::Status CheckChange(const Change& change) const;
  Sent Send(const UpdateMessage& message) const;
  void PullTogether(Group group);
  void ReadBack(Group group, const Sent& sent);
  NameToProve ToBeProven(const std::string& name, const ToProve& what);
  LeverHealth Probe() const;

  const std::string name_;
  const std::string zone_;  // as configured
  const std::string apex_;  // the same, absolute
  const Endpoint primary_;
  const TsigSecret key_;
  const absl::Duration timeout_;
  const Clock& clock_;
  const DnsClient client_;
  AuthoritativeServers servers_;
  std::map<std::string, Begun> begun_;  // by hostname; the worker's alone
};

}  // namespace lifeboat

#endif  // LIFEBOAT_CONTROLLER_DNS_RFC2136_LEVER_H_
