#ifndef LIFEBOAT_CONTROLLER_FAILOVER_EVENT_WRITER_H_
#define LIFEBOAT_CONTROLLER_FAILOVER_EVENT_WRITER_H_

#include <deque>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "base/mutex.h"
#include "controller/failover/journal.h"

namespace lifeboat {

// Writes notes to the journal in their order, on a thread of its own, and finds out whether the
// journal can be written at all. While it cannot, notes are kept (the oldest go when there are too
// many) and tried again.
class EventWriter {
 public:
  // `on_change` is called, on the writer's thread, when notes were written or `trouble` changed.
  EventWriter(Journal& journal, std::function<void()> on_change);
  // Writes what is left, once.
  ~EventWriter();

  void Write(std::vector<Event> events);
  // Somebody else has found that the journal can, or cannot, be written.
  void Learn(const absl::Status& status);
  // Why nothing can be recorded; empty: it can.
  std::string trouble() const;

 private:
  void Run();
  // Waits for notes or for the next check; false: the end has come and nothing is left.
  bool Take(std::vector<Event>& batch);

  Journal& journal_;
  const std::function<void()> on_change_;
  mutable Mutex mutex_;
  CondVar changed_;
  std::deque<Event> queue_ GUARDED_BY(mutex_);
  std::string trouble_ GUARDED_BY(mutex_);
  bool ending_ GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace lifeboat

#endif  // LIFEBOAT_CONTROLLER_FAILOVER_EVENT_WRITER_H_
