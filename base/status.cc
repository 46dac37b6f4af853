#include "base/status.h"

#include <string>
#include <system_error>

#include "absl/strings/str_cat.h"

namespace lifeboat {

absl::Status Annotate(const absl::Status& status, absl::string_view context) {
  if (status.ok()) return status;
  return absl::Status(status.code(), absl::StrCat(context, ": ", status.message()));
}

std::string Words(const absl::Status& status) {
  return status.ok() ? "OK" : std::string(status.message());
}

absl::Status ErrnoStatus(int error, absl::string_view doing) {
  // Not absl::ErrnoToStatus: ThreadSanitizer cannot see what guards its table of words.
  return absl::Status(absl::ErrnoToStatusCode(error),
                      absl::StrCat(doing, ": ", std::generic_category().message(error)));
}

}  // namespace lifeboat
