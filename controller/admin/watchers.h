#ifndef LIFEBOAT_CONTROLLER_ADMIN_WATCHERS_H_
#define LIFEBOAT_CONTROLLER_ADMIN_WATCHERS_H_

#include <memory>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "base/mutex.h"
#include "controller/admin/view_source.h"
#include "controller/admin/worker_pool.h"
#include "controller/failover/controls.h"
#include "grpcpp/support/server_callback.h"
#include "proto/lifeboat/v1/admin.pb.h"

namespace lifeboat::admin {

// One open stream. Thread-safe.
class Watcher {
 public:
  virtual ~Watcher() = default;
  // Something may have changed. Must not block.
  virtual void Look(const std::shared_ptr<const v1::StatusView>& view) = 0;
};

// Tells every open stream what is new: at most four times a second, and twice a second though
// nothing is. Of the status a slow reader gets the newest; of the events it gets all.
class Watchers {
 public:
  // `workers` read the journal. All outlive this, and this outlives the streams.
  Watchers(Controls& controls, ViewSource& views, WorkerPool& workers);
  ~Watchers();

  grpc::ServerWriteReactor<v1::StatusView>* WatchStatus();
  // Begins after the events that `query` finds, or with them.
  grpc::ServerWriteReactor<v1::EventView>* WatchEvents(EventQuery query);

 private:
  template <typename Message>
  class Stream;
  class StatusStream;
  class EventStream;

  // False when there are too many.
  bool Add(const std::shared_ptr<Watcher>& watcher);
  void Remove(const Watcher* watcher);
  void Run();
  // Waits until there is a stream, or the end; returns false at the end.
  bool AwaitWatchers();
  bool Pause(absl::Duration limit);

  Controls& controls_;
  ViewSource& views_;
  WorkerPool& workers_;
  Mutex mutex_;
  CondVar changed_;
  std::vector<std::shared_ptr<Watcher>> watchers_ GUARDED_BY(mutex_);
  bool ending_ GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace lifeboat::admin

#endif  // LIFEBOAT_CONTROLLER_ADMIN_WATCHERS_H_
