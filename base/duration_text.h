#ifndef LIFEBOAT_BASE_DURATION_TEXT_H_
#define LIFEBOAT_BASE_DURATION_TEXT_H_

#include <optional>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace lifeboat {

// "2s", "1500ms", "5m", "1h30m", "1d": a length of time as people write it in configurations and on
// command lines. Nothing where a unit is missing or unknown, or the time is negative or endless.
std::optional<absl::Duration> ParseDurationText(absl::string_view text);

}  // namespace lifeboat

#endif  // LIFEBOAT_BASE_DURATION_TEXT_H_
