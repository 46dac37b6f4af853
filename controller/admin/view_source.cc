#include "controller/admin/view_source.h"

#include "controller/admin/view.h"

namespace lifeboat::admin {
namespace {

// A view that is older than its state would hide that the state has stopped to change.
const absl::Duration kKeepFor = absl::Seconds(1);

}  // namespace

std::shared_ptr<const v1::StatusView> ViewSource::Current() { return Of(*controls_.Current()); }

std::shared_ptr<const v1::StatusView> ViewSource::Of(const Snapshot& snapshot) {
  const Instant now = clock_.Now();
  MutexLock lock(mutex_);
  const bool same = made_ != nullptr && made_->sequence() == snapshot.sequence;
  if (!same || now - snapshot.now > kKeepFor) {
    made_ = std::make_shared<const v1::StatusView>(MakeStatusView(snapshot, now));
  }
  return made_;
}

}  // namespace lifeboat::admin
