#ifndef LIFEBOAT_CONTROLLER_ADMIN_VIEW_SOURCE_H_
#define LIFEBOAT_CONTROLLER_ADMIN_VIEW_SOURCE_H_

#include <memory>

#include "base/clock.h"
#include "base/mutex.h"
#include "controller/failover/controls.h"
#include "proto/lifeboat/v1/admin.pb.h"

namespace lifeboat::admin {

// The present view, made once for each state however many ask. Thread-safe; never blocks on more
// than the making.
class ViewSource {
 public:
  // Both outlive this.
  ViewSource(const Controls& controls, const Clock& clock) : controls_(controls), clock_(clock) {}

  std::shared_ptr<const v1::StatusView> Current();
  // Of `snapshot`, which Controls has given.
  std::shared_ptr<const v1::StatusView> Of(const Snapshot& snapshot);

 private:
  const Controls& controls_;
  const Clock& clock_;
  Mutex mutex_;
  std::shared_ptr<const v1::StatusView> made_ GUARDED_BY(mutex_);
};

}  // namespace lifeboat::admin

#endif  // LIFEBOAT_CONTROLLER_ADMIN_VIEW_SOURCE_H_
