#ifndef LIFEBOAT_EXITNODE_UDP_UDP_VISITORS_H_
#define LIFEBOAT_EXITNODE_UDP_UDP_VISITORS_H_

#include <cstddef>
#include <optional>

#include "absl/container/btree_map.h"
#include "base/address.h"
#include "base/clock.h"
#include "exitnode/guard/admission.h"

namespace lifeboat::exitnode {

// Who has lately sent datagrams to a port. UDP has no connections, so a visitor is an address and a
// port of which something was heard within the last minute. Nobody else is sent anything, whatever
// a tunnel client says: it cannot use the exit node to reach strangers. Senders may be forged: the
// number of visitors is bounded, in all and from one source.
class UdpVisitors {
 public:
  UdpVisitors(int most, int most_per_source) : room_(most, most_per_source) {}

  // Whether what `visitor` sent to our address `local` may be passed on: it is known, or there is
  // room for it.
  bool Hear(const Endpoint& visitor, const IpAddress& local, Instant now);
  // Where to answer it from; none: it is unknown.
  std::optional<IpAddress> LocalFor(const Endpoint& visitor, Instant now);
  void ForgetIdle(Instant now);
  size_t size() const { return visitors_.size(); }

 private:
  struct Visitor {
    IpAddress local;
    Instant last;  // that anything went either way
  };
  Admission room_;
  absl::btree_map<Endpoint, Visitor> visitors_;
};

}  // namespace lifeboat::exitnode

#endif  // LIFEBOAT_EXITNODE_UDP_UDP_VISITORS_H_
