#ifndef LIFEBOAT_BASE_NEWCOMERS_H_
#define LIFEBOAT_BASE_NEWCOMERS_H_

#include <sys/types.h>

#include <functional>

#include "absl/container/btree_map.h"
#include "absl/time/time.h"
#include "base/address.h"
#include "base/clock.h"

namespace lifeboat {

struct NewcomerLimits {
  int in_all = 256;
  int per_prefix = 64;  // of one /24 (IPv4) or one /56 (IPv6)
  // Whoever is still there after this has shown a certificate, or the handshake's own limit, which
  // is shorter, would have ended it.
  absl::Duration forgotten_after = absl::Seconds(12);
};

// Who a connection is to the kernel: the number of a descriptor is used again, an inode is not.
struct NewcomerSocket {
  int descriptor = -1;
  ino_t inode = 0;
};

// The connections of a listener that have not shown yet who they are, so that strangers cannot
// take all there is. Not thread-safe.
class Newcomers {
 public:
  using Socket = NewcomerSocket;
  enum class Answer { kWelcome, kTooMany, kTooManyOfPrefix };

  explicit Newcomers(NewcomerLimits limits) : limits_(limits) {}

  // Whether one more from there is let in.
  Answer Ask(const IpAddress& from) const;
  void Add(const Endpoint& from, Socket socket, Instant now);
  // It has shown who it is. Unknown ones are fine.
  void Forget(const Endpoint& from);
  // Drops those that have closed or are old enough.
  void Sweep(Instant now, const std::function<bool(const Socket&)>& is_open);
  int count() const { return static_cast<int>(entries_.size()); }

 private:
  struct Entry {
    Socket socket;
    Instant since;
  };
  using Entries = absl::btree_map<Endpoint, Entry>;
  Entries::iterator Drop(Entries::iterator entry);

  const NewcomerLimits limits_;
  Entries entries_;
  absl::btree_map<IpAddress, int> per_prefix_;  // no zeros
};

// The first address of the /24 or /56 that `address` is in: what one customer of a network holds.
IpAddress CustomerPrefix(const IpAddress& address);

}  // namespace lifeboat

#endif  // LIFEBOAT_BASE_NEWCOMERS_H_
