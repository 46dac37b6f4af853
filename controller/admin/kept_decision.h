#ifndef LIFEBOAT_CONTROLLER_ADMIN_KEPT_DECISION_H_
#define LIFEBOAT_CONTROLLER_ADMIN_KEPT_DECISION_H_

#include <cstddef>
#include <optional>
#include <string>

#include "controller/failover/snapshot.h"
#include "proto/lifeboat/v1/admin.pb.h"

// Decisions in the form in which the journal keeps them: the view of the service as it stood then,
// as JSON on one line. Whoever upgrades can read them on, for fields are only ever added; whoever
// goes back skips what his version does not know. Pure.
namespace lifeboat::admin {

constexpr size_t kMostKeptBytes = 64 * 1024;

// At most `most_bytes`: of what is larger the probes' particulars go first, then the votes; what is
// missing then is said in it.
std::string Keep(const Decision& decision, size_t most_bytes);
inline std::string Keep(const Decision& decision) { return Keep(decision, kMostKeptBytes); }

// The view that was kept; none: `kept` is something else, such as text.
std::optional<v1::StatusView> Recall(const std::string& kept);

}  // namespace lifeboat::admin

#endif  // LIFEBOAT_CONTROLLER_ADMIN_KEPT_DECISION_H_
