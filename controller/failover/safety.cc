#include "controller/failover/safety.h"

namespace lifeboat {
namespace {

constexpr absl::Duration kWeek = absl::Hours(7 * 24);

}  // namespace

std::optional<absl::Time> MaintenanceWindow::OpenUntil(absl::Time at) const {
  const absl::Duration weeks = weekly ? absl::Floor(at - begin, kWeek) : absl::ZeroDuration();
  const bool open = at >= begin + weeks && at < end + weeks;
  return open ? std::optional(end + weeks) : std::nullopt;
}

}  // namespace lifeboat
