#ifndef LIFEBOAT_CONTROLLER_JOURNAL_HISTORY_H_
#define LIFEBOAT_CONTROLLER_JOURNAL_HISTORY_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "controller/failover/journal.h"

namespace lifeboat {

// The events that a journal holds. Reads, and changes nothing; a controller may be writing
// meanwhile.
//   NOT_FOUND            there is no such file
//   FAILED_PRECONDITION  another program or another version wrote it
//   DATA_LOSS            it is damaged
absl::StatusOr<std::vector<Event>> ReadHistory(const std::string& path, const EventQuery& query);

}  // namespace lifeboat

#endif  // LIFEBOAT_CONTROLLER_JOURNAL_HISTORY_H_
