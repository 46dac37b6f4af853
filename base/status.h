#ifndef LIFEBOAT_BASE_STATUS_H_
#define LIFEBOAT_BASE_STATUS_H_

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace lifeboat {

// The same status with "`context`: " before its message; OK stays OK. Once per layer.
absl::Status Annotate(const absl::Status& status, absl::string_view context);

// The message alone, or "OK": what a person reads, without the code's name before it.
std::string Words(const absl::Status& status);

// An errno in words: "connecting to 192.0.2.1:53: Connection refused".
absl::Status ErrnoStatus(int error, absl::string_view doing);

}  // namespace lifeboat

#define LIFEBOAT_CONCAT_INNER(a, b) a##b
#define LIFEBOAT_CONCAT(a, b) LIFEBOAT_CONCAT_INNER(a, b)

#define RETURN_IF_ERROR(expression)                           \
  do {                                                        \
    if (absl::Status status_ = (expression); !status_.ok()) { \
      return status_;                                         \
    }                                                         \
  } while (false)

#define ASSIGN_OR_RETURN(target, expression) \
  ASSIGN_OR_RETURN_INNER(LIFEBOAT_CONCAT(status_or_, __LINE__), target, expression)
#define ASSIGN_OR_RETURN_INNER(variable, target, expression) \
  auto variable = (expression);                              \
  if (!variable.ok()) return std::move(variable).status();   \
  target = *std::move(variable)

#endif  // LIFEBOAT_BASE_STATUS_H_
