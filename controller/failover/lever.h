#ifndef LIFEBOAT_CONTROLLER_FAILOVER_LEVER_H_
#define LIFEBOAT_CONTROLLER_FAILOVER_LEVER_H_

#include <compare>
#include <cstddef>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace lifeboat {

enum class RecordType { kA, kAaaa, kCname };
absl::string_view RecordTypeName(RecordType type);  // "A", "AAAA", "CNAME"

// One DNS record, canonical: addresses as inet_ntop writes them, names lower-case with a final dot.
struct Record {
  RecordType type = RecordType::kA;
  std::string value;
  friend auto operator<=>(const Record&, const Record&) = default;
};
// Sorted, without repeats.
using Records = std::vector<Record>;
std::string RecordsToString(
    const Records& records);  // "A 192.0.2.1, AAAA 2001:db8::1", or "nothing"

// What a zone's primary says of one hostname now.
struct World {
  Records records;        // every A, AAAA and CNAME at the hostname
  std::string ownership;  // text of the TXT at _lifeboat.<hostname>; empty: there is none
  friend bool operator==(const World&, const World&) = default;
};

// A change of one hostname, all or nothing, made only if what it expects still stands: a
// compare-and-set. Records of other types at the hostname are kept.
struct Change {
  std::string hostname;  // without a final dot
  Records expect;        // exactly the A, AAAA and CNAME that must stand there now
  Records records;       // what shall stand there; equal to `expect`: only the ownership changes
  absl::Duration ttl;    // whole seconds, at least 1 s
  std::string expect_ownership;  // the TXT that must stand; empty: none may
  std::string ownership;         // the TXT that shall stand
};

enum class PullOutcome {
  kApplied,   // the primary has it
  kConflict,  // what was expected does not stand: nothing was changed
  kRefused,   // certainly not applied; `status` says why
  kUnknown,   // it may have been applied: ask the world
};
struct PullResult {
  PullOutcome outcome = PullOutcome::kUnknown;
  absl::Status status;  // OK only with kApplied
};

enum class LeverState { kUnchecked, kOk, kErr, kDown, kFrozen, kUnauthorized };
absl::string_view LeverStateName(LeverState state);  // "OK", "UNAUTHORIZED", …

struct LeverHealth {
  LeverState state = LeverState::kUnchecked;
  std::string why;  // what was tried, seen, and what to do; empty when OK
};

// One authoritative server's word on a hostname.
enum class ServerState {
  kProven,   // it serves the new records
  kStale,    // it serves others: blocks
  kSilent,   // silent since before the move: named, not blocking
  kUnasked,  // no route to its address family: named, not blocking
};
struct ServerAnswer {
  std::string server;  // "ns1.example.net. 192.0.2.53:53"
  ServerState state = ServerState::kStale;
  std::string detail;  // what it serves, or how it failed
};
struct Proof {
  bool proven = false;  // every server that can block serves the new records, and at least one does
  std::vector<ServerAnswer> servers;
  std::string ToString() const;  // "2 of 3 serve it; ns2 … still says CNAME …"
};

// A hostname and what every authoritative server shall say of it.
struct ToProve {
  std::string hostname;
  Records records;
};

// One way to change DNS. Calls block, each for at most a few of its timeouts; one call at a time
// (a zone's worker makes them), but Check may run beside any other, and none of them waits for it.
class Lever {
 public:
  virtual ~Lever() = default;
  virtual const std::string& name() const = 0;
  virtual const std::string& zone() const = 0;  // apex without a final dot

  // Asks the primary. UNAVAILABLE: silent; PERMISSION_DENIED: refuses us.
  virtual absl::StatusOr<World> Read(const std::string& hostname) = 0;
  // The same for several hostnames; by default one after another.
  virtual std::vector<absl::StatusOr<World>> ReadAll(const std::vector<std::string>& hostnames);
  virtual PullResult Pull(const Change& change) = 0;
  // Several hostnames, the most urgent first; each is all or nothing by itself, and what stands in
  // the way of one holds no other up. Results in the order of the changes. Levers that can, share
  // requests; by default one is pulled after another.
  virtual std::vector<PullResult> PullAll(const std::vector<Change>& changes);
  // Asks every authoritative server that the lever feeds, again and again until all that can block
  // serve `records` or `limit` has passed.
  virtual Proof Prove(const std::string& hostname, const Records& records,
                      absl::Duration limit) = 0;
  // The same for several hostnames, within one `limit` where the lever can: calls `told` once for
  // each, with its index, as soon as its outcome is known. By default one is proven after another.
  virtual void ProveAll(const std::vector<ToProve>& names, absl::Duration limit,
                        absl::FunctionRef<void(size_t, Proof)> told);
  // Finds out whether a pull would work now, changing nothing; also which servers are silent. What
  // one check found is not yet what the lever is to be taken for: LeverStanding.
  virtual LeverHealth Check() = 0;
};

}  // namespace lifeboat

#endif  // LIFEBOAT_CONTROLLER_FAILOVER_LEVER_H_
