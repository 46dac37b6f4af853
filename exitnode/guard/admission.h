#ifndef LIFEBOAT_EXITNODE_GUARD_ADMISSION_H_
#define LIFEBOAT_EXITNODE_GUARD_ADMISSION_H_

#include "absl/container/btree_map.h"
#include "base/address.h"

namespace lifeboat::exitnode {

// The unit in which strangers are counted: an IPv4 address, or the /64 around an IPv6 one, within
// which a single host may choose its address freely.
IpAddress SourceOf(const IpAddress& address);

// How many may be inside at once without having said who they are: in all, and from one source.
class Admission {
 public:
  Admission(int most, int most_per_source) : most_(most), most_per_source_(most_per_source) {}

  // Whether one more from `address` may enter; then it must Leave. `extra` is added to what its
  // source may have, for sources that have proven themselves.
  bool TryEnter(const IpAddress& address, int extra = 0);
  void Leave(const IpAddress& address);
  int inside() const { return inside_; }

 private:
  const int most_;
  const int most_per_source_;
  int inside_ = 0;
  absl::btree_map<IpAddress, int> by_source_;
};

}  // namespace lifeboat::exitnode

#endif  // LIFEBOAT_EXITNODE_GUARD_ADMISSION_H_
