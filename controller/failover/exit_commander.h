#ifndef LIFEBOAT_CONTROLLER_FAILOVER_EXIT_COMMANDER_H_
#define LIFEBOAT_CONTROLLER_FAILOVER_EXIT_COMMANDER_H_

#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "controller/failover/epoch.h"
#include "controller/quorum/attribution.h"
#include "controller/quorum/path.h"

namespace lifeboat {

// What one exit node has last said of itself.
struct ExitStatus {
  bool connected = false;
  Epoch highest_epoch;  // it has ever obeyed
  std::string version;
  std::string transport;  // of the tunnel: "tcp (clear)"
  std::string trouble;    // what a person should know; empty: nothing
  std::string address;    // where its stream comes from
  struct Service {
    bool open = false;
    bool listening = false;
    std::string trouble;
    bool tunnel_up = false;
    absl::Duration tunnel_for;               // how long it has been so
    Upstream upstream = Upstream::kUnknown;  // kUnknown once older than 10 s
    int visitors = 0;
    uint64_t visitors_total = 0;
    uint64_t bytes_in_total = 0;
    uint64_t bytes_out_total = 0;
  };
  std::map<std::string, Service> services;
};

// Speaks to the exit nodes. Thread-safe.
class ExitCommander {
 public:
  virtual ~ExitCommander() = default;

  // Which services shall be open to the public on each exit node; what is not named is dark. The
  // exit nodes named are told now and whenever they connect; nothing is said to the others.
  virtual void Want(const std::map<std::string, std::set<std::string>>& open_services) = 0;
  // Blocks until `exit` reports, under our epoch, that `service` is open and listening.
  // DEADLINE_EXCEEDED after `limit`, with the last word of the exit; FAILED_PRECONDITION: it
  // refused.
  virtual absl::Status AwaitOpen(const std::string& exit, const std::string& service,
                                 absl::Duration limit) = 0;
  virtual std::map<std::string, ExitStatus> Statuses() const = 0;
};

// Fetches a service's health page as a stranger would: from an address on no allow list.
class PublicFetcher {
 public:
  virtual ~PublicFetcher() = default;
  // Connects to `address` with the service's own name in SNI and Host. OK when the answer is what
  // the health check demands and, where the service has an origin echo, the origin proves that it
  // was reached by `path` now; else what was seen instead. FAILED_PRECONDITION: this host has no
  // way to the address, and nobody was asked. Blocks for at most `limit`.
  virtual absl::Status Fetch(const std::string& service, const Path& path,
                             const std::string& address, absl::Duration limit) = 0;
};

}  // namespace lifeboat

#endif  // LIFEBOAT_CONTROLLER_FAILOVER_EXIT_COMMANDER_H_
