#ifndef LIFEBOAT_EXITNODE_GUARD_KNOCK_SERVER_H_
#define LIFEBOAT_EXITNODE_GUARD_KNOCK_SERVER_H_

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "asio/io_context.hpp"
#include "base/address.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/tls.h"

namespace lifeboat::exitnode {

// What a knock moves. Both are in force on return, and take a moment at most; UNAVAILABLE: they are
// not.
class Door {
 public:
  virtual ~Door() = default;
  virtual absl::Status Open(const IpAddress& address, Instant until) = 0;
  virtual absl::Status Close(const IpAddress& address) = 0;
};

struct KnockOptions {
  Endpoint listen;
  TlsFiles files;                               // looked at anew every few seconds
  absl::Duration open_for = absl::Seconds(90);  // agents renew each minute
  std::chrono::milliseconds limit{5'000};       // from the accept to the end
  int most_connections = 64;
  int most_connections_per_source = 8;
};

// Since the start. Any thread may read them.
struct KnockCounts {
  std::atomic<uint64_t> opened{0};  // renewals among them
  std::atomic<uint64_t> withdrawn{0};
  std::atomic<uint64_t> refused{0};      // no TLS, no certificate, not an agent's, not a knock
  std::atomic<uint64_t> turned_away{0};  // over the limits
};

// Where vantages knock, so that an exit node in stand-by answers them and nobody else. Whoever
// shows an agent's certificate of our trust domain opens the door for the address it comes from:
// agents sit behind NATs, and a list of addresses would go stale (DESIGN.md §7).
//
// Lives on the one thread of its io_context, which should not be the tunnel's: TLS handshakes cost
// what a flood likes.
class KnockServer {
 public:
  // `door`, `clock` and `log` outlive `io`. Fails where the files are faulty or the address is
  // taken.
  static absl::StatusOr<std::unique_ptr<KnockServer>> Start(asio::io_context& io,
                                                            const KnockOptions& options, Door& door,
                                                            const Clock& clock, Log& log);
  ~KnockServer();
  KnockServer(const KnockServer&) = delete;
  KnockServer& operator=(const KnockServer&) = delete;

  Endpoint endpoint() const;
  const KnockCounts& counts() const;

 private:
  struct State;
  explicit KnockServer(std::shared_ptr<State> state) : state_(std::move(state)) {}
  const std::shared_ptr<State> state_;
};

}  // namespace lifeboat::exitnode

#endif  // LIFEBOAT_EXITNODE_GUARD_KNOCK_SERVER_H_
