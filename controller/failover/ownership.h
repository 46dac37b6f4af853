#ifndef LIFEBOAT_CONTROLLER_FAILOVER_OWNERSHIP_H_
#define LIFEBOAT_CONTROLLER_FAILOVER_OWNERSHIP_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "controller/failover/epoch.h"
#include "controller/quorum/path.h"

namespace lifeboat {

// What the TXT record at _lifeboat.<hostname> says: who may change the name, and what was last
// done. Each write names the text that it read as its prerequisite, so a stale leader's packet
// fails at the DNS server itself, however late it arrives.
struct Ownership {
  Epoch epoch;
  Path serves;
  std::string move;   // id of the move that led there; empty: none ever did
  std::string claim;  // new with every write, so that no two texts are alike

  // "epoch=1.41 serves=exit/nyc move=01K9… claim=7f3a"
  std::string ToString() const;
  // INVALID_ARGUMENT when the text is not of that form: somebody else's record.
  static absl::StatusOr<Ownership> Parse(absl::string_view text);
  friend bool operator==(const Ownership&, const Ownership&) = default;
};

}  // namespace lifeboat

#endif  // LIFEBOAT_CONTROLLER_FAILOVER_OWNERSHIP_H_
