#ifndef LIFEBOAT_EXITNODE_UDP_UDP_VISITORS_H_
#define LIFEBOAT_EXITNODE_UDP_UDP_VISITORS_H_

#include <cstddef>
#include <list>
#include <optional>

#include "absl/container/btree_map.h"
#include "base/address.h"
#include "base/clock.h"
#include "exitnode/guard/admission.h"

namespace lifeboat::exitnode {

// Who has lately sent datagrams to a port. UDP has no connections, so a visitor is an address and a
// port from which something was heard within the last two minutes. Nobody else is sent anything,
// and what is sent to a visitor does not make it stay one: a tunnel client, or a forged sender,
// cannot make the exit node pour on a stranger for longer than that. The number of visitors is
// bounded, in all and from one source; where there are too many, the one that has been silent the
// longest makes room, so that a crowd of forged ones shuts nobody out who goes on speaking.
class UdpVisitors {
 public:
  UdpVisitors(size_t most, int most_per_source);

  // Whether what `visitor` sent to our address `local` may be passed on; not where its source has
  // too many already.
  bool Hear(const Endpoint& visitor, const IpAddress& local, Instant now);
  // Where to answer it from; none: it is unknown.
  std::optional<IpAddress> LocalFor(const Endpoint& visitor) const;
  void ForgetIdle(Instant now);
  size_t size() const { return visitors_.size(); }

 private:
  struct Visitor {
    IpAddress local;
    Instant heard;
    std::list<Endpoint>::iterator place;  // in `by_silence_`
  };
  void ForgetTheLongestSilent();

  const size_t most_;
  Admission room_;  // by source
  absl::btree_map<Endpoint, Visitor> visitors_;
  std::list<Endpoint> by_silence_;  // the longest silent first
};

}  // namespace lifeboat::exitnode

#endif  // LIFEBOAT_EXITNODE_UDP_UDP_VISITORS_H_
