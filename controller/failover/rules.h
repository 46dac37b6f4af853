#ifndef LIFEBOAT_CONTROLLER_FAILOVER_RULES_H_
#define LIFEBOAT_CONTROLLER_FAILOVER_RULES_H_

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "controller/failover/sight.h"
#include "controller/failover/snapshot.h"

namespace lifeboat {

// Every rule there is, in the order in which they are judged and told: a closed set.
// docs/operations.md says what each means and what to do.
inline constexpr absl::string_view kRuleNames[] = {
    "epoch",          // nobody knows a higher one than this journal
    "journal",        // it can be written
    "verdict",        // what serves is DOWN by quorum, or keeps a standing intent by OSCILLATING
    "hold",           // for as long as `quorum.hold`
    "still failing",  // and the newest probes do not say that it comes back
    "not stopped",    // no global stop
    "not paused",     // no pause of this service
    "maintenance",    // no window is open, or it breaks on a failure of the edge everywhere
    "attribution",    // not the origin's fault, nor that of the zone which the lever writes
    "moves per day",  // the budget of moves by itself is not spent
    "acknowledged",   // a person has acknowledged the last one; a dead exit in service is exempt
    "parity",         // a login that the edge enforces is declared for the exits
    "shared fate",    // the target does not fall with what failed: the edge, or the exit to leave
    "target up",      // by quorum, or DEGRADED: it serves
    "exit connected", "tunnel up",
    "certificate",  // that the exit serves is valid for long enough
    "lever",        // one works
    "records",      // DNS says what is expected
};

// Whose fault it was when the edge last failed, and the votes of that moment. A path that swings is
// judged by it in its good phases, which tell nothing of why the bad ones are bad.
struct LastDown {
  Cause cause;
  Tally tally;
};
// Takes what is seen for `last_down` if the edge is DOWN and still fails: as it recovers, its
// answers blame something else.
void RememberLastDown(const QuorumPolicy& policy, const Sight& sight,
                      std::optional<LastDown>& last_down);

// What a move is asked about besides what is seen.
struct Proposal {
  Path from;
  Path to;                  // an exit
  bool by_person = false;   // then what binds only moves by itself does not: see rules.cc
  bool standing = false;    // the quorum has decided it already, and it is judged again
  absl::Duration down_for;  // how long `from` has been DOWN; zero: it is not
  std::optional<LastDown> last_down = std::nullopt;  // of the edge; none: never since the start
  std::set<std::string> failed = {};                 // exits that could not take this move over
  std::set<std::string> failed_levers = {};          // those that did not pull it when told to
  bool paused = false;
  std::string paused_reason;
  int moves_made = 0;             // by itself within a day
  absl::Duration budget_free_in;  // until the oldest of these counts no more
  std::string unacknowledged;     // id of a move by itself that waits for a person; empty: none
  std::string records_trouble;    // why DNS cannot be trusted to be as expected; empty: it is
};

// Every safety rule's answer on `proposal`, in the order in which they are told to people. The move
// may go on only if all are ok; the first that is not is the reason to HOLD.
std::vector<RuleAnswer> Judge(const ServiceSettings& settings, const Proposal& proposal,
                              const Sight& sight);

// Whether it speaks of the failure, not of the readiness to move.
bool IsAboutTheFailure(const RuleAnswer& answer);
// Whether it speaks of the target, so that another exit may be allowed.
bool IsAboutTheTarget(const RuleAnswer& answer);

// The first answer that is not ok, or null.
const RuleAnswer* FirstHolder(const std::vector<RuleAnswer>& answers);

// The lever to pull: the first that is OK, else the first that was not checked yet (what nobody
// could ask blocks nothing by itself), else the first that is ERR: a provider that fails now and
// then is worth a try. Of equals, one that falls with the edge comes after one that does not; one
// of `failed` comes after all others. Null: none.
const LeverSight* UsableLever(const SafetySettings& safety, const Sight& sight,
                              const std::set<std::string>& failed = {});

// "own is DOWN: no answer".
std::string WordsOf(const LeverSight& lever);

// Why no lever would work although one is usable now: all that are usable fall with the edge.
// Empty: one stands by itself, or none is usable.
std::string LeversSharedFate(const ServiceSettings& settings, const Sight& sight);

// Whether a quorum says OSCILLATING: counted as any verdict is, by regions, networks and doubts.
bool Oscillates(const QuorumPolicy& policy, const PathSnapshot& path);

// Whether the edge fails everywhere: attribution EDGE, every vantage that votes says DOWN, and they
// sit on two continents or more (in two countries, where no continent is configured).
bool FailsEverywhere(const Sight& sight);

// What is wrong with the certificate that `path` serves, by those who vote and saw one: `share` of
// their weight saw one that ends within `min_validity`. `words` tells of the earliest.
struct CertificateAnswer {
  bool ok = true;
  std::string words;
};
CertificateAnswer JudgeCertificate(const ServiceSettings& settings, const PathSnapshot& path,
                                   absl::Time wall);

}  // namespace lifeboat

#endif  // LIFEBOAT_CONTROLLER_FAILOVER_RULES_H_
