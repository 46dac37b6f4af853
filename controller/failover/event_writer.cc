#include "controller/failover/event_writer.h"

#include <iterator>
#include <utility>

#include "base/status.h"

namespace lifeboat {
namespace {

constexpr size_t kMostKept = 10000;
constexpr size_t kMostAtOnce = 500;
constexpr absl::Duration kCheckEvery = absl::Seconds(2);

}  // namespace

EventWriter::EventWriter(Journal& journal, std::function<void()> on_change)
    : journal_(journal), on_change_(std::move(on_change)), thread_([this] { Run(); }) {}

EventWriter::~EventWriter() {
  {
    MutexLock lock(mutex_);
    ending_ = true;
    changed_.NotifyAll();
  }
  thread_.join();
}

void EventWriter::Write(std::vector<Event> events) {
  if (events.empty()) return;
  MutexLock lock(mutex_);
  queue_.insert(queue_.end(), std::make_move_iterator(events.begin()),
                std::make_move_iterator(events.end()));
  while (queue_.size() > kMostKept) queue_.pop_front();
  changed_.NotifyAll();
}

void EventWriter::Learn(const absl::Status& status) {
  {
    MutexLock lock(mutex_);
    const std::string trouble = status.ok() ? "" : Words(status);
    if (trouble == trouble_) return;
    trouble_ = trouble;
  }
  on_change_();
}

std::string EventWriter::trouble() const {
  MutexLock lock(mutex_);
  return trouble_;
}

bool EventWriter::Take(std::vector<Event>& batch) {
  MutexLock lock(mutex_);
  // While there is trouble a full queue is no reason to hurry.
  if (!ending_ && (queue_.empty() || !trouble_.empty())) changed_.WaitFor(mutex_, kCheckEvery);
  while (!queue_.empty() && batch.size() < kMostAtOnce) {
    batch.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  return !ending_ || !batch.empty();
}

void EventWriter::Run() {
  for (;;) {
    std::vector<Event> batch;
    if (!Take(batch)) return;
    const absl::Status status =
        batch.empty() ? journal_.Check() : journal_.Record(Entry{.events = batch, .record = {}});
    bool last = false;
    if (!status.ok()) {
      MutexLock lock(mutex_);
      queue_.insert(queue_.begin(), std::make_move_iterator(batch.begin()),
                    std::make_move_iterator(batch.end()));
      last = ending_;
    }
    Learn(status);
    if (last) return;
    if (!batch.empty() && status.ok()) on_change_();
  }
}

}  // namespace lifeboat
